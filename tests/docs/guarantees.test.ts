/** docs/guarantees.md: each promise, and the test files that would fail without it. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const page = read('docs/guarantees.md');
const NUMBERS = Array.from({ length: 14 }, (_, i) => `G${i + 1}`);

/** The files below each heading, as seen from the root. */
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((section) => ({
    number: /^G\d+\b/.exec(section)?.[0] ?? section.slice(0, 20),
    links: [...section.matchAll(/^- \[([^\]]+)\]\(\.\.\/([^)]+)\)$/gm)].map(([, text = '', file = '']) => ({
      text,
      file,
    })),
    bullets: section.match(/^- /gm)?.length,
  }));

/** Numbers in the titles of tests: in a title itself, or at the beginning of one that stands in a table of cases. */
function numbersIn(source: string): Set<string> {
  const titles = [
    ...source.matchAll(/\b(?:describe|test|it)\b[^'"`\n]*(['"`])((?:(?!\1).)*)/g),
    ...source.matchAll(/(['"`])(G\d+(?:, G\d+)*)\b/g),
  ].map(([, , title = '']) => title);
  return new Set(titles.flatMap((title) => [...title.matchAll(/\bG\d+\b/g)].map(([number]) => number)));
}

const header = (patch: string, name: string): string =>
  new RegExp(`^${name}: (.*)$`, 'm').exec(patch.split('\ndiff ')[0] ?? '')?.[1] ?? '';
const mutations = globSync(join(root, 'tests/mutations/*.patch')).map((file) => {
  const patch = readFileSync(file, 'utf8');
  return { breaks: header(patch, 'Guarantee'), test: header(patch, 'Test').split(' -t ')[0] ?? '' };
});
const breaks = (number: string) => mutations.filter((one) => one.breaks.split(', ').includes(number));

it('has each guarantee once, in order', () => {
  expect(sections.map(({ number }) => number)).toEqual(NUMBERS);
});

it('speaks of nothing outside of this repository', () => {
  const links = [...page.matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => resolve(root, 'docs', link));
  expect(links.filter((link) => !link.startsWith(`${root}/`))).toEqual([]);
  expect(page).not.toMatch(/shared\//);
});

describe.each(sections)('$number', ({ number, links, bullets }) => {
  const files = links.map(({ file }) => file);

  it('is linked to files that exist and have its number in a title', () => {
    expect(files.length).toBeGreaterThan(0);
    expect(new Set(files).size).toBe(files.length);
    const wrong = files.filter((file) => !existsSync(join(root, file)) || !numbersIn(read(file)).has(number));
    expect(wrong).toEqual([]);
    expect(links.filter(({ text, file }) => !file.endsWith(text))).toEqual([]);
    expect(bullets, 'a line that is no link').toBe(links.length);
  });

  it('is linked to each file that a mutation shows to notice its loss', () => {
    const shown = breaks(number).map(({ test }) => test);
    expect(shown.filter((file) => file !== '')).not.toEqual([]);
    const missing = [...new Set(shown)].filter(
      (file) => file !== '' && numbersIn(read(file)).has(number) && !files.includes(file),
    );
    expect(missing).toEqual([]);
  });
});

describe('a number', () => {
  it('counts in a title, in a table of titles, and nowhere else', () => {
    expect([...numbersIn("test('goes on (G3)', () => {});")]).toEqual(['G3']);
    expect([...numbersIn("describe.each(ways)('G2, G8: at once', () => {")]).toEqual(['G2', 'G8']);
    expect([...numbersIn("test.each([\n  ['G14: a failure', 1],\n])('%s', () => {")]).toEqual(['G14']);
    expect([
      ...numbersIn("// G5 is elsewhere\nconst limit = 'not G6';\ntest('is far', () => g(7));"),
    ]).toEqual([]);
  });
});
