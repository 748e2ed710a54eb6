/** docs/checklist.md has every row, and a place or a reason in each. Links are checked in readme.test.ts as on every page. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { readDashboards } from '../names/support/grafana.ts';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/checklist.md'), 'utf8');
const rows = [...page.matchAll(/^\| ([SG]\d[\d-]*) \| (.+?) \| (.+) \|$/gm)].map(
  ([, id = '', promised = '', here = '']) => ({
    id,
    promised,
    here,
  }),
);

/** How many rows each of the five has, and how many faults were found. */
const LENGTHS = { 'S0-': 24, 'S1-': 28, 'S2-': 54, 'S3-': 25, 'S4-': 119, G: 36 };

it('has every row once', () => {
  const expected = Object.entries(LENGTHS).flatMap(([prefix, length]) =>
    Array.from({ length }, (_, i) => `${prefix}${String(i + 1).padStart(2, '0')}`),
  );
  expect(rows.map(({ id }) => id).toSorted()).toEqual(expected.toSorted());
});

it('says where or why in each row', () => {
  expect(rows.filter(({ here }) => here.trim().length < 5).map(({ id }) => id)).toEqual([]);
  // A reason is more than a no: words, or the row that has them.
  const bare = rows.filter(
    ({ here }) => /^not here/.test(here) && here.length < 30 && !/see [SG]/.test(here),
  );
  expect(bare.map(({ id }) => id)).toEqual([]);
});

it('refers to rows and headings that exist', () => {
  const ids = rows.map(({ id }) => id);
  const named = rows.flatMap(({ here }) => [...here.matchAll(/\b[SG]\d[\d-]*\d\b/g)].map(([id]) => id));
  expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  for (const [, file = '', heading = ''] of page.matchAll(/\]\(([^)#]+)#([^)]+)\)/g)) {
    const path = resolve(root, 'docs', file);
    expect(existsSync(path), file).toBe(true);
    const headings = [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(headings).toContain(heading);
  }
});

it('names only panels that are there', () => {
  const boards = new Map(readDashboards().map(({ uid, panels }) => [uid, panels.map(({ title }) => title)]));
  const names = [...boards.keys()].join('|');
  const found: string[] = [];
  const missing: string[] = [];
  for (const { id, here } of rows) {
    // `api, Memory, Event loop` and `panel Errors of overview`
    for (const [, uid = '', list = ''] of here.matchAll(new RegExp(`\\b(${names}), ([A-Z].*)`, 'g'))) {
      const titles = boards.get(uid) ?? [];
      let rest: string | undefined = list;
      while (rest !== undefined) {
        const text: string = rest;
        const title = titles.filter((one) => text.startsWith(one)).toSorted((a, b) => b.length - a.length)[0];
        if (title === undefined) missing.push(`${id}: ${uid}, ${text}`);
        else found.push(title);
        rest = /^, ([A-Z].*)/.exec(text.slice(title?.length ?? text.length))?.[1];
      }
    }
    for (const [, title = '', uid = ''] of here.matchAll(
      new RegExp(`panel ([A-Z][^,.;]*?) of (${names})`, 'g'),
    )) {
      if (boards.get(uid)?.includes(title)) found.push(title);
      else missing.push(`${id}: panel ${title} of ${uid}`);
    }
  }
  expect(missing).toEqual([]);
  expect(found.length).toBeGreaterThan(25);
});
