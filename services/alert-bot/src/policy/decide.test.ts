// Long because it is one table of the whole decision: a row for each guard and reason, alone and together.
import { describe, expect, test } from 'vitest';
import type { Choice } from '../domain/decision.ts';
import type { Facts } from '../domain/facts.ts';
import type { Reason } from '../domain/reason.ts';
import { decide } from './decide.ts';
import {
  actingElsewhere,
  attempt,
  ESCALATE,
  facts,
  HOUR,
  incident,
  LIMITS,
  limits,
  MINUTE,
  NOW,
  playbook,
  RESTART,
  SECOND,
  target,
} from './facts.fixture.ts';

type Row = [name: string, changes: Partial<Facts>[], expected: Choice, also?: Reason[]];

const skip = (reason: Extract<Choice, { kind: 'skip' }>['reason']): Choice => ({ kind: 'skip', reason });
const act = (reason: Extract<Choice, { kind: 'act' }>['reason'], step = 0): Choice => ({
  kind: 'act',
  reason,
  step,
});
const escalate = (reason: Extract<Choice, { kind: 'escalate' }>['reason']): Choice => ({
  kind: 'escalate',
  reason,
});
const defer = (
  reason: Extract<Choice, { kind: 'defer' }>['reason'],
  until: number | null = null,
): Choice => ({
  kind: 'defer',
  reason,
  until,
});

const check = (_: string, changes: Partial<Facts>[], expected: Choice, also: Reason[] = []) => {
  const { guards, ...decision } = decide(facts(...changes), NOW);
  expect(decision).toEqual({ ...expected, also });
  expect(guards.length).toBeGreaterThan(0);
  for (const guard of guards) expect(guard.because).not.toBe('');
};

const firing = (state: Facts['alert']['state']): Partial<Facts> => ({
  alert: { state, detail: `it is ${state}` },
});
const paused = (until: number | null): Partial<Facts> => ({
  pauses: [{ by: 'ann', why: 'release', until, scope: 'all' }],
});
const open = (until: number | null): Partial<Facts> => ({ circuit: { open: true, until } });
const told = (reason: NonNullable<Facts['incident']['escalated']>['reason'], at: number): Partial<Facts> =>
  incident({ status: 'escalated', escalated: { reason, at } });
const overdue = incident({ deadline: NOW });
/** Three attempts of this incident: the ladder is used up, and the budget of 30 minutes too. */
const three = { attempts: [attempt(9 * MINUTE), attempt(8 * MINUTE), attempt(7 * MINUTE)] };
/** The same two hours ago: the ladder is used up, the budget of 30 minutes is free again. */
const threeLongAgo = {
  attempts: [attempt(2 * HOUR), attempt(2 * HOUR - MINUTE), attempt(2 * HOUR - 2 * MINUTE)],
};
const roomy = limits({ budgets: [{ attempts: 99, per: HOUR }] });

describe('whether the bot may touch the target at all', () => {
  test.each<Row>([
    ['G11: no playbook, no action', [{ playbook: null }], skip('no_playbook')],
    // Without a playbook nobody is to be woken, whatever else holds.
    ['G11: no playbook goes before everything', [{ playbook: null }, three, overdue], skip('no_playbook')],
    ['G11: alert-bot.enable is not set', [target({ enabled: false })], skip('not_opted_in')],
    ['G11: alert-bot.playbooks names others', [target({ playbooks: ['x'] })], skip('not_opted_in')],
    ['G11: alert-bot.playbooks is empty', [target({ playbooks: [''] })], skip('not_opted_in')],
    [
      'G11: alert-bot.playbooks names this one',
      [target({ playbooks: ['x', 'restart-on-errors'] })],
      act('first_attempt'),
    ],
    ['G11: protected although enabled', [target({}, 'mounts the socket')], skip('protected')],
    [
      'G11: protected goes before not opted in',
      [target({ enabled: false }, 'mounts the socket')],
      skip('protected'),
      ['not_opted_in'],
    ],
    // "Protected whatever the labels" (design G11): a label that cannot be read changes nothing.
    [
      'G11: protected although a label is invalid',
      [target({ invalid: 'label alert-bot.mode="x"' }, 'it is the bot'), overdue],
      skip('protected'),
    ],
    [
      'G11: not opted in in mode observe is still not opted in',
      [{ playbook: playbook({ mode: 'observe' }) }, target({ enabled: false })],
      skip('not_opted_in'),
    ],
    [
      'G11: an invalid label blocks, it is not "not set"',
      [target({ invalid: 'label x' })],
      defer('guard_unavailable'),
    ],
    [
      'G11: an invalid label is a wait that ends',
      [target({ invalid: 'label x' }), overdue],
      escalate('waited_too_long'),
      ['guard_unavailable'],
    ],
  ])('%s', check);
});

describe('mode observe', () => {
  const observe = { playbook: playbook({ mode: 'observe' }) };
  test.each<Row>([
    [
      'G13: observe does nothing; what would be done stands beside it',
      [observe],
      skip('observe_only'),
      ['first_attempt'],
    ],
    [
      'G13: the label narrows act to observe',
      [target({ mode: 'observe' })],
      skip('observe_only'),
      ['first_attempt'],
    ],
    [
      'G13: the label does not widen observe to act',
      [observe, target({ mode: 'act' })],
      skip('observe_only'),
      ['first_attempt'],
    ],
    ['G13: a retry is said too', [observe, { attempts: [attempt(HOUR)] }], skip('observe_only'), ['retry']],
    ['G13: a trial is said too', [observe, threeLongAgo, open(NOW)], skip('observe_only'), ['trial']],
    ['G13: what would block is said too', [observe, firing('silenced')], skip('observe_only'), ['silenced']],
    [
      'G13: all that would block is said, in order',
      [observe, three, open(NOW + HOUR)],
      skip('observe_only'),
      ['quarantined', 'budget_exhausted', 'steps_exhausted'],
    ],
    // Nobody is told in observe: what would be an escalation is a reason beside the skip.
    [
      'G13: nobody is told of a target that is not there',
      [observe, { target: { found: 'none', asked: 'api' } }],
      skip('observe_only'),
      ['no_target'],
    ],
    [
      'G13: a wait that lasted too long tells nobody',
      [observe, firing('unknown'), overdue],
      skip('observe_only'),
      ['waited_too_long', 'guard_unavailable'],
    ],
    // The target cannot be read, so its label cannot either: the playbook's own mode holds.
    [
      'G13: mode of the playbook where the target is unknown',
      [{ target: { found: 'unknown', why: 'down' } }],
      defer('guard_unavailable'),
    ],
  ])('%s', check);
});

describe('which target', () => {
  const none: Partial<Facts> = { target: { found: 'none', asked: 'no service is called "api"' } };
  const many: Partial<Facts> = { target: { found: 'many', ids: ['supervisor:a', 'supervisor:b'] } };
  const unknown: Partial<Facts> = { target: { found: 'unknown', why: 'socket refused' } };
  test.each<Row>([
    ['G5: zero matches mean no action', [none], escalate('no_target')],
    ['G5: more than one service means no action', [many], escalate('ambiguous_target')],
    [
      'G5: gone after an attempt of ours is another story',
      [none, { attempts: [attempt(MINUTE)] }],
      escalate('target_gone'),
    ],
    // Another incident's attempt says nothing about what this alert names.
    [
      'G5: gone, attempts of other incidents only',
      [none, { attempts: [attempt(MINUTE, { incident: '2' })] }],
      escalate('no_target'),
    ],
    ['G5: the platform does not answer', [unknown], defer('guard_unavailable')],
    [
      'G5: the platform does not answer for too long',
      [unknown, overdue],
      escalate('waited_too_long'),
      ['guard_unavailable'],
    ],
  ])('%s', check);
});

describe('the alert and what people said', () => {
  const unknownTarget: Partial<Facts> = { target: { found: 'unknown', why: 'socket refused' } };
  test.each<Row>([
    ['G13: silenced', [firing('silenced')], defer('silenced')],
    ['G13: inhibited', [firing('inhibited')], defer('inhibited')],
    ['G13: paused for a time', [paused(NOW + MINUTE)], defer('paused', NOW + MINUTE)],
    ['G13: paused without an end', [paused(null)], defer('paused')],
    ['G13: one absent reading stops an action', [firing('absent')], defer('guard_unavailable')],
    [
      'G13: Alertmanager away is unknown, and unknown blocks',
      [firing('unknown')],
      defer('guard_unavailable'),
    ],
    ['G13: silenced and paused', [firing('silenced'), paused(NOW + MINUTE)], defer('silenced'), ['paused']],
    // Nobody is woken for a quarantine while a person holds the bot.
    [
      'G13: a pause goes before quarantine',
      [paused(null), three, open(null)],
      defer('paused'),
      ['quarantined', 'budget_exhausted', 'steps_exhausted'],
    ],
    [
      "G7: a bot's wait ends at the deadline",
      [firing('unknown'), overdue],
      escalate('waited_too_long'),
      ['guard_unavailable'],
    ],
    [
      "G7: a bot's wait lasts until the deadline",
      [firing('unknown'), incident({ deadline: NOW + 1 })],
      defer('guard_unavailable'),
    ],
    [
      'G7: absent for too long',
      [firing('absent'), overdue],
      escalate('waited_too_long'),
      ['guard_unavailable'],
    ],
    ['G13: a silence may last', [firing('silenced'), overdue], defer('silenced')],
    ['G13: an inhibition may last', [firing('inhibited'), overdue], defer('inhibited')],
    ['G13: a pause may last', [paused(null), overdue], defer('paused')],
    // A person paused the bot and took Alertmanager or the platform down: that is no reason to wake one.
    [
      'G13: a pause may last while Alertmanager is away',
      [paused(null), firing('unknown'), overdue],
      defer('paused'),
      ['guard_unavailable'],
    ],
    [
      'G13: a pause may last while the platform is away',
      [paused(null), unknownTarget, overdue],
      defer('paused'),
      ['guard_unavailable'],
    ],
    [
      'G13: a silence may last while the platform is away',
      [firing('silenced'), unknownTarget, overdue],
      defer('silenced'),
      ['guard_unavailable'],
    ],
    [
      'G13: a pause holds the page for a missing target',
      [paused(null), { target: { found: 'none', asked: 'api' } }],
      defer('paused'),
      ['no_target'],
    ],
    [
      'G5: a target that is not there is told although Alertmanager is away',
      [firing('unknown'), { target: { found: 'none', asked: 'api' } }],
      escalate('no_target'),
    ],
  ])('%s', check);
});

describe('a target that somebody stopped', () => {
  const stopped = (since: number | null): Partial<Facts> => {
    const { target: fact } = target();
    if (fact.found !== 'one') throw new Error('the fixture finds one');
    return { target: { ...fact, atRest: { why: 'api was stopped', since } } };
  };
  test.each<Row>([
    ['may be the gap of a deploy', [stopped(NOW - 10 * SECOND)], defer('deploying', NOW + 20 * SECOND)],
    ['made and not started yet', [stopped(null)], defer('deploying')],
    ['not started for long', [stopped(null), overdue], escalate('waited_too_long'), ['deploying']],
    ['stays so: a person is told, nothing is started', [stopped(NOW - 30 * SECOND)], escalate('target_down')],
    ['after an attempt too', [stopped(NOW - MINUTE), { attempts: [attempt(HOUR)] }], escalate('target_down')],
    ['no trial either', [stopped(NOW - MINUTE), open(NOW)], escalate('target_down')],
    ['a person’s pause goes first', [stopped(NOW - MINUTE), paused(null)], defer('paused'), ['target_down']],
  ])('%s', check);
});

describe('what the target depends on', () => {
  const db = (state: Facts['dependencies']['all'][number]['state']): Partial<Facts> => ({
    dependencies: {
      all: [{ id: 'supervisor:postgres', inCycle: false, state }],
      unwellAt: null,
      targetStartedAt: NOW - HOUR,
      letsGoAfter: MINUTE,
    },
  });
  const well = db({ wellSince: NOW - 2 * HOUR });
  test.each<Row>([
    ['G7: well', [well], act('first_attempt')],
    ['G7: unwell', [db({ unwell: 'down' })], defer('dependency_unhealthy')],
    ['G7: cannot be asked', [db({ unknown: 'no answer' })], defer('guard_unavailable')],
    ['G7: settles first', [well, incident({ openedAt: NOW - 4_999 })], defer('settle', NOW + 1)],
    ['G7: for five seconds', [well, incident({ openedAt: NOW - 5_000 })], act('first_attempt')],
    [
      'G7: back, but the rule still sees the outage',
      [db({ wellSince: NOW - 10 * SECOND })],
      defer('settle', NOW + 55 * SECOND),
    ],
    [
      'G7: a spent budget pages nobody meanwhile',
      [db({ unwell: 'down' }), three],
      defer('dependency_unhealthy'),
      ['budget_exhausted', 'steps_exhausted'],
    ],
    [
      'G13: a silence goes before it and may last',
      [db({ unwell: 'down' }), firing('silenced'), overdue],
      defer('silenced'),
      ['dependency_unhealthy'],
    ],
    // A trial waits for the database as everything does, and is not lost over it.
    [
      'G7: a trial waits as well',
      [db({ unwell: 'down' }), open(NOW - MINUTE), threeLongAgo, told('quarantined', NOW - HOUR)],
      defer('dependency_unhealthy'),
    ],
  ])('%s', check);
});

describe('loops', () => {
  const two = [attempt(9 * MINUTE), attempt(8 * MINUTE)];
  test.each<Row>([
    ['G4: first attempt', [], act('first_attempt')],
    ['G4: retry', [{ attempts: two }], act('retry')],
    [
      'G4: next step',
      [
        roomy,
        {
          playbook: playbook({
            limits: roomy.playbook.limits,
            steps: [{ ...RESTART, attempts: 2 }, RESTART],
          }),
          attempts: two,
        },
      ],
      act('next_step', 1),
    ],
    // Another incident's attempts use up the budget, not this one's ladder.
    [
      'G4: the ladder is of the incident',
      [roomy, { attempts: three.attempts.map((a) => ({ ...a, incident: '2' })) }],
      act('first_attempt'),
    ],
    ['G4: the ladder is used up', [roomy, three], escalate('steps_exhausted')],
    [
      'G4: a ladder that only escalates',
      [{ playbook: playbook({ steps: [ESCALATE] }) }],
      escalate('steps_exhausted'),
    ],
    ['G4: an empty ladder', [{ playbook: playbook({ steps: [] }) }], escalate('steps_exhausted')],
    [
      'G4: the budget is spent by other incidents of the target',
      [{ attempts: three.attempts.map((a) => ({ ...a, incident: '2' })) }],
      escalate('budget_exhausted'),
    ],
    ['G4: the budget goes before the ladder', [three], escalate('budget_exhausted'), ['steps_exhausted']],
    [
      'G4: the quarantine goes before both',
      [three, open(NOW + 1)],
      escalate('quarantined'),
      ['budget_exhausted', 'steps_exhausted'],
    ],
    ['G4: a quarantine holds a fresh incident', [open(NOW + 1)], escalate('quarantined')],
    ['G4: a manual quarantine never ends by itself', [open(null)], escalate('quarantined')],
    [
      'G4: the long budget counts as well',
      [
        {
          attempts: [5, 4, 3, 2, 1]
            .flatMap((h) => attempt(h * HOUR, { incident: '2' }))
            .concat(attempt(6 * HOUR, { incident: '2' })),
        },
      ],
      escalate('budget_exhausted'),
    ],
    [
      'G4: the label adds a budget',
      [target({ budget: { attempts: 1, per: HOUR } }), { attempts: [attempt(50 * MINUTE)] }],
      escalate('budget_exhausted'),
    ],
    [
      "G4: the label's budget does not replace the playbook's",
      [target({ budget: { attempts: 99, per: HOUR } }), three],
      escalate('budget_exhausted'),
      ['steps_exhausted'],
    ],
    // The window is half open: what was reserved exactly `per` ago has left it.
    [
      'G4: the oldest attempt leaves the window',
      [
        {
          attempts: [attempt(30 * MINUTE), attempt(8 * MINUTE)].concat(
            attempt(7 * MINUTE, { incident: '2' }),
          ),
        },
      ],
      act('retry'),
    ],
    [
      'G4: a millisecond before it does not',
      [
        {
          attempts: [attempt(30 * MINUTE - 1), attempt(8 * MINUTE)].concat(
            attempt(7 * MINUTE, { incident: '2' }),
          ),
        },
      ],
      escalate('budget_exhausted'),
    ],
    // What the bot's clock has not reached yet was reserved all the same.
    [
      'G4: attempts of a time to come count',
      [{ attempts: [1, 2, 3].map((m) => attempt(-m * MINUTE, { incident: '2' })) }],
      escalate('budget_exhausted'),
    ],
  ])('%s', check);
});

describe('the trial', () => {
  const toldOfQuarantine = told('quarantined', NOW - HOUR);
  test.each<Row>([
    ['G4: due when the quarantine ends, the ladder used up', [threeLongAgo, open(NOW)], act('trial')],
    [
      'G4: not due a millisecond before',
      [threeLongAgo, open(NOW + 1)],
      escalate('quarantined'),
      ['steps_exhausted'],
    ],
    [
      'G4: takes the incident back from the person who was told',
      [threeLongAgo, open(NOW), toldOfQuarantine],
      act('trial'),
    ],
    [
      'G4: also where the budget was the reason',
      [threeLongAgo, open(NOW), told('budget_exhausted', NOW - HOUR)],
      act('trial'),
    ],
    [
      'G4: takes nothing back that was told for another reason',
      [threeLongAgo, open(NOW), told('unproven', NOW - HOUR)],
      escalate('unproven'),
    ],
    ['G4: a fresh incident begins with the trial', [open(NOW - 1)], act('trial')],
    [
      'G4: uses the last rung that acts',
      [{ playbook: playbook({ steps: [RESTART, RESTART, ESCALATE] }) }, open(NOW)],
      act('trial', 1),
    ],
    // A rung behind `escalate` is never reached, by a trial neither.
    [
      'G4: no rung behind escalate',
      [{ playbook: playbook({ steps: [RESTART, ESCALATE, RESTART] }) }, open(NOW)],
      act('trial', 0),
    ],
    [
      'G4: a ladder that begins with escalate has none',
      [{ playbook: playbook({ steps: [ESCALATE, RESTART] }) }, open(NOW)],
      escalate('steps_exhausted'),
    ],
    [
      'G4: waits for a budget that is still spent',
      [three, open(NOW)],
      escalate('quarantined'),
      ['budget_exhausted', 'steps_exhausted'],
    ],
    [
      "G4: waits for the label's budget too",
      [target({ budget: { attempts: 3, per: 24 * HOUR } }), threeLongAgo, open(NOW)],
      escalate('quarantined'),
      ['budget_exhausted', 'steps_exhausted'],
    ],
    [
      'G4: never after a manual quarantine',
      [threeLongAgo, open(null), toldOfQuarantine],
      escalate('quarantined'),
      ['steps_exhausted'],
    ],
    ['G13: does not go against a silence', [threeLongAgo, open(NOW), firing('silenced')], defer('silenced')],
    [
      'G4: keeps the backoff',
      [{ attempts: [attempt(HOUR, { endedAt: NOW - SECOND })] }, open(NOW)],
      defer('backoff', NOW + 9 * SECOND),
    ],
    [
      'G4: keeps the cooldown',
      [open(NOW), { lastIncidentEndedAt: NOW - MINUTE }],
      defer('cooldown', NOW + MINUTE),
    ],
    [
      'G2: not beside an open attempt',
      [{ attempts: [attempt(HOUR, { endedAt: null, incident: '2' })] }, open(NOW)],
      defer('action_in_progress'),
    ],
  ])('%s', check);
});

describe("a person's turn", () => {
  test.each<Row>([
    ['G4: stays with the person', [told('unproven', NOW - HOUR)], escalate('unproven')],
    ['G4: until a reset', [told('unproven', NOW - HOUR), { resetAt: NOW - MINUTE }], act('first_attempt')],
    [
      'G4: a reset of the same millisecond counts',
      [told('unproven', NOW - HOUR), { resetAt: NOW - HOUR }],
      act('first_attempt'),
    ],
    [
      'G4: a reset before it does not',
      [told('unproven', NOW - HOUR), { resetAt: NOW - HOUR - 1 }],
      escalate('unproven'),
    ],
    // Told for one reason, and another has come to hold: the first one stays the answer.
    [
      'G4: with what else holds beside it',
      [told('action_failed', NOW - MINUTE), three],
      escalate('action_failed'),
      ['budget_exhausted', 'steps_exhausted'],
    ],
    [
      'G4: a quarantine that holds no more, without a circuit',
      [told('quarantined', NOW - HOUR)],
      escalate('quarantined'),
    ],
    [
      'G4: a reset does not undo what was done since',
      [told('unproven', NOW - HOUR), { resetAt: NOW - 20 * MINUTE }, three],
      escalate('budget_exhausted'),
      ['steps_exhausted'],
    ],
  ])('%s', check);
});

describe('pace', () => {
  const ended = (ago: number) => ({ lastIncidentEndedAt: NOW - ago });
  const made = (count: number, endedAgo: number) => ({
    ...limits({ budgets: [{ attempts: 99, per: HOUR }] }),
    attempts: Array.from({ length: count }, (_, i) =>
      attempt(20 * MINUTE - i, i === count - 1 ? { endedAt: NOW - endedAgo } : {}),
    ),
  });
  const many = {
    playbook: playbook({ limits: roomy.playbook.limits, steps: [{ ...RESTART, attempts: 50 }] }),
  };
  const notCalled = (ago: number) => ({ notCalledAt: NOW - ago });
  test.each<Row>([
    ['G4: cooldown', [ended(MINUTE)], defer('cooldown', NOW + MINUTE)],
    ['G4: cooldown to the millisecond', [ended(2 * MINUTE - 1)], defer('cooldown', NOW + 1)],
    ['G4: cooldown is over', [ended(2 * MINUTE)], act('first_attempt')],
    [
      'G4: the label lengthens the cooldown',
      [target({ cooldown: 10 * MINUTE }), ended(5 * MINUTE)],
      defer('cooldown', NOW + 5 * MINUTE),
    ],
    [
      'G4: the label does not shorten it',
      [target({ cooldown: SECOND }), ended(MINUTE)],
      defer('cooldown', NOW + MINUTE),
    ],
    [
      'G4: cooldown is between incidents, not between attempts',
      [{ attempts: [attempt(HOUR)] }, ended(MINUTE)],
      act('retry'),
    ],
    [
      'G4: cooldown holds where only others tried',
      [{ attempts: [attempt(HOUR, { incident: '2' })] }, ended(MINUTE)],
      defer('cooldown', NOW + MINUTE),
    ],
    [
      'G7: a cooldown past the deadline ends',
      [ended(MINUTE), overdue],
      escalate('waited_too_long'),
      ['cooldown'],
    ],
    ['G4: backoff after the first attempt', [made(1, SECOND)], defer('backoff', NOW + 9 * SECOND)],
    ['G4: backoff to the millisecond', [made(1, 10 * SECOND - 1)], defer('backoff', NOW + 1)],
    ['G4: backoff is over', [made(1, 10 * SECOND)], act('retry')],
    ['G4: backoff doubles', [made(2, 10 * SECOND)], defer('backoff', NOW + 10 * SECOND)],
    ['G4: backoff has a maximum', [made(9, 0), many], defer('backoff', NOW + 5 * MINUTE)],
    // Backoff is of the incident: what another one did is its cooldown's and the budget's business.
    [
      "G4: no backoff after others' attempts",
      [{ attempts: [attempt(SECOND, { incident: '2', endedAt: NOW })] }],
      act('first_attempt'),
    ],
    [
      'G2: an open attempt of this incident',
      [{ attempts: [attempt(MINUTE, { endedAt: null })] }],
      defer('action_in_progress'),
    ],
    [
      'G2: an open attempt of another incident',
      [{ attempts: [attempt(MINUTE, { incident: '2', endedAt: null })] }],
      defer('action_in_progress'),
    ],
    [
      'G2: an open attempt whatever its age',
      [{ attempts: [attempt(23 * HOUR, { incident: '2', endedAt: null })] }],
      defer('action_in_progress'),
    ],
    ['G4: a pause after an attempt that was not called', [notCalled(4_999)], defer('backoff', NOW + 1)],
    ['G4: it lasts five seconds', [notCalled(5_000)], act('first_attempt')],
    [
      'G7: not called again and again ends',
      [notCalled(0), overdue],
      escalate('waited_too_long'),
      ['backoff'],
    ],
    ['G5: as many actions as allowed are open elsewhere', [actingElsewhere(1)], defer('blast_radius')],
    ['G5: more than allowed, after a reload', [actingElsewhere(3, 2)], defer('blast_radius')],
    ['G5: one fewer', [actingElsewhere(1, 2)], act('first_attempt')],
    [
      'G5: what else holds stands beside it',
      [ended(MINUTE), actingElsewhere(1), notCalled(0)],
      defer('cooldown', NOW + MINUTE),
      ['backoff', 'blast_radius'],
    ],
    [
      'G7: waiting for others ends',
      [actingElsewhere(1), overdue],
      escalate('waited_too_long'),
      ['blast_radius'],
    ],
  ])('%s', check);
});

describe('what a wait is measured from', () => {
  const old = incident({ deadline: NOW - 2 * HOUR });
  const oldAndTold = incident({
    deadline: NOW - 2 * HOUR,
    status: 'deferred',
    escalated: { reason: 'quarantined', at: NOW - HOUR },
  });
  const justEnded = { attempts: [attempt(20 * MINUTE, { endedAt: NOW })] };
  const away = firing('unknown');
  test.each<Row>([
    // The incident is older than its deadline, but it acted and proved all the time: it has not waited.
    [
      'G4: the time after an attempt is a wait of its own',
      [old, justEnded],
      defer('backoff', NOW + 10 * SECOND),
    ],
    [
      'G7: which ends too',
      [old, { attempts: [attempt(20 * MINUTE, { endedAt: NOW - 15 * MINUTE })] }, away],
      escalate('waited_too_long'),
      ['guard_unavailable'],
    ],
    [
      'G7: to the millisecond',
      [old, { attempts: [attempt(20 * MINUTE, { endedAt: NOW - 15 * MINUTE + 1 })] }, away],
      defer('guard_unavailable'),
    ],
    [
      "G7: others' attempts do not lengthen it",
      [old, { attempts: [attempt(20 * MINUTE, { incident: '2', endedAt: NOW - MINUTE })] }, away],
      escalate('waited_too_long'),
      ['guard_unavailable'],
    ],
    // A person hands an old incident back: without this it would get one attempt, then waited_too_long.
    [
      'G13: a reset begins a wait anew',
      [oldAndTold, { resetAt: NOW - MINUTE }, justEnded],
      defer('backoff', NOW + 10 * SECOND),
    ],
    [
      'G13: also before the first attempt',
      [oldAndTold, { resetAt: NOW - MINUTE }, away],
      defer('guard_unavailable'),
    ],
    [
      'G7: which ends too after a reset',
      [oldAndTold, { resetAt: NOW - 15 * MINUTE }, away],
      escalate('waited_too_long'),
      ['guard_unavailable'],
    ],
    // The trial is due an hour after the deadline; a moment's trouble must not cost it.
    [
      'G4: a trial that is due waits',
      [oldAndTold, threeLongAgo, open(NOW - MINUTE), actingElsewhere(1)],
      defer('blast_radius'),
    ],
    [
      'G7: not for ever',
      [oldAndTold, threeLongAgo, open(NOW - 15 * MINUTE), actingElsewhere(1)],
      escalate('waited_too_long'),
      ['blast_radius'],
    ],
    [
      'G7: a quarantine that has not ended lengthens nothing',
      [old, open(NOW + HOUR), away],
      escalate('waited_too_long'),
      ['guard_unavailable', 'quarantined'],
    ],
    // An attempt that was never called must not lengthen the wait, or it would never end.
    [
      'G7: not called lengthens nothing',
      [old, { notCalledAt: NOW }],
      escalate('waited_too_long'),
      ['backoff'],
    ],
  ])('%s', check);
});

test('G10: a guard that could not be asked says so, one that blocks says that', () => {
  const answers = decide(facts(firing('unknown'), actingElsewhere(1)), NOW).guards;
  expect(
    answers.filter(({ answer }) => answer !== 'allow').map(({ guard, answer }) => [guard, answer]),
  ).toEqual([
    ['alertmanager', 'unknown'],
    ['concurrent', 'block'],
  ]);
});

test('G10: the row says which numbers led to it', () => {
  const because = (...changes: Partial<Facts>[]) =>
    decide(facts(...changes), NOW)
      .guards.filter(({ answer }) => answer !== 'allow')
      .map((guard) => guard.because)
      .join('; ');
  expect(because(three)).toContain('3 per 30m used up, free at 2026-11-20T03:21:00.000Z');
  expect(because(open(NOW + HOUR))).toContain('until 2026-11-20T04:00:00.000Z');
  expect(because(open(null))).toContain('until a person resets it');
  expect(because(paused(null))).toBe('all, ann: release');
  expect(because({ target: { found: 'many', ids: ['a', 'b'] } })).toBe('2 services: a, b');
  expect(because(target({ playbooks: ['x', 'y'] }))).toBe('alert-bot.playbooks allows x, y');
  expect(because(limits({ cooldown: 90 * SECOND }), { lastIncidentEndedAt: NOW })).toBe(
    '1m30s after the last incident',
  );
  expect(because({ playbook: playbook({ mode: 'observe' }) })).toContain('otherwise: first_attempt');
  expect(LIMITS.budgets).toHaveLength(2);
});
