// The command against the bot over HTTP, on a real log; nothing decides in it, so that what the log says stays.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { get } from '../http/harness.ts';
import { gatherReport } from '../report/gather.ts';
import { aNight, heal, NIGHT } from '../report/night.fixture.ts';
import { slackText } from '../report/slack.ts';
import { tellReport } from '../report/tell.ts';
import { startBot } from '../testing/bot.ts';
import { NOON, temporaryLog } from '../testing/log.ts';
import { atTerminal, ROOT } from './harness.ts';
import { report, reportLines } from './report.ts';

async function serving() {
  const terminal = await atTerminal(startBot('/nonexistent.sock', { idle: true }));
  return { ...terminal, run: (...args: string[]) => terminal.run(report, ...args) };
}

const TIMES = ['--from', new Date(NIGHT.from).toISOString(), '--to', new Date(NIGHT.to).toISOString()];

describe('report', () => {
  test('tells a night in 80 columns', async () => {
    await using terminal = await serving();
    aNight(terminal.bot.deps.db);
    const text = await terminal.run(...TIMES);
    expect(text).toMatchInlineSnapshot(`
      "alert-bot, 31 Jan 02:00 to 31 Jan 12:00 (UTC)
      9 incidents opened; 3 healed, 1 went away without it and 2 not the bot's to act
      on. It acted 3 times. Half of the healed took 41s or less.
      2 incidents wait for a person.
      Opened, a column each 1h: ▁▅▁█▅█▁▁▅█

      Waits for a person
        #10   supervisor:shop HighErrorRate, since Sat 11:50: A person has to approve
              the action. It is asked until Sat 12:20: alert-bot approve 10 or
              alert-bot reject 10.
        #9    supervisor:queue HighErrorRate, since Sat 10:01: The attempts allowed in
              the window are used up. ada has it.
        -     supervisor:queue is in quarantine until Sat 13:00: alert-bot reset
              supervisor:queue
        -     bo paused target:supervisor:mail until somebody resumes: moving it

      Healed
        #3    ██░░░░░░ 12s, Sat 05:01: supervisor:payments HighErrorRate, 1 attempt,
              proven weakly: nothing asked it since
        #2    ████████ 1m2s, Sat 05:01: supervisor:api HighErrorRate, 1 attempt,
              proven
        #1    █████░░░ 41s, Sat 03:00: supervisor:api HighErrorRate, 1 attempt, proven

      Comes back
        -     supervisor:api: healed 2 times, last Sat 05:01

      Held now
        1×    A maintenance window is open. #8 supervisor:held HighErrorRate

      Left alone
        2×    The target does not allow it: alert-bot.enable or alert-bot.playbooks.
              #6 supervisor:db HighErrorRate, #7 supervisor:mail HighErrorRate
        1×    The alert is silenced in Alertmanager. #5 supervisor:cache HighErrorRate

      Nearly spent
        -     The platform did not say which targets there are: budgets are not known."
    `);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('docs/reports.md shows it as it is, and the message too', async () => {
    using log = temporaryLog();
    aNight(log.db);
    const night = await gatherReport(
      {
        ...{ db: log.db, now: () => NOON, breathe: async () => {} },
        standings: async () => [
          { id: 'supervisor:api', quarantined: false, budgets: [{ per: 1_800_000, attempts: 3, left: 1 }] },
        ],
      },
      NIGHT,
    );
    const page = readFileSync(join(ROOT, 'docs/reports.md'), 'utf8');
    const shown = [...page.matchAll(/^```text\n(.*?)^```$/gms)].map(([, text]) => text?.trimEnd());
    expect(shown).toEqual([
      reportLines(tellReport(night, 'UTC')).join('\n'),
      slackText(tellReport(night, 'Europe/Berlin'), 'https://alert-bot.example.org'),
    ]);
  });

  test('a quiet time is told as such', async () => {
    await using terminal = await serving();
    const text = await terminal.run('--since', '12h');
    expect(text).toContain('A quiet time: nothing was opened and nothing was closed.');
    expect(text).toContain('Nothing waits for a person.');
    // A platform that is away is said.
    expect(text).toContain('budgets are not known');
  });

  test('--json is what the API answers', async () => {
    await using terminal = await serving();
    aNight(terminal.bot.deps.db);
    const printed: unknown = JSON.parse(await terminal.run(...TIMES, '--json'));
    const { json } = await get(terminal.bot, `/report?from=${TIMES[1]}&to=${TIMES[3]}`);
    expect(printed).toEqual({ ...json, at: expect.any(String) });
  });

  test('what stands in labels is shown as it is, and does nothing to the terminal', async () => {
    await using terminal = await serving();
    heal(terminal.bot.deps.db, 'supervisor:\u001b[2J<b>\n', NIGHT.from, 1_000);
    const text = await terminal.run(...TIMES);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('\\u{1b}[2J<b>\\u{a}');
  });

  test.each([
    [['--since', 'soon'], '--since is "soon", which is no length of time: write one such as 12h or 7d.'],
    [['--since', '0'], '--since is "0", which is no length of time'],
    [['--since', '1h', '--to', '2026-01-31T12:00:00Z'], 'Give either --since, or --from and --to'],
    [['--from', 'yesterday'], '--from is "yesterday", which is no time with its zone'],
    [['--to', '2026-01-31T12:00:00'], '--to is "2026-01-31T12:00:00", which is no time with its zone'],
    [['--since', '32d'], 'a report tells of 31 days at most'],
    [['--from', '2026-01-31T12:00:00Z', '--to', '2026-01-31T12:00:00Z'], 'to: it is not after "from"'],
    [['--sinse', '1h'], 'report has no option --sinse'],
  ])('%j is refused with what to write instead', async (args, message) => {
    await using terminal = await serving();
    await expect(terminal.run(...args)).rejects.toThrow(message);
  });

  test('the API names the field that is wrong', async () => {
    await using terminal = await serving();
    const { status, json } = await get(terminal.bot, '/report?from=today');
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: 'invalid', field: 'from' });
    expect(JSON.stringify((await get(terminal.bot, '/report?form=x')).json)).toContain(
      'there is no \\"form\\"',
    );
  });
});
