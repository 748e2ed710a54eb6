// The console over a long history: an hour of a shop in which something breaks all the time, recorded by the real engine in a
// simulated world. What a page shows is compared with what the log has.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Db, openLog } from '../../services/alert-bot/src/store/db.ts';
import { temporaryFolder } from '../../services/supervisor/src/harness.ts';
import { LoneBot } from '../bare/support/lone-bot.ts';
import { BEGINS } from '../sim/plan-policy.ts';
import { busyRun, PLAYBOOKS } from '../sim/recorded.ts';
import { type Browser, startBrowser } from './support/chromium.ts';
import { fillIn, live, lookAt } from './support/console.ts';
import { measure } from './support/fits.ts';

const MINUTE = 60_000;
const LENGTH = 66 * MINUTE;
/** All of it. A field of a browser has minutes. */
const ALL = `from=${at(-1)}&to=${at(LENGTH / MINUTE + 10)}`;

const OUTCOMES_DRAWN = ['healed', 'recovered', 'handed_over', 'dismissed'] as const;

let folder: ReturnType<typeof temporaryFolder>;
let bot: LoneBot;
let browser: Browser;
let page: Page;
let complaints: string[];
let recorded: readonly Recorded[];

interface Recorded {
  id: number;
  service: string;
  playbook: string | null;
  reason: string | null;
  outcome: string | null;
  openedAt: number;
}

/** A time of the recorded hour, as the form takes it. */
function at(minute: number): string {
  return new Date(BEGINS + minute * MINUTE).toISOString().slice(0, 16);
}

const incidentsOf = (db: Db): Recorded[] =>
  db
    .prepare<[], Recorded>(
      'SELECT id, service, playbook, reason, outcome, opened_at AS openedAt FROM incidents ORDER BY id DESC',
    )
    .all();

beforeAll(async () => {
  folder = temporaryFolder();
  const playbooks = join(folder.path, 'playbooks.yml');
  writeFileSync(playbooks, PLAYBOOKS);
  const data = await busyRun(folder.path, LENGTH);
  const { db, close } = openLog(data);
  recorded = incidentsOf(db);
  close();
  bot = await LoneBot.make({
    supervisor: join(folder.path, 'nobody.sock'),
    data,
    ...{ playbooks, overrides: null, env: { ALERT_BOT_LOG_KEEP: '100y' } },
  });
  [browser] = await Promise.all([startBrowser(), bot.start()]);
}, 240_000);
afterEach(() => page?.close());
afterAll(async () => {
  await browser?.close();
  await bot?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

async function open(path: string): Promise<void> {
  ({ page, complaints } = await browser.open(bot.url, { path }));
  await fillIn(page, bot.token('admin'));
  await live(page);
}

/** The numbers of the incidents on this page and on all that follow it. */
async function listed(): Promise<number[]> {
  const numbers: number[] = [];
  for (;;) {
    const names = await page.locator('#incidents tbody tr td:first-child a').allInnerTexts();
    numbers.push(...names.map((name) => Number(/^#(\d+)/.exec(name)?.[1])));
    const older = page.getByRole('link', { name: /^(Older|Look further back)$/ });
    if ((await older.count()) === 0) return numbers;
    await older.click();
    await page.waitForURL('**before=*');
    await live(page);
  }
}

const numbersOf = (of: readonly Recorded[]): number[] => of.map(({ id }) => id);

describe('a history of over 200 incidents', { timeout: 120_000 }, () => {
  test('goes on page by page to its beginning: each incident once, newest first', async () => {
    expect(recorded.length).toBeGreaterThan(200);
    await open(`/history?${ALL}`);
    expect(await listed()).toEqual(numbersOf(recorded));
    expect(complaints).toEqual([]);
  });

  test.each<[string, Record<string, string>, (one: Recorded) => boolean]>([
    ['service', { service: 'payments' }, ({ service }) => service === 'payments'],
    ['playbook', { playbook: 'down' }, ({ playbook }) => playbook === 'down'],
    ['outcome', { outcome: 'recovered' }, ({ outcome }) => outcome === 'recovered'],
    ['reason', { reason: 'budget_exhausted' }, ({ reason }) => reason === 'budget_exhausted'],
    [
      'time',
      { from: at(20), to: at(30) },
      ({ openedAt }) => openedAt >= BEGINS + 20 * MINUTE && openedAt < BEGINS + 30 * MINUTE,
    ],
    [
      'service, playbook, outcome and time',
      { service: 'api', playbook: 'errors', outcome: 'healed', to: at(40) },
      (one) =>
        one.service === 'api' &&
        one.playbook === 'errors' &&
        one.outcome === 'healed' &&
        one.openedAt < BEGINS + 40 * MINUTE,
    ],
  ])(
    'filtered by %s: the list and the export are exactly what the log has of it',
    async (_, chosen, isMeant) => {
      const meant = recorded.filter(isMeant);
      expect(meant.length).toBeGreaterThan(0);
      expect(meant.length).toBeLessThan(recorded.length / 2);
      await open(`/history?${ALL}`);
      for (const [name, value] of Object.entries(chosen)) {
        const field = page.locator(`.filter [name=${name}]`);
        const isList = (await field.locator('option').count()) > 0;
        await (isList ? field.selectOption(value) : field.fill(value));
      }
      await page.getByRole('button', { name: 'Show' }).click();
      await page.waitForURL('**/history?*service=*');
      await live(page);
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Export as CSV' }).click();
      const rows = readFileSync(await (await download).path(), 'utf8')
        .trim()
        .split(/\r?\n/)
        .slice(1);
      expect(rows.map((row) => Number(/^"?(\d+)/.exec(row)?.[1]))).toEqual(numbersOf(meant));
      expect(await listed()).toEqual(numbersOf(meant));
      expect(complaints).toEqual([]);
    },
  );

  test.each([
    ['of all of it', ALL, () => true],
    ['of a service', `${ALL}&service=payments`, ({ service }: Recorded) => service === 'payments'],
    ['of a playbook', `${ALL}&playbook=down`, ({ playbook }: Recorded) => playbook === 'down'],
  ])('the charts %s have the numbers that the log has', async (_, query, isMeant) => {
    await open(`/history?${query}`);
    await page.getByText('As numbers').click();
    const rows = await page.locator('#charts details tbody tr').allInnerTexts();
    const drawn = rows.map((row) => row.split('\t').slice(1, 5).map(Number));
    const sums = OUTCOMES_DRAWN.map((_, i) => drawn.reduce((sum, row) => sum + (row[i] ?? Number.NaN), 0));
    const meant = recorded.filter(isMeant);
    expect(sums).toEqual(
      OUTCOMES_DRAWN.map((outcome) => meant.filter((one) => one.outcome === outcome).length),
    );
    expect(complaints).toEqual([]);
  });

  test('under the file that is in force it goes as it went, and otherwise under a tighter one', async () => {
    await open('/try');
    const file = page.getByLabel('Playbook file');
    expect(await file.inputValue()).toBe(PLAYBOOKS);
    await page.getByLabel('or from (UTC)').fill(at(-1));
    await page.getByLabel('to (UTC)', { exact: true }).fill(at(LENGTH / MINUTE + 10));
    await page.getByRole('button', { name: 'What would have happened?' }).click();
    await page
      .getByRole('heading', { name: `Nothing would have gone otherwise: ${recorded.length} incidents.` })
      .waitFor();
    // What was asked stands there still, to be changed.
    const loose = 'budgets: [ { attempts: 3, per: 5m }';
    expect(PLAYBOOKS).toContain(loose);
    await file.fill(PLAYBOOKS.replace(loose, 'budgets: [ { attempts: 1, per: 5m }'));
    await page.getByRole('button', { name: 'What would have happened?' }).click();
    await page.getByRole('heading', { name: /^It would have acted \d+ times, not \d+\./ }).waitFor();
    const rows = await page.locator('#replayed table').nth(1).locator('tbody tr').count();
    expect(rows).toBeGreaterThan(10);
    await lookAt(page, 'long-replay');
    expect(complaints).toEqual([]);
  });

  test('a time in which nothing happened is told as such', async () => {
    await open('/try');
    await page.getByRole('button', { name: 'What would have happened?' }).click();
    await page
      .getByRole('heading', { name: 'There was no incident in this time, and there would have been none.' })
      .waitFor();
    expect(complaints).toEqual([]);
  });

  test('it fits and everybody can use it, wide and narrow, light and dark', async () => {
    await open(`/history?${ALL}`);
    await page.getByText('As numbers').click();
    await lookAt(page, 'long-history');
    expect(complaints).toEqual([]);
  });

  test('names without a gap fit as well, on whatever screen', async () => {
    const labels = { alertname: `Kube${'PersistentVolume'.repeat(4)}`, service: 'replica'.repeat(20) };
    expect((await bot.send({ labels: { ...labels, severity: 'critical' } })).status).toBe(202);
    await bot.settled();
    for (const path of ['/', '/history']) {
      await open(path);
      await page.getByText(labels.alertname).first().waitFor();
      for (const width of [320, 390, 660, 768, 960, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        expect({ path, ...(await measure(page)) }).toEqual({ path, wanted: width, over: [] });
      }
      await page.close();
    }
  });
});
