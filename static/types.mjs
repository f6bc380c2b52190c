/*
 * Makes the declarations of the client's types: node static/types.mjs <directory>. They are apart from build.mjs, since
 * only they need the TypeScript compiler.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('.', import.meta.url));
const target = resolve(process.argv[2]);
const to = mkdtempSync(join(tmpdir(), 'tallyman-types-'));
try {
  execFileSync(process.execPath, [join(from, 'node_modules/typescript/bin/tsc'), '-p', from, '--outDir', to],
    { stdio: 'inherit' });
  /* For the module, and for the global function. */
  for (const types of ['tallyman.d.mts', 'tallyman.d.ts'])
    copyFileSync(join(to, 'module.d.ts'), join(target, types));
} finally {
  rmSync(to, { recursive: true });
}
