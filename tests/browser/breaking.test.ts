import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Shop, startShop } from './support/shop.ts';

let shop: Shop;
let page: Page;

beforeAll(async () => {
  shop = await startShop();
});
beforeEach(async () => {
  ({ page } = await shop.browser.open(shop.api.url));
});
afterEach(async () => {
  await page.close();
  await shop.api.heal();
});
afterAll(() => shop?.stop());

async function open(token = shop.api.token) {
  await page.getByLabel('Faults token').fill(token);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
}
const card = (kind: string) => page.locator(`.fault[data-kind=${kind}]`);
const inForce = () => page.locator('#inforce').innerText();
const faultsNow = async () => {
  const headers = { authorization: `Bearer ${shop.api.token}` };
  const answer: unknown = await (await fetch(`${shop.api.url}/faults`, { headers })).json();
  return z.object({ faults: z.array(z.looseObject({ kind: z.string() })) }).parse(answer).faults;
};

describe('the token', () => {
  test('is asked for', async () => {
    await open(' ');
    expect(await page.locator('#faults-problem').innerText()).toContain('Give the token');
    expect(await page.locator('#panel').isHidden()).toBe(true);
  });

  test('that is wrong opens nothing, and the API says why', async () => {
    await open('guessed');
    await page.locator('#faults-problem', { hasText: 'API_FAULTS_TOKEN_FILE' }).waitFor();
    expect(await page.locator('#panel').isHidden()).toBe(true);
  });

  test('that is right shows what is in force', async () => {
    await open();
    await page.getByText('Nothing is broken').waitFor();
  });
});

test('errors: they are in force, hit purchases, and end when they are cleared', async () => {
  await open();
  await card('errors').getByLabel('Share, %').fill('100');
  await card('errors').getByRole('button', { name: 'Break' }).click();
  await page.locator('#inforce[data-state=bad]').waitFor();
  expect(await inForce()).toContain('Errors, rate 1');
  expect(await faultsNow()).toMatchObject([{ kind: 'errors', rate: 1, sticky: false }]);

  await page.locator('#pay').click();
  await page.locator('#outcome', { hasText: 'Something went wrong on our side.' }).waitFor();
  await page.getByRole('button', { name: 'Send 20 purchases' }).click();
  await page.getByText('0 paid, 0 declined, 20 failed.').waitFor();

  await page.getByRole('button', { name: 'Clear all faults' }).click();
  await page.getByText('Nothing is broken').waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('#outcome [data-outcome=good]').waitFor();
});

test('a sticky fault is told as one, and survives a restart', async () => {
  await open();
  await card('latency').getByLabel('sticky').check();
  await card('latency').getByRole('button', { name: 'Break' }).click();
  await page.locator('#inforce', { hasText: 'Slowness, ms 800, rate 1, kept over restarts' }).waitFor();
  await shop.api.kill();
  await shop.api.start();
  expect(await faultsNow()).toMatchObject([{ kind: 'latency', sticky: true }]);
});

test.each([
  ['leak', { mb_per_minute: 300 }],
  ['block', { ms: 200, every_ms: 1_000 }],
  ['pool', { connections: 9 }],
  ['slow_database', { ms: 300 }],
])('%s can be set and cleared', async (kind, fields) => {
  await open();
  await card(kind).getByRole('button', { name: 'Break' }).click();
  await page.locator('#inforce[data-state=bad]').waitFor();
  expect(await faultsNow()).toMatchObject([{ kind, ...fields }]);
  await page.getByRole('button', { name: 'Clear all faults' }).click();
  await page.getByText('Nothing is broken').waitFor();
  expect(await faultsNow()).toEqual([]);
});

test('a value that the API refuses is told in its words', async () => {
  await open();
  await card('block').getByLabel('Blocked, ms').fill('1000');
  await card('block').getByRole('button', { name: 'Break' }).click();
  await page
    .locator('#faults-problem', { hasText: 'ms is 1000: give at most nine tenths of every_ms' })
    .waitFor();
});

test('twenty errors are twenty failed requests, and no fault', async () => {
  const failed = () => shop.api.metric('http_requests_total{method="GET",route="/error",status="5xx"}');
  const before = await failed();
  await open();
  await card('burst').getByRole('button', { name: 'Break' }).click();
  await expect.poll(failed).toBe(before + 20);
  expect(await faultsNow()).toEqual([]);
});

test('a crash ends the process, and the page says that nobody answers', async () => {
  await open();
  await card('crash').getByRole('button', { name: 'Break' }).click();
  await page.locator('#inforce', { hasText: 'the process has ended' }).waitFor();
  await page.locator('#pulse', { hasText: 'Not answering' }).waitFor({ timeout: 15_000 });
  await shop.api.start();
});
