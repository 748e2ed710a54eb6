import { expect, test } from 'vitest';
import { NOON, temporaryLog } from '../testing/log.ts';
import { gatherReport } from './gather.ts';
import { aNight, heal, NIGHT } from './night.fixture.ts';
import { slackText, TEXT_AT_MOST } from './slack.ts';
import { type Told, tellReport } from './tell.ts';

const around = { now: () => NOON, breathe: async () => {}, standings: async () => [] };

test('a night as a message: headings, points, links to incidents, times of the zone', async () => {
  using log = temporaryLog();
  aNight(log.db);
  const report = await gatherReport({ ...around, db: log.db }, NIGHT);
  expect(slackText(tellReport(report, 'Europe/Berlin'), 'https://bot.example.org')).toMatchInlineSnapshot(`
    "*alert-bot, 31 Jan 03:00 to 31 Jan 13:00 (Europe/Berlin)*
    9 incidents opened; 3 healed, 1 went away without it and 2 not the bot's to act on. It acted 3 times. Half of the healed took 41s or less.
    2 incidents wait for a person.
    Opened, a column each 1h: ▁▅▁█▅█▁▁▅█

    *Waits for a person*
    • <https://bot.example.org/incidents/10|#10> supervisor:shop HighErrorRate, since Sat 12:50: A person has to approve the action. It is asked until Sat 13:20: alert-bot approve 10 or alert-bot reject 10.
    • <https://bot.example.org/incidents/9|#9> supervisor:queue HighErrorRate, since Sat 11:01: The attempts allowed in the window are used up. ada has it.
    • supervisor:queue is in quarantine until Sat 14:00: alert-bot reset supervisor:queue
    • bo paused target:supervisor:mail until somebody resumes: moving it

    *Healed*
    • <https://bot.example.org/incidents/3|#3> ██░░░░░░ 12s, Sat 06:01: supervisor:payments HighErrorRate, 1 attempt, proven weakly: nothing asked it since
    • <https://bot.example.org/incidents/2|#2> ████████ 1m2s, Sat 06:01: supervisor:api HighErrorRate, 1 attempt, proven
    • <https://bot.example.org/incidents/1|#1> █████░░░ 41s, Sat 04:00: supervisor:api HighErrorRate, 1 attempt, proven

    *Comes back*
    • supervisor:api: healed 2 times, last Sat 06:01

    *Held now*
    • *1×* A maintenance window is open. #8 supervisor:held HighErrorRate

    *Left alone*
    • *2×* The target does not allow it: alert-bot.enable or alert-bot.playbooks. #6 supervisor:db HighErrorRate, #7 supervisor:mail HighErrorRate
    • *1×* The alert is silenced in Alertmanager. #5 supervisor:cache HighErrorRate"
  `);
  expect(slackText(tellReport(report, 'UTC'), null)).toContain('• *#2* ');
});

test('no name calls a channel, makes a link or begins a line', async () => {
  using log = temporaryLog();
  heal(log.db, 'supervisor:<!channel>\n• <https://x|y> & \u202ez', NIGHT.from, 1_000);
  const text = slackText(tellReport(await gatherReport({ ...around, db: log.db }, NIGHT), 'UTC'), null);
  expect(text).toContain('supervisor:&lt;!channel&gt; • &lt;https://x|y&gt; &amp;  z');
  expect(text).not.toContain('<');
  expect(text.split('\n').filter((line) => line.startsWith('• '))).toHaveLength(1);
});

test('no name is shown bold, struck out or as code', async () => {
  using log = temporaryLog();
  heal(log.db, 'supervisor:*b* _i_ ~s~ `c` a_b', NIGHT.from, 1_000);
  const text = slackText(tellReport(await gatherReport({ ...around, db: log.db }, NIGHT), 'UTC'), null);
  expect(text).toContain('supervisor:∗b∗ ˍiˍ ∼s∼ ˋcˋ a_b');
});

test('whole lines are left out of what is too long, and it says so', () => {
  const lines = Array.from({ length: 500 }, (_, i) => ({ lead: '-', text: `line ${i} <&>` }));
  const told: Told = { title: 'a', summary: [], sections: [{ title: 'b', lines }] };
  const text = slackText(told, null);
  expect(text.length).toBeLessThanOrEqual(TEXT_AT_MOST);
  expect(text.length).toBeGreaterThan(TEXT_AT_MOST - 100);
  const shown = text.split('\n');
  expect(shown.at(-1)).toBe('… and more: `alert-bot report` tells all of it.');
  expect(shown.at(-2)).toMatch(/^• line \d+ &lt;&amp;&gt;$/);
});
