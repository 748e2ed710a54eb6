import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { complaintsOfAxe, measure } from './fits.ts';

/** Where the screenshots are, for people to look at; git ignores it. */
export const SCREENSHOTS = join(import.meta.dirname, '../../../.run/browser');
mkdirSync(SCREENSHOTS, { recursive: true });

/** Signs in on the page that asks for it, as somebody called Ada Lovelace. */
export async function fillIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Until the page hears of what happens. */
export const live = (page: Page): Promise<void> => page.locator('#live[data-state=live]').waitFor();

/** Which pictures of docs/console.md are taken where; with WRITE_PICTURES=1 they are written anew. */
const PICTURES: Readonly<Record<string, string>> = {
  quarantine: 'now',
  'handed-over': 'incident',
  'long-history': 'history',
  targets: 'targets',
  playbooks: 'playbooks',
  replayed: 'try',
};

export async function takePicture(page: Page, name: string): Promise<void> {
  const picture = PICTURES[name];
  if (picture === undefined || process.env['WRITE_PICTURES'] !== '1') return;
  await page.setViewportSize({ width: 1280, height: 1100 });
  // An answer stands below what was asked.
  await page.evaluate(`scrollTo(0, 0); document.querySelector('#replayed')?.scrollIntoView()`);
  await page.screenshot({ path: join(import.meta.dirname, `../../../docs/console-${picture}.png`) });
}

/** The page as it stands, narrow and dark, wide and light: it fits, and everybody can use it. With a picture of each. */
export async function lookAt(page: Page, name: string): Promise<void> {
  const before = page.viewportSize();
  for (const { width, height, colorScheme } of [
    { width: 390, height: 844, colorScheme: 'dark' },
    { width: 1280, height: 900, colorScheme: 'light' },
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await page.evaluate('scrollTo(0, 0)');
    const path = join(SCREENSHOTS, `console-${name}-${width}-${colorScheme}.png`);
    await page.screenshot({ path, fullPage: true });
    expect({ name, ...(await measure(page)) }).toEqual({ name, wanted: width, over: [] });
    expect({ name, found: await complaintsOfAxe(page) }).toEqual({ name, found: [] });
  }
  await takePicture(page, name);
  if (before !== null) await page.setViewportSize(before);
}
