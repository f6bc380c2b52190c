/*
 * Makes what the browser gets: node static/build.mjs <directory>. Prints the size of each script as a browser loads it
 * (gzip -9).
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';
import { minify } from 'terser';

const from = fileURLToPath(new URL('.', import.meta.url));
const target = resolve(process.argv[2]);
const to = `${target}.new`; /* in its place only when it is whole */
const version = /VERSION "(.*)"/.exec(readFileSync(join(from, '../src/base/version.h'), 'utf8'))[1];
const own = `/* Tallyman ${version}: Apache-2.0 */`;
const all = `/* Tallyman ${version}, web-vitals: Apache-2.0 */`;

/* esbuild bundles, terser makes the smaller script. */
async function bundle(entry, file, format, banner) {
  const { outputFiles } = await build({
    entryPoints: [join(from, entry)],
    bundle: true,
    write: false,
    format,
    target: ['es2022'],
    /* A module is strict anyway. */
    tsconfigRaw: { compilerOptions: { alwaysStrict: false, target: 'es2022' } },
  });
  const { code } = await minify(outputFiles[0].text, {
    ecma: 2020,
    module: format === 'esm',
    compress: { passes: 3 },
    /* Names that are the client's alone become short. */
    mangle: { properties: entry.startsWith('src/') && { regex: /^(beaconed|calls|elapsed|longest|metrics|painted|pattern|session)$/ } },
    format: { preamble: banner },
  });
  writeFileSync(join(to, file), code);
}

rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
await bundle('src/script.ts', 'tallyman.js', 'iife', all);
await bundle('src/script-core.ts', 'tallyman-core.js', 'iife', own);
await bundle('src/module.ts', 'tallyman.mjs', 'esm', all);
await bundle('demo.js', 'demo.js', 'esm', all);

/* Under a name that never changes what it means, and under the one that peardeck's pages load. */
copyFileSync(join(to, 'tallyman.js'), join(to, `tallyman-${version}.js`));
copyFileSync(join(to, 'tallyman-core.js'), join(to, `tallyman-core-${version}.js`));
copyFileSync(join(to, 'tallyman.js'), join(to, 'aggregatorClient.js'));
for (const file of readdirSync(from).filter((name) => /\.(html|css|svg)$/.test(name)))
  copyFileSync(join(from, file), join(to, file));

rmSync(target, { recursive: true, force: true });
renameSync(to, target);
for (const file of ['tallyman-core.js', 'tallyman.js', 'tallyman.mjs'])
  console.log(`  ${file.padEnd(16)} ${gzipSync(readFileSync(join(target, file)), { level: 9 }).length} bytes gzipped`);
