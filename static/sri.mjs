/* Prints the value of <script integrity="..."> for each script: node static/sri.mjs <directory>. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2];
for (const file of readdirSync(directory).filter((name) => /^tallyman.*js$/.test(name)))
  console.log(`sha384-${createHash('sha384').update(readFileSync(join(directory, file))).digest('base64')}  ${file}`);
