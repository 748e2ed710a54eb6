import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const page = read('docs/dependencies.md');

const manifest = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});
const manifests = ['package.json', ...globSync('{packages,services}/*/package.json', { cwd: root })];
const asked = manifests.flatMap((file) => {
  const { dependencies, devDependencies } = manifest.parse(JSON.parse(read(file)));
  return Object.entries({ ...dependencies, ...devDependencies }).map(([name, version]) => ({
    file,
    name,
    version,
  }));
});
const foreign = [...new Set(asked.map(({ name }) => name))].filter((name) => !name.startsWith('@shop/'));

/** Each row of the page: its packages, its licences. */
const rows = page.split('\n').flatMap((line) => {
  const [, packages = '', licences = ''] = line.split('|').map((cell) => cell.trim());
  const names = [...packages.matchAll(/`([^`]+)`/g)].flatMap(([, name = '']) => name);
  return names.length === 0 ? [] : [{ names, licences: licences.split(/, /) }];
});

const licenceOf = (name: string): string =>
  z.object({ license: z.string() }).parse(JSON.parse(read(`node_modules/${name}/package.json`))).license;

/** Where the lock file knows none: packages of before 2014 have a list of objects. */
const oldFieldOf = (path: string): string[] =>
  z
    .object({ licenses: z.array(z.object({ type: z.string() })).default([]) })
    .parse(JSON.parse(read(`${path}/package.json`)))
    .licenses.map(({ type }) => type);

it('has a reason for every package that is asked for, and for no other', () => {
  expect(rows.flatMap(({ names }) => names).toSorted()).toEqual(foreign.toSorted());
});

it('has the licence that the installed package names', () => {
  for (const { names, licences } of rows)
    expect([...new Set(names.map(licenceOf))].toSorted(), names.join()).toEqual(licences.toSorted());
});

it('asks for exact versions, and everywhere for the same', () => {
  for (const { file, name, version } of asked) {
    if (name.startsWith('@shop/')) continue;
    expect(version, `${name} in ${file}`).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect(
      asked.filter((one) => one.name === name && one.version !== version),
      name,
    ).toEqual([]);
  }
});

it('installs nothing under another licence than those', () => {
  const [, list = ''] = /## Licences\n\n(.*)/.exec(page) ?? [];
  const allowed = [...list.matchAll(/`([^`]+)`/g)].flatMap(([, name = '']) => name);
  expect(allowed).toContain('MIT');
  const { packages } = z
    .object({
      packages: z.record(
        z.string(),
        z.object({ license: z.string().optional(), link: z.boolean().optional() }),
      ),
    })
    .parse(JSON.parse(read('package-lock.json')));
  const others = Object.entries(packages).flatMap(([path, { license, link }]) => {
    if (!path.startsWith('node_modules/') || link === true) return [];
    // "A OR B": one of them is enough.
    const names = license?.replaceAll(/[()]/g, '').split(' OR ') ?? oldFieldOf(path);
    return names.some((name) => allowed.includes(name)) ? [] : [`${path}: ${names.join(', ')}`];
  });
  expect(others).toEqual([]);
});
