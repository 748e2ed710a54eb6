import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type Shop, startShop } from './support/shop.ts';

let shop: Shop;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  shop = await startShop();
});
beforeEach(async () => {
  ({ page, complaints } = await shop.browser.open(shop.api.url));
});
afterEach(async () => {
  await page.close();
  await shop.payments.heal();
});
afterAll(() => shop?.stop());

/** What the page says came of it. */
async function outcome(kind: 'good' | 'warn' | 'bad'): Promise<string> {
  return page.locator(`#outcome [data-outcome=${kind}]`).innerText();
}

async function order(description: string, amount: string, currency = 'EUR') {
  await page.getByLabel('Or describe it').fill(description);
  await page.getByLabel('Amount').fill(amount);
  await page.getByLabel('Currency').selectOption(currency);
  await page.locator('#pay').click();
}

test('a purchase is told with its id, and stands in the list', async () => {
  await page.getByRole('button', { name: 'Book' }).click();
  expect(await page.locator('#pay').innerText()).toBe('Pay €18.90');
  await page.locator('#pay').click();
  const said = await outcome('good');
  expect(said).toContain('Completed: €18.90 paid');
  const id = z.uuid().parse(/Transaction\s+(\S+)/.exec(said)?.[1]);
  const kept = await (await fetch(`${shop.api.url}/transactions/${id}`)).json();
  expect(kept).toMatchObject({ amount: 1890, currency: 'EUR', description: 'Book', status: 'completed' });
  await page.locator('#rows tr', { hasText: 'Book' }).locator('.status.completed').waitFor();
  expect(complaints).toEqual([]);
});

test('amounts are taken in the minor unit of their currency', async () => {
  await order('Sushi', '1250', 'JPY');
  expect(await outcome('good')).toContain('¥1,250 paid');
});

test('a decline is told with the reason, and that it was recorded', async () => {
  await page.getByRole('button', { name: 'Castle' }).click();
  await page.locator('#pay').click();
  const said = await outcome('warn');
  expect(said).toContain('Declined');
  expect(said).toContain('use another means of payment');
  expect(said).toMatch(/Reason\s+over limit/);
  await page.locator('#rows tr', { hasText: 'Castle' }).locator('.status.declined').waitFor();
});

test('a failure is told in words, with what to quote when it is reported', async () => {
  await shop.payments.fault({ kind: 'errors', rate: 1 });
  await order('Tea', '4.50');
  const said = await outcome('bad');
  expect(said).toContain('The payment gateway failed. The transaction was recorded as failed.');
  const requestId = /Request\s+(\S+)/.exec(said)?.[1];
  expect(shop.api.log().some((line) => line['request_id'] === requestId)).toBe(true);
});

test('with the API away it says so, and trying again buys once', async () => {
  await shop.api.kill();
  await order('Patience', '1.00');
  expect(await outcome('bad')).toContain('The API does not answer.');
  await shop.api.start();
  await page.getByRole('button', { name: 'Try again' }).click();
  expect(await outcome('good')).toContain('€1.00 paid');
  await page.locator('#rows tr', { hasText: 'Patience' }).waitFor();
  expect(await page.locator('#rows tr', { hasText: 'Patience' }).count()).toBe(1);
});

test('with the API gone in the middle, it can be tried again for as long as nobody knows', async () => {
  await shop.payments.fault({ kind: 'hang' });
  const paying = page.waitForRequest((request) => request.method() === 'POST');
  await order('In between', '2.00');
  await paying;
  const isKept = async () =>
    (await fetch(`${shop.api.url}/transactions?status=pending`))
      .text()
      .then((text) => text.includes('In between'));
  await expect.poll(isKept).toBe(true);
  await shop.api.kill();
  expect(await outcome('bad')).toContain('The API does not answer.');
  await shop.api.start();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('#outcome', { hasText: 'is not answered yet' }).waitFor();
  expect(await outcome('bad')).toContain('Not answered yet');
  expect(await page.getByRole('button', { name: 'Try again' }).isEnabled()).toBe(true);
});

test.each([
  ['', 'Give an amount such as 12.50.'],
  ['a lot', 'Give an amount such as 12.50.'],
  ['1.234', 'EUR has 2 digits after the point.'],
  ['0', 'Give more than 0.'],
])('the amount %j is refused before anything is sent: %s', async (amount, words) => {
  const sent: string[] = [];
  page.on('request', (request) => sent.push(request.method()));
  await order('Nothing', amount);
  expect(await page.locator('#amount-problem').innerText()).toBe(words);
  expect(await page.locator(':focus').getAttribute('id')).toBe('amount');
  expect(sent).not.toContain('POST');
});

test('an amount that only the API refuses is told in its words', async () => {
  await order('The moon', '999999999999.00');
  expect(await outcome('bad')).toMatch(/amount is 99999999999900: give at most \d+ minor units/);
});

test('what somebody types is shown as it was typed, and runs nothing', async () => {
  const nasty = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  await order(nasty, '1.00');
  await outcome('good');
  await page.locator('#rows .what', { hasText: nasty }).first().waitFor();
  expect(await page.locator('#rows img, #rows script').count()).toBe(0);
  expect(await page.title()).toBe('The shop');
  expect(complaints).toEqual([]);
});
