/*
 * Writes the type declarations of the client: node static/types.mjs <directory>. Apart from build.mjs, because only
 * this needs the TypeScript compiler.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('.', import.meta.url));
const target = resolve(process.argv[2]);
const to = mkdtempSync(join(tmpdir(), 'tallyman-types-'));
try {
  execFileSync(process.execPath, [join(from, 'node_modules/typescript/bin/tsc'), '-p', from, '--outDir', to],
    { stdio: 'inherit' });
  const read = (file) => readFileSync(join(to, file), 'utf8');
  const types = read('types.d.ts') + read('module.d.ts').replace(/^import .*\n/m, '');
  /* For the module, and for the global function. */
  for (const file of ['tallyman.d.mts', 'tallyman.d.ts'])
    writeFileSync(join(target, file), types);
} finally {
  rmSync(to, { recursive: true });
}
