/*
 * Builds the files for browsers: node static/build.mjs <directory> <guide>... Prints the size of each script as loaded
 * (gzip -9).
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';
import { minify } from 'terser';

import { buildGuides } from './guide/guides.mjs';

const from = fileURLToPath(new URL('.', import.meta.url));
const target = resolve(process.argv[2]);
const to = `${target}.new`; /* renamed when it is complete */
const version = /VERSION "(.*)"/.exec(readFileSync(join(from, '../src/base/version.h'), 'utf8'))[1];
const own = `/* Tallyman ${version}: Apache-2.0 */`;
const all = `/* Tallyman ${version}, web-vitals: Apache-2.0 */`;

const licence = (name) => readFileSync(join(from, `node_modules/${name}/LICENSE`), 'utf8').trim();
const withPlots = `/*!\nTallyman ${version}: Apache-2.0\n\nuPlot: ${licence('uplot')}\n*/`;

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
    /* Properties that only the client uses get short names. */
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

/* Under names whose content never changes, and under the name that peardeck's
 * pages load. */
copyFileSync(join(to, 'tallyman.js'), join(to, `tallyman-${version}.js`));
copyFileSync(join(to, 'tallyman-core.js'), join(to, `tallyman-core-${version}.js`));
copyFileSync(join(to, 'tallyman.js'), join(to, 'aggregatorClient.js'));
for (const file of readdirSync(from).filter((name) => /\.(html|css|svg)$/.test(name)))
  copyFileSync(join(from, file), join(to, file));

buildGuides(join(from, '..'), process.argv.slice(3), join(to, 'guide'));
copyFileSync(join(from, 'guide/guide.css'), join(to, 'guide/guide.css'));

/* The responder embeds these three. They come last, so that they are newer than
 * the file that make compares. */
mkdirSync(join(to, 'dashboard'));
await build({
  entryPoints: [join(from, 'dashboard/dashboard.css')], bundle: true, minify: true, outfile: join(to, 'dashboard/dashboard.css'),
});
await bundle('dashboard/main.ts', 'dashboard/dashboard.js', 'iife', withPlots);
copyFileSync(join(from, 'dashboard/index.html'), join(to, 'dashboard/index.html'));

rmSync(target, { recursive: true, force: true });
renameSync(to, target);
const gzipped = (file) => gzipSync(readFileSync(join(target, file)), { level: 9 }).length;
for (const file of ['tallyman-core.js', 'tallyman.js', 'tallyman.mjs'])
  console.log(`  ${file.padEnd(16)} ${gzipped(file)} bytes gzipped`);
const page = ['index.html', 'dashboard.css', 'dashboard.js'].reduce((sum, file) => sum + gzipped(`dashboard/${file}`), 0);
console.log(`  ${'dashboard/'.padEnd(16)} ${page} bytes gzipped`);
