import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createEvents, type Events } from './events.ts';
import { createMetrics, NO_INCIDENTS } from './metrics.ts';

function observed() {
  const lines: unknown[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const metrics = createMetrics({
    incidents: () => NO_INCIDENTS,
    pendingDeliveries: () => 0,
    heartbeatAt: () => 0,
    paused: () => false,
  });
  const series = async (name: string) => {
    const text = await metrics.registry.metrics();
    const line = text.split('\n').find((one) => one.startsWith(`alert_bot_${name} `));
    return Number(line?.split(' ').at(-1));
  };
  return { events: createEvents(pino({ level: 'trace' }, stream), metrics), lines, series };
}

const incident = { id: 7, target: 'supervisor:api', title: 'HighErrorRate', openedAt: 1_000 };
const named = { incident: 7, target: 'supervisor:api', alert: 'HighErrorRate' };
const beside = { also: [], guards: [] };

// Each row: what happened, the series that it moves, by how much, and what stands in its log line.
test.each<[string, (events: Events) => void, string, number, object]>([
  [
    'a delivery',
    (e) => e.delivered({ id: 'd', source: 'manual', receivedAt: 0 }, 2, 3),
    'deliveries_total{source="manual"}',
    1,
    { level: 30, delivery: 'd', accepted: 2, rejected: 3 },
  ],
  [
    'its rejected alerts',
    (e) => e.delivered({ id: 'd', source: 'manual', receivedAt: 0 }, 2, 3),
    'alerts_total{outcome="rejected"}',
    3,
    { delivery: 'd' },
  ],
  [
    'a refusal',
    (e) => e.refused('not_json', 'the body is not JSON'),
    'webhook_refused_total{why="not_json"}',
    1,
    { level: 40, why: 'not_json', msg: 'webhook refused: the body is not JSON' },
  ],
  [
    'a triage',
    (e) => e.triaged('d', [{ index: 0, outcome: 'late', fingerprint: 'f' }]),
    'alerts_total{outcome="late"}',
    1,
    { level: 20, outcome: 'late', fingerprint: 'f' },
  ],
  [
    'a deferral, with its end and the guard that blocked',
    (e) =>
      e.decided(incident, {
        kind: 'defer',
        reason: 'cooldown',
        until: 2_000,
        also: [],
        guards: [
          { guard: 'a', answer: 'allow', because: 'fine' },
          { guard: 'b', answer: 'block', because: 'ended 3 s ago' },
        ],
      }),
    'decisions_total{kind="defer",reason="cooldown"}',
    1,
    { ...named, decision: 'defer', until: '1970-01-01T00:00:02.000Z', because: 'ended 3 s ago' },
  ],
  [
    'a decision to act',
    (e) => e.decided(incident, { kind: 'act', reason: 'retry', step: 0, ...beside }),
    'decisions_total{kind="act",reason="retry"}',
    1,
    { ...named, decision: 'act', reason: 'retry' },
  ],
  [
    'a call',
    (e) => e.called(incident, 'restart', 'done', 12.6),
    'platform_calls_total{verb="restart",result="done"}',
    1,
    { ...named, verb: 'restart', result: 'done', took_ms: 13 },
  ],
  [
    'the end of an attempt',
    (e) => e.attemptEnded(incident, 'did_not_help', 'still 40 % errors'),
    'attempts_total{outcome="did_not_help"}',
    1,
    { ...named, outcome: 'did_not_help', msg: 'attempt ended: still 40 % errors' },
  ],
  [
    'an escalation',
    (e) => e.escalated(incident, 'unproven'),
    'decisions_total{kind="escalate",reason="unproven"}',
    1,
    { level: 40, ...named, reason: 'unproven' },
  ],
  [
    'a healed incident',
    (e) => e.closed(incident, 'healed', 9_000),
    'heal_duration_seconds_sum',
    8,
    { ...named, outcome: 'healed' },
  ],
  [
    'an incident that was not healed',
    (e) => e.closed(incident, 'dismissed', 9_000),
    'heal_duration_seconds_count',
    0,
    { ...named, outcome: 'dismissed' },
  ],
  [
    'escalations that could not be sent',
    (e) => e.escalationFailed(2, 'connection refused'),
    'escalation_sendings_total{result="failed"}',
    2,
    { level: 50, count: 2, msg: expect.stringContaining('connection refused') },
  ],
  ['a sweep', (e) => e.swept(5_000), 'sweep_timestamp_seconds', 5, {}],
  [
    'G14: a failure of the bot at its own work',
    (e) => e.failed('loop', new Error('oops')),
    'failures_total{where="loop"}',
    1,
    { level: 50, where: 'loop', err: expect.objectContaining({ message: 'oops' }) },
  ],
])('%s is counted and logged together', async (_, happen, name, by, line) => {
  const { events, lines, series } = observed();
  happen(events);
  expect(await series(name)).toBe(by);
  if (Object.keys(line).length > 0) expect(lines).toEqual([expect.objectContaining(line)]);
});

test('what a person did is logged with who and why', () => {
  const { events, lines } = observed();
  events.person('ada', 'pause', 'all', 'deploy');
  expect(lines).toMatchObject([{ by: 'ada', action: 'pause', subject: 'all', why: 'deploy' }]);
});

test('a failure that is no error is logged as well', () => {
  const { events, lines } = observed();
  for (const odd of [undefined, null, 'text', { a: 1 }]) events.failed('http', odd);
  expect(lines).toHaveLength(4);
});
