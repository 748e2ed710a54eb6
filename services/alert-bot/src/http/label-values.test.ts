// Whatever a label holds, it comes out as it went in: at the webhook, in the log, in the API, in the page to a person.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { escalate } from '../decision/conclude.ts';
import { fingerprint } from '../domain/alert.ts';
import { createOutbox } from '../engine/outbox.ts';
import { compileMatcher } from '../policy/matchers.ts';
import { write } from '../store/db.ts';
import { startBot } from '../testing/bot.ts';
import { startSignals } from '../testing/signals.ts';
import { createStage } from '../testing/stage.ts';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
let signals: Awaited<ReturnType<typeof startSignals>>;
beforeAll(async () => {
  supervisor = await bootSupervisor(`processes: { api: { command: ${staying()} } }`);
  signals = await startSignals();
});
afterAll(async () => {
  await signals[Symbol.asyncDispose]();
  await supervisor[Symbol.asyncDispose]();
});

const VALUES: readonly (readonly [what: string, value: string])[] = [
  ['quotes', ' " \' ` \\ \\n \\" '],
  ['new lines', 'a\nb\r\nc\u2028d'],
  ['10 kB', 'ä'.repeat(5_120)],
  ['NUL and other control characters', 'a\0b\x1b[31m\x7f'],
  ['emoji', '🧯👩🏽‍🚒'],
  ['right-to-left text', '\u202eעברית العربية\u202c'],
  ['both forms of one character', 'é\u0065\u0301'],
  ['a byte order mark and a replacement character', '\ufeffx\ufffd'],
  ['a template and SQL', "{{ $labels.service }}'); DROP TABLE incidents; --"],
  ['markup', '<script>alert(1)</script>&amp;'],
];

test.each(VALUES)('%s at the webhook come out of the API', async (_, value) => {
  await using bot = startBot(supervisor.socket);
  const token = (kind: string) => readFileSync(join(bot.folder, 'tokens', kind), 'utf8').trim();
  const labels = { alertname: 'HighErrorRate', service: 'api', odd: value, [`odd ${value}`]: 'x' };
  const answer = await bot.app.request('/webhook', {
    method: 'POST',
    headers: { authorization: `Bearer ${token('webhook')}` },
    body: JSON.stringify({ alerts: [{ status: 'firing', labels }] }),
  });
  expect(answer.status).toBe(202);
  const headers = { authorization: `Bearer ${token('admin')}` };
  const found = await vi.waitFor(
    async () => {
      const text = await (await bot.app.request('/api/v1/incidents/1', { headers })).text();
      expect(text).toContain('not_opted_in');
      return text;
    },
    { timeout: 10_000 },
  );
  expect(JSON.parse(found)).toMatchObject({ episodes: [{ labels }] });
});

test.each(VALUES)('%s in the name of an alert stand in the page', async (_, value) => {
  using stage = createStage(supervisor, signals.scene, 'api');
  const labels = { alertname: value, service: 'api' };
  const id = await stage.fire({ labels, fingerprint: fingerprint(labels) });
  await write(stage.db, () => escalate(stage.db, stage.incident(id), 'unproven', stage.clock.now()));
  await createOutbox(stage.deps).flush();
  expect(stage.scene.sent).toMatchObject([{ labels: { alert: value, reason: 'unproven' } }]);
});

test.each(VALUES)('%s are matched by a matcher that quotes them, and by nothing shorter', (_, value) => {
  const quoted = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  expect(compileMatcher(`odd="${quoted}"`).matches({ odd: value })).toBe(true);
  expect(compileMatcher(`"odd label"="${quoted}"`).matches({ 'odd label': value })).toBe(true);
  expect(compileMatcher(`odd=~"(?s:.*)"`).matches({ odd: value })).toBe(true);
  expect(compileMatcher(`odd="${quoted}"`).matches({ odd: value.slice(1) })).toBe(false);
});

test.each(VALUES)('G5: %s in the label of the target name no service', async (_, value) => {
  await using bot = startBot(supervisor.socket);
  const token = readFileSync(join(bot.folder, 'tokens', 'webhook'), 'utf8').trim();
  await bot.app.request('/webhook', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ labels: { alertname: 'HighErrorRate', service: value } }),
  });
  await vi.waitFor(
    () => expect(bot.deps.db.prepare('SELECT reason FROM decisions').pluck().all()).toContain('no_target'),
    { timeout: 10_000 },
  );
});
