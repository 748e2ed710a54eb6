import { expect, test } from 'vitest';
import type { Facts } from '../domain/facts.ts';
import { decide } from './decide.ts';
import { facts, HOUR, incident, NOW } from './facts.fixture.ts';

const pause = (scope: string, until: number | null = null) => ({ by: 'ann', why: 'release', until, scope });

test.each<[string, Partial<Facts>, string, number | null]>([
  ['a pause of everything', { pauses: [pause('all')] }, 'paused', null],
  ['a pause of the target', { pauses: [pause('target:supervisor:api', NOW + HOUR)] }, 'paused', NOW + HOUR],
  ['a pause of the playbook', { pauses: [pause('playbook:p')] }, 'paused', null],
  ['a window', { maintenance: { name: 'sunday', until: NOW + HOUR } }, 'maintenance', NOW + HOUR],
  ['a silence', { alert: { state: 'silenced', detail: 'silenced by s' } }, 'silenced', null],
  ['an inhibition', { alert: { state: 'inhibited', detail: 'inhibited by i' } }, 'inhibited', null],
])(
  'G13: %s holds, before what cannot be asked, and does not become waited_too_long',
  (_, held, reason, until) => {
    const late = incident({ deadline: NOW });
    const unasked: Partial<Facts> = { target: { found: 'unknown', why: 'the platform is away' } };
    for (const changes of [[held], [held, late], [held, late, unasked]])
      expect(decide(facts(...changes), NOW)).toMatchObject({ kind: 'defer', reason, until });
  },
);

test('G13: nothing of a person holds: it acts', () => {
  expect(decide(facts({ pauses: [], maintenance: null }), NOW).kind).toBe('act');
});

test('G13: every pause that holds is kept, with whose and why', () => {
  const { guards } = decide(facts({ pauses: [pause('all'), pause('playbook:p')] }), NOW);
  expect(guards.filter(({ guard, answer }) => guard === 'pause' && answer === 'block')).toMatchObject([
    { because: 'all, ann: release' },
    { because: 'playbook:p, ann: release' },
  ]);
});
