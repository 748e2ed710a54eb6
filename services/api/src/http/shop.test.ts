import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApp, startApp } from '../testing/harness.ts';

let app: RunningApp;

beforeAll(async () => {
  // The page needs no database: it is what people look at while there is none.
  app = await startApp('postgres://nobody@127.0.0.1:9/none');
});
afterAll(() => app?.stop());

const linked = (html: string) =>
  [...html.matchAll(/(?:src|href)="(\/shop\/[^"]+)"/g)].map(([, path]) => path ?? '');

test('the page and every file that it names are served, with their types', async () => {
  const page = await app.get('/');
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const imported = async (path: string): Promise<string[]> => {
    const { status, text, headers } = await app.get(path);
    expect({ path, status }).toEqual({ path, status: 200 });
    expect(headers.get('content-type')).toMatch(/^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/);
    const further = [...text.matchAll(/ from '\.\/([\w.]+)'/g)].map(([, name]) => `/shop/${name}`);
    return [path, ...(await Promise.all(further.map(imported))).flat()];
  };
  const all = new Set((await Promise.all(linked(page.text).map(imported))).flat());
  expect(all.size).toBeGreaterThan(8);
});

test('nothing from elsewhere and nothing inline may run, and the page has neither', async () => {
  const { headers, text } = await app.get('/');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style|src="(?!\/shop\/)/);
});

test('what is known already is not sent again', async () => {
  const etag = (await app.get('/shop/main.js')).headers.get('etag') ?? '';
  const again = await app.ask('GET', '/shop/main.js', undefined, { 'if-none-match': etag });
  expect(again).toMatchObject({ status: 304, text: '' });
  const changed = await app.ask('GET', '/shop/main.js', undefined, { 'if-none-match': '"other"' });
  expect(changed.status).toBe(200);
});

test.each([
  '/shop/none.js',
  '/shop/tsconfig.json',
  '/shop/money.test.ts',
  '/shop/..%2fapp.ts',
  '/shop/%2e%2e%2fapp.ts',
])('%s is no file of the page', async (path) => {
  expect((await app.get(path)).status).toBe(404);
});
