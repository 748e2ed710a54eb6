// The console over a bot with real incidents: the loop without Docker, its faults and its parts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closed, escalated } from '../bare/support/bot.ts';
import { type Loop, startLoop } from '../bare/support/loop.ts';
import { type Browser, startBrowser } from './support/chromium.ts';
import {
  live as isLive,
  lookAt as looked,
  SCREENSHOTS,
  fillIn as signedInAs,
  takePicture,
} from './support/console.ts';
import { complaintsOfAxe, measure } from './support/fits.ts';

const PAGES = [
  ...['/', '/incidents/1', '/incidents/2', '/history', '/targets', '/playbooks', '/try'],
  ...['/history?service=api', '/history/charts?service=api'],
];

let loop: Loop;
let browser: Browser;
let page: Page;
let complaints: string[];
let url: string;

beforeAll(async () => {
  [loop, browser] = await Promise.all([startLoop(), startBrowser()]);
  url = loop.stack.addresses.bot;
}, 240_000);
afterEach(() => page?.close());
afterAll(async () => {
  await browser?.close();
  await loop?.stop();
});

type Look = Parameters<Browser['open']>[1];

/** A page of somebody who is not signed in, or not any more. */
async function arrive(path = '/', look: Look = {}): Promise<void> {
  ({ page, complaints } = await browser.open(url, { ...look, path }));
}

const adminToken = () => readFileSync(loop.stack.tokens.admin, 'utf8').trim();

async function signIn(path = '/', look: Look = {}, token = adminToken()): Promise<void> {
  await arrive(path, look);
  await fillIn(token);
  await live();
}

const fillIn = (token: string): Promise<void> => signedInAs(page, token);

/** Goes on with Tab to what has this name, as somebody without a mouse does. */
async function tabTo(name: string | RegExp): Promise<void> {
  const named = page.getByLabel(name).or(page.getByRole('button', { name })).or(page.getByText(name));
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    if ((await named.and(page.locator(':focus')).count()) > 0) return;
  }
  throw new Error(`sixty times Tab, and ${name} has not the focus`);
}

const lookAt = (name: string): Promise<void> => looked(page, name);
const live = () => isLive(page);
const heading = (text: string | RegExp) => page.getByRole('heading', { level: 1, name: text }).waitFor();

// What an incident takes from its fault to its proof, on a machine that has no time to spare.
describe('the console', { timeout: 180_000 }, () => {
  test('an incident heals while somebody watches, without a reload', async () => {
    await loop.calm();
    await signIn();
    await heading(/nothing is open/i);
    await page.evaluate('window.sameDocument = true');
    loop.api.use();
    await loop.api.break({ kind: 'errors', rate: 0.9 });
    await heading(/The bot is at work on one incident/);
    await page.getByText('Next: Proof is sought').waitFor();
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    await lookAt('at-work');
    await page.getByRole('link', { name: /^#1 / }).click();
    await page.evaluate('window.sameDocument = true');
    await page
      .getByText('Healed: one action, and the proof that the target is well.')
      .waitFor({ timeout: 45_000 });
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    await page.getByRole('link', { name: 'Now' }).click();
    await heading(/nothing is open/i);
    await loop.incident('closed', closed);
    expect(complaints).toEqual([]);
  });

  test('the same page is told, not loaded again', async () => {
    await signIn('/targets');
    await page.evaluate('window.sameDocument = true');
    await page.getByText('Pause or reset it').first().click();
    await page.getByLabel('Why').nth(1).fill('half a sentence');
    await loop.bot.pause();
    await page.getByText('paused everything').waitFor();
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    // What somebody opened and writes stays.
    expect(await page.getByLabel('Why').nth(1).inputValue()).toBe('half a sentence');
    await loop.bot.resume();
    await page.getByText('Nothing is paused as a whole.').waitFor();
    expect(complaints).toEqual([]);
  });

  test('approve: what a person allows is done, and proven', async () => {
    await loop.calm();
    await loop.playbooks((text) => text.replace('mode: act', 'mode: approve'));
    await signIn();
    loop.api.use();
    await loop.api.break({ kind: 'errors', rate: 0.9 });
    await heading('It needs you: one question waits for your answer.');
    await lookAt('question');
    // Without a mouse, from the first page to the answer.
    await tabTo('Answer');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/incidents/*');
    await tabTo('Why');
    await page.keyboard.type('I saw the errors');
    await tabTo('Approve');
    await page.keyboard.press('Enter');
    await page.getByText('Approved. The bot acts as soon as its turn comes.').waitFor();
    await page
      .getByText('Healed: one action, and the proof that the target is well.')
      .waitFor({ timeout: 45_000 });
    expect(await page.locator('#timeline').innerText()).toContain(
      'Ada Lovelace approved question 1: I saw the errors',
    );
    expect(complaints).toEqual([]);
    await loop.playbooks();
  });

  test('a fault that no restart heals: quarantine, evidence, search, acknowledge, reset', async () => {
    await loop.calm();
    await signIn();
    loop.api.use();
    await loop.api.break({ kind: 'errors', rate: 1, sticky: true });
    await loop.incident('escalated', escalated);
    await heading(/^It needs you: one incident was handed to a person\.$/);
    await page.getByRole('heading', { name: 'In quarantine' }).waitFor();
    await lookAt('quarantine');
    await page.locator('#open').getByRole('link', { name: /^#\d/ }).click();
    const search = page.getByRole('searchbox', { name: 'Search in it' });
    await search.fill('"STATUS":500');
    await page.getByText(/^\d+ lines have it$/).waitFor();
    const marked = () => page.locator('details.evidence mark').first().innerText();
    expect(await marked()).toBe('"status":500');
    // Also when they went on to read, and something happens meanwhile.
    await search.blur();
    const change = await page.locator('main').getAttribute('data-change');
    await loop.bot.pause();
    await page.locator(`main:not([data-change="${change}"])`).waitFor();
    expect([await search.inputValue(), await marked()]).toEqual(['"STATUS":500', '"status":500']);
    await loop.bot.resume();
    await lookAt('handed-over');
    await page.getByLabel('Note, or why').fill('looking');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('Acknowledged: its page ends.').waitFor();
    expect(await page.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
    await loop.api.mend();
    await page.getByLabel('Note, or why').fill('mended');
    await page.getByRole('button', { name: 'Reset the target' }).click();
    await page.getByText('Reset supervisor:api: the bot may act on it again.').waitFor();
    expect(complaints).toEqual([]);
    await loop.calm();
  });

  test('everything is stopped and let go again from the first page, by keyboard alone', async () => {
    await signIn();
    await tabTo('Stop the bot');
    await page.keyboard.press('Enter');
    await tabTo('Why');
    await page.keyboard.type('a deploy of 1.4');
    await tabTo('For');
    await page.keyboard.type('10m');
    await tabTo('Pause everything');
    await page.keyboard.press('Enter');
    await heading('Ada Lovelace paused the bot: it decides and records, and does nothing.');
    expect(await page.locator('#all').innerText()).toMatch(
      /Ada Lovelace paused everything .* a deploy of 1\.4/s,
    );
    await lookAt('paused');
    await tabTo('Why');
    await page.keyboard.type('deployed');
    await tabTo('Resume everything');
    await page.keyboard.press('Enter');
    await heading(/nothing is open/i);
    const people = await page.locator('#people tbody tr').allInnerTexts();
    expect(people[0]).toMatch(/Ada Lovelace[\s\S]*resume[\s\S]*deployed/);
    expect(people[1]).toMatch(/Ada Lovelace[\s\S]*pause[\s\S]*a deploy of 1\.4/);
    expect(complaints).toEqual([]);
  });

  test('try: what would happen, by keyboard alone', async () => {
    await arrive('/try');
    const type = (text: string) => page.keyboard.type(text);
    const tab = async (times: number) => {
      for (let i = 0; i < times; i++) await page.keyboard.press('Tab');
    };
    await page.getByLabel('Your name').focus();
    await type('Ada');
    await tab(1);
    await type(readFileSync(loop.stack.tokens.admin, 'utf8').trim());
    await page.keyboard.press('Enter');
    await live();
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').getAttribute('name')).toBe('labels');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('#simulated h3').first().waitFor();
    await lookAt('simulated');
    // An answer stays, whatever happens meanwhile.
    await loop.bot.pause();
    await loop.bot.resume();
    await live();
    expect(await page.locator('#simulated').innerText()).toContain('restart-on-errors');
    expect(complaints).toEqual([]);
  });

  test('the past under another playbook file: both outcomes, side by side', async () => {
    await signIn('/try');
    const shipped = readFileSync(join(import.meta.dirname, '../../deploy/playbooks.yml'), 'utf8');
    await page.getByLabel('Playbook file').fill(shipped.replace('mode: act', 'mode: observe'));
    await page.getByRole('button', { name: 'What would have happened?' }).click();
    await page.getByRole('heading', { name: /^It would have acted 0 times, not \d+\./ }).waitFor();
    await lookAt('replayed');
    const rows = await page.locator('#replayed table').last().locator('tbody tr').allInnerTexts();
    // An alert that goes on firing after it was dismissed may open another one, which there was not.
    const were = rows.filter((row) => !row.includes('there was no such incident'));
    expect(were).toHaveLength(3);
    for (const row of were)
      expect(row).toMatch(/#\d HighErrorRate[\s\S]*(healed|with a person)[\s\S]*dismissed/);
    expect(complaints).toEqual([]);
  });

  test('what is not there is told on a page of its own, with a way back', async () => {
    await signIn();
    await page.goto(`${url}/incidents/999`);
    await page.getByText('there is no incident 999').waitFor();
    await lookAt('not-there');
    await page.getByRole('link', { name: 'To the first page' }).click();
    await live();
    expect(complaints.filter((one) => !one.includes('404'))).toEqual([]);
  });

  test('a history is filtered', async () => {
    await signIn('/history');
    const rows = page.locator('#incidents tbody tr');
    expect(await rows.count()).toBe(3);
    // How the third ended depends on whether its reset or its cure was heard of first.
    const healed = await rows.filter({ hasText: 'healed' }).count();
    expect(healed).toBeGreaterThanOrEqual(2);
    await page.getByLabel('Outcome').selectOption('healed');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL('**/history?**outcome=healed**');
    expect(await rows.filter({ hasText: 'healed' }).count()).toBe(healed);
    expect(await rows.count()).toBe(healed);
    await page.getByLabel('Service').fill('nobody');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('There is none.').waitFor();
    expect(complaints).toEqual([]);
  });

  test('charts of a filter come by themselves, and stay while the page goes on', async () => {
    await signIn('/history?service=api');
    await page.getByText(/^Counted for these filters at /).waitFor();
    const figures = page.locator('#charts figure');
    expect(await figures.count()).toBe(3);
    expect(await page.locator('[aria-busy]').count()).toBe(0);
    const before = await page.locator('main').getAttribute('data-change');
    await loop.bot.pause();
    await page.locator(`main:not([data-change="${before}"])`).waitFor();
    await loop.bot.resume();
    expect(await figures.count()).toBe(3);
    expect(complaints).toEqual([]);
  });

  describe.each([
    { width: 390, height: 844, colorScheme: 'light' },
    { width: 390, height: 844, colorScheme: 'dark' },
    { width: 1280, height: 900, colorScheme: 'light' },
    { width: 1280, height: 900, colorScheme: 'dark' },
  ] as const)('$width pixels wide, $colorScheme', (look) => {
    test('it fits, complains of nothing, and everybody can use it', async () => {
      await arrive('/', look);
      expect(await complaintsOfAxe(page)).toEqual([]);
      await signIn('/', look);
      for (const path of PAGES) {
        await page.goto(url + path);
        await live();
        const name = path === '/' ? 'now' : path.slice(1).replaceAll(/\W/g, '-');
        await page.screenshot({
          path: join(SCREENSHOTS, `console-${name}-${look.width}-${look.colorScheme}.png`),
          fullPage: true,
        });
        expect({ path, ...(await measure(page)) }).toEqual({ path, wanted: look.width, over: [] });
        expect({ path, found: await complaintsOfAxe(page) }).toEqual({ path, found: [] });
        if (look.width === 1280 && look.colorScheme === 'light') await takePicture(page, name);
      }
      expect(complaints).toEqual([]);
    });
  });

  test('a session that is over: told, nothing is ordered, and back to the same page', async () => {
    const file = loop.stack.tokens.admin;
    const kept = readFileSync(file, 'utf8').trim();
    const leaving = 'b'.repeat(43);
    /** Somebody signs in with a token that is taken away while the page is open (docs/security.md). */
    const lookUntilOver = async (path: string, look: Look = {}) => {
      writeFileSync(file, `${leaving}\n${kept}\n`);
      await signIn(path, look, leaving);
    };
    const takeAway = () => writeFileSync(file, `${kept}\n`);
    const again = async (said: string, path: string) => {
      await page.getByRole('alert').filter({ hasText: said }).waitFor();
      await fillIn(kept);
      await live();
      expect(page.url()).toBe(url + path);
    };
    const OVER = 'Your session is over. Sign in, and you are back where you were.';

    // A page that nobody touches hears of it with the next change.
    await lookUntilOver('/targets');
    takeAway();
    await loop.bot.pause();
    await again(OVER, '/targets');
    await loop.bot.resume();
    await page.getByText('Nothing is paused as a whole.').waitFor();
    await page.close();

    await lookUntilOver('/');
    takeAway();
    await page.getByRole('link', { name: 'History' }).click();
    await again(OVER, '/history');
    await page.close();

    // What somebody is writing keeps the page where it is; it is not sent, now or after the sign-in.
    await lookUntilOver('/targets', { width: 390, height: 844 });
    const why = page.getByLabel('Why').first();
    await why.fill('half a sentence');
    takeAway();
    await loop.bot.pause();
    await page.getByRole('link', { name: 'sign in' }).waitFor();
    expect(await measure(page)).toEqual({ wanted: 390, over: [] });
    expect(await why.inputValue()).toBe('half a sentence');
    await loop.bot.resume();
    await page
      .getByRole('button', { name: /^Pause/ })
      .first()
      .click();
    await again('Your session is over. Sign in and repeat it: nothing was done.', '/targets');
    await page.getByText('Nothing is paused as a whole.').waitFor();
    expect(await page.getByText('half a sentence').count()).toBe(0);
    expect(complaints.filter((one) => !one.includes('401'))).toEqual([]);
  });

  test('says so when the connection is lost, and goes on by itself', async () => {
    await signIn();
    await loop.stack.parts.bot.stop();
    await page.getByText(/^Connection lost: this is how it was at /).waitFor();
    await lookAt('lost');
    await loop.stack.parts.bot.start();
    // The session outlives the bot's process.
    await live();
    await heading(/./);
  });

  test('without scripts: each page is there, says that it is not live, and takes orders', async () => {
    const plain = await startBrowser({ javaScriptEnabled: false });
    try {
      ({ page, complaints } = await plain.open(url));
      await fillIn(adminToken());
      await page.getByText('Not live: this page needs JavaScript for that').waitFor();
      await page.getByText('Stop the bot').click();
      await page.getByLabel('Why').fill('by hand');
      await page.getByRole('button', { name: 'Pause everything' }).click();
      await heading('Ada Lovelace paused the bot: it decides and records, and does nothing.');
      await page.getByRole('button', { name: 'Resume everything' }).click();
      await heading(/nothing is open/i);
      await page.getByRole('link', { name: 'History' }).click();
      await page.locator('[name=service]').fill('api');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByRole('link', { name: 'Show the charts for these filters' }).click();
      await heading('Charts of the history');
      for (const name of ['Targets', 'Playbooks', 'Try']) {
        await page.getByRole('link', { name, exact: true }).click();
        await heading(name);
      }
      await page.getByRole('button', { name: 'What would happen?' }).click();
      await page.locator('#simulated h3').first().waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await plain.close();
    }
  });

  test('from the history to a note and a paused target, by keyboard alone', async () => {
    await signIn('/history');
    await tabTo('Service');
    await page.keyboard.type('api');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/history?**service=api**');
    await live();
    await tabTo(/^#1 /);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/incidents/1');
    await live();
    await tabTo('Note, or why');
    await page.keyboard.type('seen by keyboard');
    await tabTo('Add the note');
    await page.keyboard.press('Enter');
    await page.getByText('The note stands in the timeline.').waitFor();
    expect(await page.locator('#timeline').innerText()).toContain('Ada Lovelace: seen by keyboard');
    await tabTo('Pause the target');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Resume the target' }).waitFor();
    await tabTo('Resume the target');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Pause the target' }).waitFor();
    await page.goto(`${url}/try`);
    await live();
    await tabTo('What would have happened?');
    await page.keyboard.press('Enter');
    await page.locator('#replayed h2').waitFor();
    expect(complaints).toEqual([]);
  });
});
