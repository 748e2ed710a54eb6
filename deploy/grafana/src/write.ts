// `npm run dashboards`: writes deploy/grafana/dashboards from the sources beside this file.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { dashboards, fileText } from './dashboards.ts';

const folder = resolve(import.meta.dirname, '../dashboards');
mkdirSync(folder, { recursive: true });
const made = dashboards();
for (const file of readdirSync(folder)) if (!made.has(file)) rmSync(join(folder, file));
for (const [file, dashboard] of made) writeFileSync(join(folder, file), fileText(dashboard));
console.log(`${made.size} dashboards written to ${folder}`);
