import { expect, test } from 'vitest';
import type { Facts } from '../domain/facts.ts';
import { decide } from './decide.ts';
import { attempt, facts, HOUR, MINUTE, NOW, playbook, SECOND, target } from './facts.fixture.ts';

const answers = (...changes: Partial<Facts>[]) =>
  new Map(
    decide(facts(...changes), NOW).guards.map(({ guard, answer, because }) => [guard, { answer, because }]),
  );

/** Every guard of the design, in the order in which their answers are listed. */
const EVERY = [
  ...['playbook', 'protected', 'opt_in', 'alertmanager', 'pause', 'maintenance', 'clock', 'storm', 'target'],
  ...['at_rest', 'change', 'dependencies', 'handed_over', 'quarantine', 'budget', 'ladder', 'in_progress'],
  ...['cooldown', 'backoff', 'not_called', 'replicas', 'tree', 'concurrent', 'targets'],
];
const replica: Facts['replicas'][number] = {
  id: 'a',
  name: 'api-1',
  state: 'healthy',
  startedAt: NOW - HOUR,
  createdAt: null,
  startedByUs: false,
};
const asked = { replicas: [replica], notCalledAt: NOW - MINUTE };

test('G10: who acts can say what every guard answered', () => {
  const all = answers(asked);
  expect([...all.keys()]).toEqual(EVERY);
  expect(new Set([...all.values()].map(({ answer }) => answer))).toEqual(new Set(['allow']));
  for (const { because } of all.values()) expect(because).not.toBe('');
});

test('G10: what blocks stands first, and what allows beside it', () => {
  const paused = { pauses: [{ by: 'ann', why: 'release', until: null, scope: 'all' }] };
  const all = answers(asked, paused);
  expect([...all].map(([guard, { answer }]) => [guard, answer])[0]).toEqual(['pause', 'block']);
  expect([...all.keys()].sort()).toEqual([...EVERY].sort());
  expect([...all.values()].filter(({ answer }) => answer === 'allow')).toHaveLength(EVERY.length - 1);
});

test('G10: a guard that was not asked does not answer', () => {
  expect([...answers({ playbook: null }).keys()]).toEqual(['playbook']);
  expect([...answers(target({}, 'it is the bot')).keys()]).toEqual(['protected']);
  const unfound = answers({ target: { found: 'none', asked: 'no such' } });
  expect([...unfound.keys()]).toEqual([
    'target',
    'playbook',
    'alertmanager',
    'pause',
    'maintenance',
    'clock',
    'storm',
  ]);
  expect(
    answers({ alert: { state: 'absent', detail: 'gone' }, target: { found: 'unknown', why: 'away' } }).has(
      'alertmanager',
    ),
  ).toBe(false);
});

// The number behind each answer, where there is one.
test.each<[guard: string, because: string, ...changes: Partial<Facts>[]]>([
  ['budget', '1 of 3 per 30m used, 2 of 6 per 1d used', { attempts: [attempt(HOUR), attempt(10 * MINUTE)] }],
  [
    'budget',
    '0 of 3 per 30m used, 0 of 6 per 1d used, 0 of 1 per 1h used',
    target({ budget: { attempts: 1, per: HOUR } }),
  ],
  [
    'ladder',
    '1 attempts made in this incident',
    { attempts: [attempt(HOUR), attempt(HOUR, { incident: '2' })] },
  ],
  ['cooldown', 'the last ended 1h ago', { lastIncidentEndedAt: NOW - HOUR }],
  ['backoff', 'the last ended 59s ago', { attempts: [attempt(MINUTE)] }],
  ['quarantine', 'over: a trial is due', { circuit: { open: true, until: NOW } }],
  ['replicas', '1 of 1 healthy', { replicas: [replica] }],
  ['playbook', 'restart-on-errors matches, its mode is act'],
  [
    'dependencies',
    'db is well',
    {
      dependencies: { ...facts().dependencies, all: [{ id: 'db', inCycle: false, state: { wellSince: 0 } }] },
    },
  ],
  [
    'targets',
    '0 others in 10m; at most 3, and 34 % of 10',
    { fleet: { ...facts().fleet, recent: [{ target: 'x', at: NOW - 10 * MINUTE }] } },
  ],
  [
    'targets',
    '1 others in 10m; at most 3, and 34 % of 10',
    { fleet: { ...facts().fleet, recent: [{ target: 'x', at: NOW - 10 * MINUTE + SECOND }] } },
  ],
])('G10: %s allows: %s', (guard, because, ...changes) => {
  expect(answers(...changes).get(guard)).toEqual({ answer: 'allow', because });
});

test('mode observe says what it would do, and every guard beside it', () => {
  const all = answers(asked, { playbook: playbook({ mode: 'observe' }) });
  expect(all.get('mode')).toEqual({ answer: 'block', because: 'mode observe; otherwise: first_attempt' });
  expect([...all.keys()]).toEqual(['mode', ...EVERY]);
});
