// `npm run dashboards`: writes the dashboards, their drawings and their page from the sources beside this file.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FOLDERS, files } from './files.ts';

const root = resolve(import.meta.dirname, '../../..');
const made = files();
for (const folder of FOLDERS) {
  mkdirSync(join(root, folder), { recursive: true });
  for (const name of readdirSync(join(root, folder)))
    if (!made.has(`${folder}/${name}`)) rmSync(join(root, folder, name));
}
for (const [file, text] of made) writeFileSync(join(root, file), text);
console.log(`${made.size} files written: ${FOLDERS.join(', ')}, docs/dashboards.md`);
