import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { buyElsewhere, type Shop, startShop } from './support/shop.ts';

/** Where the screenshots are, for people to look at; git ignores it. */
const screenshots = join(import.meta.dirname, '../../.run/browser');

const fit = z.object({ wanted: z.number(), over: z.array(z.string()), covered: z.boolean() });
const audit = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

let shop: Shop;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  shop = await startShop();
  for (const thing of ['tea', 'a book', 'groceries', 'two tickets', 'a-very-long-word-'.repeat(11)])
    await buyElsewhere(shop.api, thing);
  await buyElsewhere(shop.api, 'a palace', 999_999_999);
});
afterEach(() => page.close());
afterAll(() => shop?.stop());

/** With everything unfolded: an outcome, a list, the panel. */
async function openAll(options: { width: number; height: number; colorScheme: 'light' | 'dark' }) {
  ({ page, complaints } = await shop.browser.open(shop.api.url, options));
  await page.locator('#pay').click();
  await page.locator('#outcome [data-outcome=good]').waitFor();
  await page.getByLabel('Faults token').fill(shop.api.token);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByText('Nothing is broken').waitFor();
  // The chart has its first line.
  await page.locator('#chart polyline.success').waitFor({ state: 'attached', timeout: 20_000 });
}

describe.each([
  { width: 390, height: 844, colorScheme: 'light' },
  { width: 390, height: 844, colorScheme: 'dark' },
  { width: 1280, height: 900, colorScheme: 'light' },
  { width: 1280, height: 900, colorScheme: 'dark' },
] as const)('$width pixels wide, $colorScheme', ({ width, height, colorScheme }) => {
  test('it fits, complains of nothing, and everybody can use it', async () => {
    await openAll({ width, height, colorScheme });
    await page.evaluate('scrollTo(0, 0)');
    await page.screenshot({ path: join(screenshots, `shop-${width}-${colorScheme}.png`), fullPage: true });
    expect(complaints).toEqual([]);

    const { wanted, over, covered } = fit.parse(
      await page.evaluate(`({
        wanted: document.documentElement.scrollWidth,
        over: [...document.querySelectorAll('main *')]
          .filter((element) => element.getBoundingClientRect().right > innerWidth)
          .map((element) => element.outerHTML.slice(0, 120)),
        covered: (() => {
          document.querySelector('#panel').scrollIntoView();
          const buy = document.querySelector('#buy').getBoundingClientRect();
          return buy.bottom > document.querySelector('#break').getBoundingClientRect().top;
        })(),
      })`),
    );
    expect(over).toEqual([]);
    expect({ wanted, covered }).toEqual({ wanted: width, covered: false });

    await page.evaluate(axe.source);
    const found = audit.parse(await page.evaluate('axe.run()'));
    expect(found.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([]);
  });
});

test('without a mouse: skip, take, pay, choose a status, open the panel', async () => {
  ({ page, complaints } = await shop.browser.open(shop.api.url));
  await page.getByText('a palace').waitFor();
  const focused = () => page.locator(':focus').innerText();
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Skip to buying');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await focused()).toContain('Tea');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  expect(await page.getByLabel('Amount').inputValue()).toBe('18.90');
  await page.getByLabel('Amount').focus();
  await page.keyboard.press('Enter');
  await page.locator('#outcome', { hasText: 'Completed: €18.90 paid' }).waitFor();

  await page.getByRole('radio', { name: 'all' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  expect(await page.getByRole('radio', { name: 'declined' }).isChecked()).toBe(true);
  await page.getByText('a book').waitFor({ state: 'detached' });

  await page.getByLabel('Faults token').focus();
  await page.keyboard.type(shop.api.token);
  await page.keyboard.press('Enter');
  await page.getByText('Nothing is broken').waitFor();
  expect(await focused()).toContain('Nothing is broken');
  expect(complaints).toEqual([]);
});
