import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buyElsewhere, type Shop, startShop } from './support/shop.ts';

let shop: Shop;
let page: Page;

beforeAll(async () => {
  shop = await startShop();
  for (let n = 1; n <= 13; n += 1) await buyElsewhere(shop.api, `thing ${n}`);
  await buyElsewhere(shop.api, 'palace', 999_999_999);
});
afterEach(() => page.close());
afterAll(() => shop?.stop());

const rows = () => page.locator('#rows .what').allInnerTexts();

test('the list has the newest first, goes on to older pages, and comes back', async () => {
  ({ page } = await shop.browser.open(shop.api.url));
  await page.getByText('thing 13').waitFor();
  expect(await rows()).toEqual(['palace', ...[13, 12, 11, 10, 9, 8, 7, 6, 5].map((n) => `thing ${n}`)]);
  await page.getByRole('button', { name: 'Older' }).click();
  await page.getByText('thing 4', { exact: true }).waitFor();
  expect(await rows()).toEqual([4, 3, 2, 1].map((n) => `thing ${n}`));
  expect(await page.getByRole('button', { name: 'Older' }).isHidden()).toBe(true);
  await page.getByRole('button', { name: 'Newest' }).click();
  await page.getByText('thing 13').waitFor();
});

test('the list can be narrowed to one status', async () => {
  ({ page } = await shop.browser.open(shop.api.url));
  await page.getByText('thing 13').waitFor();
  await page.getByRole('radio', { name: 'declined' }).check();
  await page.getByText('thing 13').waitFor({ state: 'detached' });
  expect(await rows()).toEqual(['palace']);
  await page.getByRole('radio', { name: 'pending' }).check();
  await page.getByText('No transaction is pending.').waitFor();
});

test('how many were paid in the last hour is counted', async () => {
  ({ page } = await shop.browser.open(shop.api.url));
  await page.locator('#figure-paid', { hasText: /^\d+ of \d+$/ }).waitFor();
  const [paid, all] = (await page.locator('#figure-paid').innerText()).split(' of ').map(Number);
  expect({ paid, all }).toEqual({ paid: 13, all: 14 });
});

describe('by itself', () => {
  test('it shows what others buy, how well they are answered, and draws it', async () => {
    ({ page } = await shop.browser.open(shop.api.url));
    await page.getByText('Answering well').waitFor();
    await buyElsewhere(shop.api, 'a surprise');
    await page.getByText('a surprise').waitFor({ timeout: 15_000 });
    await page.locator('#figure-success', { hasText: '100%' }).waitFor({ timeout: 15_000 });
    expect(await page.locator('#figure-latency').innerText()).toMatch(/^\d+ ms$/);
    expect(await page.locator('#chart polyline.success').count()).toBe(1);
    expect(await page.locator('#chart-words').innerText()).toContain('100% were answered well');
  });

  test('it shows that the API fails, is away, and was restarted', async () => {
    ({ page } = await shop.browser.open(shop.api.url));
    await page.getByText('Answering well').waitFor();
    await shop.api.fault({ kind: 'errors', rate: 1 });
    await page.locator('#pulse[data-state=bad]', { hasText: 'Failing' }).waitFor({ timeout: 30_000 });
    await page.getByText('The list cannot be read. Something went wrong on our side.').waitFor();
    await shop.api.kill();
    await page.locator('#pulse[data-state=bad]', { hasText: 'Not answering' }).waitFor({ timeout: 15_000 });
    expect(await page.locator('#chart .down').count()).toBeGreaterThan(0);
    await shop.api.start();
    await page.locator('#pulse[data-state=warn]', { hasText: 'Just restarted' }).waitFor({ timeout: 15_000 });
    await page.locator('#chart .restart').waitFor({ state: 'attached' });
    expect(await page.locator('#chart-words').innerText()).toContain('restarted 1 times');
  });
});

/** Asked by the page within a minute of its own clock, by path. */
async function askedInAMinute(hidden: boolean): Promise<Record<string, number>> {
  ({ page } = await shop.browser.open('about:blank'));
  await page.clock.install();
  if (hidden)
    await page.addInitScript({ content: `Object.defineProperty(document, 'hidden', { get: () => true })` });
  await page.goto(shop.api.url);
  const asked: Record<string, number> = {};
  const done = () => page.waitForLoadState('networkidle');
  await done();
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    asked[pathname] = (asked[pathname] ?? 0) + 1;
  });
  for (let second = 0; second < 60; second += 1) {
    await page.clock.runFor(1_000);
    await page.evaluate(() => fetch('/livez').then((answer) => answer.text()));
  }
  delete asked['/livez'];
  return asked;
}

describe('the page is no traffic that hides trouble', () => {
  test('it asks what counts as use at most eight times a minute', async () => {
    const { '/metrics': metrics = 0, ...use } = await askedInAMinute(false);
    expect(metrics).toBeGreaterThanOrEqual(8);
    const total = Object.values(use).reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(5);
    expect(total).toBeLessThanOrEqual(8);
  });

  test('it asks nothing while nobody looks', async () => {
    expect(await askedInAMinute(true)).toEqual({});
  });
});
