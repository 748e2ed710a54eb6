// Long because it is one table of looks and verdicts: every sign, missing, bad, flapping and fresh.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, NOW, SECOND } from './facts.fixture.ts';
import {
  advance,
  type Look,
  type Proof,
  proofTakesUpTo,
  SCRAPES_BEFORE_QUERY,
  type Verdict,
} from './proof.ts';

// Times are seconds after the new process started, to read as a timeline.
const at = (seconds: number) => NOW + seconds * SECOND;

const proof = (changes: Partial<Proof> = {}): Proof => ({
  since: at(0),
  startedAt: at(0),
  restartCount: 3,
  deadline: at(90),
  stable: 10 * SECOND,
  above: null,
  clean: {},
  goodSince: null,
  ...changes,
});

const up = (...seconds: number[]) => seconds.map((one) => ({ at: at(one), value: 1 }));
const rule = (evaluated: number, alerting = false, fingerprint = 'a') => ({
  fingerprint,
  evaluatedAt: at(evaluated),
  alerting,
});

type LookChanges = Partial<Omit<Look, 'target'>> & { target?: Partial<NonNullable<Look['target']>> | null };

/** A look at a target that is well, scraped at 2 s and all the time since, its rule evaluated without the alert at the given time. */
function look(seconds: number, changes: LookChanges = {}): Look {
  const { target, ...others } = changes;
  const well = { running: true, health: 'healthy' as const, startedAt: at(0), restartCount: 3 };
  return {
    at: at(seconds),
    target: target === null ? null : { ...well, ...target },
    scrapes: up(2, seconds - 1),
    rules: [rule(seconds)],
    query: 'none',
    ...others,
  };
}

/** The verdict of each look, one word: the missing things count as `undecided`. */
function run(start: Proof, looks: readonly Look[]): { verdicts: Verdict[]; end: Proof } {
  let current = start;
  const verdicts: Verdict[] = [];
  for (const one of looks) {
    const next = advance(current, one);
    verdicts.push(next.verdict);
    current = next.proof;
  }
  return { verdicts, end: current };
}
const words = (verdicts: readonly Verdict[]) => verdicts.map((one) => one.verdict).join(' ');
const U = 'undecided';

describe('sequences of looks', () => {
  const GOOD = [look(5), look(10), look(20)];
  test.each<[name: string, start: Partial<Proof>, looks: Look[], expected: string]>([
    ['good: scraped, two evaluations, stable', {}, GOOD, `${U} ${U} good`],
    ['good: no wait where stable is 0', { stable: 0 }, [look(5), look(10)], `${U} good`],
    [
      'good: a target without a health check',
      {},
      GOOD.map((_, i) => look([5, 10, 20][i] ?? 0, { target: { health: 'none' } })),
      `${U} ${U} good`,
    ],
    ['stable to the millisecond', { stable: 10_001 }, GOOD, `${U} ${U} ${U}`],

    ['one evaluation is not two', {}, [look(5), look(40, { rules: [rule(5)] })], `${U} ${U}`],
    // Prometheus is asked every second and evaluates every fifteen: one evaluation seen thrice is one.
    [
      'an evaluation seen again counts once',
      { stable: 0 },
      [5, 6, 7].map((s) => look(s, { rules: [rule(5)] })),
      `${U} ${U} ${U}`,
    ],
    [
      'an evaluation of the same moment as the scrape does not count',
      { stable: 0 },
      [look(5, { rules: [rule(2)] }), look(6, { rules: [rule(6)] })],
      `${U} ${U}`,
    ],
    [
      'evaluations before the first scrape do not count',
      { stable: 0 },
      [
        look(5, { scrapes: up(8), rules: [rule(5)] }),
        look(6, { scrapes: up(8), rules: [rule(6)] }),
        look(9, { scrapes: up(8) }),
      ],
      `${U} ${U} ${U}`,
    ],
    // `up` is 0 until it listens: what the rule saw until then was not of a process that serves.
    [
      'evaluations before the first scrape that was answered do not count',
      { stable: 0 },
      [5, 10].map((s) => look(s + 2, { scrapes: [{ at: at(1), value: 0 }, ...up(6)], rules: [rule(s)] })),
      `${U} ${U}`,
    ],
    ['not scraped yet', { stable: 0 }, [look(5, { scrapes: [] }), look(10, { scrapes: [] })], `${U} ${U}`],
    // The samples of the process that was killed say nothing about the new one.
    [
      'a scrape before the start does not count',
      { stable: 0 },
      [5, 7].map((s) => look(s, { scrapes: up(-3) })),
      `${U} ${U}`,
    ],
    [
      'a scrape of the very moment of the start does not count',
      { stable: 0 },
      [look(5, { scrapes: up(0) }), look(10, { scrapes: up(0) })],
      `${U} ${U}`,
    ],
    [
      'scraped in vain',
      { stable: 0 },
      [5, 10].map((s) => look(s, { scrapes: [{ at: at(2), value: 0 }] })),
      `${U} ${U}`,
    ],
    [
      'the last scrape failed',
      { stable: 0 },
      [5, 10].map((s) => look(s, { scrapes: [...up(2), { at: at(4), value: 0 }] })),
      `${U} ${U}`,
    ],
    [
      'scraped again after a failure',
      { stable: 0 },
      [5, 10].map((s) => look(s, { scrapes: [{ at: at(1), value: 0 }, ...up(3)] })),
      `${U} good`,
    ],

    // The target was taken out of Prometheus: its alert is gone, and its last scrape stays good for ever.
    [
      'series that vanish take the alert with them',
      { stable: 0 },
      [5, 13, 20, 60, 600].map((s) => look(s, { scrapes: up(2) })),
      `${U} ${U} ${U} ${U} ${U}`,
    ],
    [
      'one scrape is enough for as long as it is fresh',
      { stable: 0 },
      [5, 12].map((s) => look(s, { scrapes: up(2) })),
      `${U} good`,
    ],
    [
      'scrapes may pause as long as two intervals',
      { stable: 0 },
      [70, 155].map((s) => look(s, { scrapes: up(5, 35, 65, 95) })),
      `${U} good`,
    ],
    [
      'and not longer',
      { stable: 0 },
      [70, 156].map((s) => look(s, { scrapes: up(5, 35, 65, 95) })),
      `${U} ${U}`,
    ],

    [
      'the alert still fires',
      { stable: 0 },
      [5, 10, 15].map((s) => look(s, { rules: [rule(s, true)] })),
      `${U} ${U} ${U}`,
    ],
    [
      'a flapping alert begins anew',
      { stable: 0 },
      [look(5), look(10, { rules: [rule(10, true)] }), look(15), look(20)],
      `${U} ${U} ${U} good`,
    ],
    [
      'the evaluation that fired does not count when the alert is gone',
      { stable: 0 },
      [look(5, { rules: [rule(5, true)] }), look(6, { rules: [rule(5)] }), look(10), look(15)],
      `${U} ${U} ${U} good`,
    ],
    [
      'every alert of the incident',
      { stable: 0 },
      [
        look(5, { rules: [rule(5), rule(5, true, 'b')] }),
        look(10, { rules: [rule(10), rule(10, false, 'b')] }),
        look(15, { rules: [rule(15), rule(15, false, 'b')] }),
      ],
      `${U} ${U} good`,
    ],
    // It joined the incident while it was proven: it needs its own two evaluations.
    [
      'an alert that joins',
      { stable: 0 },
      [
        look(5),
        look(9, { rules: [rule(9), rule(9, false, 'b')] }),
        look(10, { rules: [rule(10), rule(10, false, 'b')] }),
      ],
      `${U} ${U} good`,
    ],
    ['no rule is known', { stable: 0 }, [5, 10, 15].map((s) => look(s, { rules: null })), `${U} ${U} ${U}`],
    // Nothing that fired is nothing that can be seen to have stopped.
    [
      'there is no rule at all',
      { stable: 0 },
      [5, 10, 15].map((s) => look(s, { rules: [] })),
      `${U} ${U} ${U}`,
    ],

    [
      'the health check has not passed yet',
      { stable: 0 },
      [5, 10, 15].map((s) => look(s, { target: { health: 'starting' } })),
      `${U} ${U} ${U}`,
    ],
    [
      'stable begins when the last thing is there',
      {},
      [look(5), look(10, { target: { health: 'starting' } }), look(15), look(20), look(25)],
      `${U} ${U} ${U} ${U} good`,
    ],
    [
      'stable is interrupted by a failed scrape',
      {},
      [
        look(5),
        look(10),
        look(15, { scrapes: [...up(2), { at: at(14), value: 0 }] }),
        look(20),
        look(25),
        look(30),
      ],
      `${U} ${U} ${U} ${U} ${U} good`,
    ],
    [
      'stable is interrupted by the alert',
      {},
      [look(5), look(10), look(15, { rules: [rule(15, true)] }), look(20), look(25), look(35)],
      `${U} ${U} ${U} ${U} ${U} good`,
    ],
    [
      'stable is interrupted where the platform does not answer',
      {},
      [look(5), look(10), look(15, { target: null }), look(20), look(30)],
      `${U} ${U} ${U} ${U} good`,
    ],

    [
      'Prometheus away proves nothing',
      { stable: 0 },
      [5, 10, 15, 60, 600].map((s) => look(s, { scrapes: null, rules: null, query: null })),
      `${U} ${U} ${U} ${U} ${U}`,
    ],
    // It was seen once and then Prometheus stopped: what was counted stays, and proves nothing alone.
    [
      'Prometheus stops in the middle',
      { stable: 0 },
      [look(5), look(10, { scrapes: null, rules: null }), look(15)],
      `${U} ${U} good`,
    ],
    [
      'rules without scrapes',
      { stable: 0 },
      [look(5, { scrapes: null }), look(10, { scrapes: null }), look(15, { scrapes: null })],
      `${U} ${U} ${U}`,
    ],
    [
      'the platform away proves nothing',
      { stable: 0 },
      [5, 10, 15, 600].map((s) => look(s, { target: null })),
      `${U} ${U} ${U} ${U}`,
    ],
    [
      'everything away',
      { stable: 0 },
      [5, 600].map((s) => look(s, { target: null, scrapes: null, rules: null, query: null })),
      `${U} ${U}`,
    ],

    ['not running', {}, [look(5, { target: { running: false } })], 'bad'],
    ['unhealthy', {}, [look(5, { target: { health: 'unhealthy' } })], 'bad'],
    ['restarted again: another start', {}, [look(5), look(6, { target: { startedAt: at(6) } })], `${U} bad`],
    ['restarted again: a higher count', {}, [look(5), look(6, { target: { restartCount: 4 } })], `${U} bad`],
    ['restarted again: no start any more', {}, [look(6, { target: { startedAt: null } })], 'bad'],
    // The last look before good: fresh bad evidence goes first.
    [
      'bad at the last moment',
      {},
      [look(5), look(10), look(20, { target: { health: 'unhealthy' } })],
      `${U} ${U} bad`,
    ],
    [
      'bad although Prometheus is away',
      {},
      [look(5, { scrapes: null, rules: null, query: null, target: { running: false } })],
      'bad',
    ],

    // The platform did not answer when the proof began: what it is compared with is what is seen first.
    ['the start is not known yet', { startedAt: null, restartCount: 0 }, GOOD, `${U} ${U} good`],
    [
      'the start is not known for a while',
      { startedAt: null, restartCount: 0 },
      [look(5, { target: null }), ...GOOD.map((one) => ({ ...one, at: one.at + 2 * SECOND }))],
      `${U} ${U} ${U} good`,
    ],
    [
      'restarted after it was first seen',
      { startedAt: null, restartCount: 0 },
      [look(5), look(10, { target: { startedAt: at(9), restartCount: 4 } })],
      `${U} bad`,
    ],
    [
      'down when it is first seen',
      { startedAt: null, restartCount: 0 },
      [look(5, { target: { running: false, startedAt: null } })],
      'bad',
    ],
  ])('G8: %s', (_, start, looks, expected) => {
    expect(words(run(proof(start), looks).verdicts)).toBe(expected);
  });
});

describe('prove.query', () => {
  const asked = (value: number | null) => ({ scrapes: up(2, 3, 4), query: { value } });
  const last = (changes: LookChanges, start: Partial<Proof> = { above: 0.2 }) =>
    run(proof({ stable: 0, ...start }), [look(5, changes), look(10, changes)]).verdicts.at(-1);
  test.each<[name: string, changes: LookChanges, expected: Partial<Verdict>]>([
    ['below its limit', asked(0.1), { verdict: 'good', weak: null }],
    ['at its limit', asked(0.2), { verdict: 'good', weak: null }],
    ['above its limit', asked(0.21), { verdict: 'bad', why: 'prove.query is 0.21, above 0.2' }],
    [
      'far above',
      asked(Number.POSITIVE_INFINITY),
      { verdict: 'bad', why: 'prove.query is Infinity, above 0.2' },
    ],
    ['no request since the start', asked(null), { verdict: 'good', weak: 'no_traffic' }],
    ['not asked yet', {}, { verdict: 'undecided', missing: ['prove.query was not asked yet'] }],
    [
      'could not be asked',
      { query: null },
      { verdict: 'undecided', missing: ['prove.query could not be asked'] },
    ],
    // Two scrapes make a rate over nothing: an answer that early must not restart the target again.
    [
      'asked too early',
      { scrapes: up(2, 3), query: { value: 1 } },
      { verdict: 'undecided', missing: ['prove.query was not asked yet'] },
    ],
    [
      'asked while scrapes fail',
      { scrapes: [...up(2, 3), { at: at(4), value: 0 }], query: { value: 1 } },
      { verdict: 'undecided' },
    ],
    [
      'asked on scrapes of the process before',
      { scrapes: up(-2, -1, 2), query: { value: 1 } },
      { verdict: 'undecided' },
    ],
  ])('G8: %s', (_, changes, expected) => {
    expect(last(changes)).toMatchObject(expected);
  });
  test('G8: is not waited for where the playbook has none', () => {
    expect(last({}, {})).toEqual({ verdict: 'good', weak: null });
    // An answer to a question that the playbook no longer has is no evidence.
    expect(last(asked(99), {})).toEqual({ verdict: 'good', weak: null });
  });
  test('G8: three scrapes come first', () => expect(SCRAPES_BEFORE_QUERY).toBe(3));
});

test('G8: what is missing is said in words', () => {
  const missing = (changes: LookChanges, start: Partial<Proof> = {}) => {
    const { verdict } = advance(proof(start), look(5, changes));
    return verdict.verdict === 'undecided' ? verdict.missing : verdict;
  };
  expect(missing({ target: null })).toContain('the platform does not answer');
  expect(missing({ target: { health: 'starting' } })).toContain('the health check has not passed yet');
  expect(missing({ scrapes: null })).toContain('Prometheus does not answer');
  expect(missing({ scrapes: [] })).toContain('the new process was not scraped yet');
  expect(missing({ scrapes: [...up(2), { at: at(3), value: 0 }] })).toContain('the last scrape failed');
  expect(missing({ rules: null })).toContain("the alert's rule is not known to Prometheus");
  expect(missing({ rules: [] })).toContain("the alert's rule is not known to Prometheus");
  expect(missing({ rules: [rule(5, true)] })).toContain('alert a is still pending or firing');
  expect(missing({})).toEqual(['1 of 2 evaluations without alert a']);
  expect(missing({ scrapes: [] })).toContain('0 of 2 evaluations without alert a');
  const { verdicts } = run(proof(), [look(5), look(10), look(14)]);
  expect(verdicts.at(-1)).toEqual({ verdict: 'undecided', missing: ['stable for 4s of 10s'] });
  const bad = advance(proof(), look(5, { target: { restartCount: 9 } })).verdict;
  expect(bad).toEqual({ verdict: 'bad', why: 'the target was restarted again while it was being proven' });
});

test('G8: a proof that goes on after a crash goes on where it was', () => {
  const looks = [look(5), look(10), look(20)];
  const { end } = run(proof(), looks.slice(0, 2));
  const stored: Proof = JSON.parse(JSON.stringify(end));
  expect(advance(stored, look(20)).verdict.verdict).toBe('good');
  expect(end.clean).toEqual({ a: { count: 2, last: at(10) } });
  expect(end.goodSince).toBe(at(10));
});

test('G8: bad evidence ends what was stable so far', () => {
  const { end } = run(proof(), [look(5), look(10), look(11, { target: { health: 'unhealthy' } })]);
  expect(end.goodSince).toBeNull();
});

describe('whatever is seen, in whatever order', () => {
  const healths = ['none', 'starting', 'healthy', 'healthy', 'healthy', 'unhealthy'] as const;
  // Each look: seconds since the one before, and what is seen. Mostly well, or nothing would ever be good.
  const seen = fc.record({
    after: fc.integer({ min: 0, max: 8 }),
    platform: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    running: fc.integer({ min: 0, max: 29 }).map((n) => n > 0),
    health: fc.constantFrom(...healths, ...healths.slice(2, 5), ...healths.slice(2, 5)),
    scraped: fc.constantFrom(1, 1, 1, 1, 1, 0, null),
    prometheus: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    evaluated: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
    alerting: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    query: fc.constantFrom<number | null>(0.1, 0.1, 0.1, 0.2, null, 0.3),
  });
  const counts = { good: 0, bad: 0, undecided: 0 };

  test('G8: good, bad and undecided mean what they say', () => {
    fc.assert(
      fc.property(fc.array(seen, { minLength: 1, maxLength: 30, size: 'max' }), (moments) => {
        const start = proof({ above: 0.2, stable: 5 * SECOND });
        let current = start;
        let now = 0;
        let evaluated = 0;
        const scrapes: { at: number; value: number }[] = [];
        const history: Look[] = [];
        for (const moment of moments) {
          now += moment.after;
          if (moment.scraped !== null) scrapes.push({ at: at(now), value: moment.scraped });
          if (moment.evaluated) evaluated = now;
          const answered = scrapes.filter((scrape) => scrape.value === 1 && scrape.at > start.since).length;
          const one: Look = {
            at: at(now),
            target: moment.platform
              ? { running: moment.running, health: moment.health, startedAt: at(0), restartCount: 3 }
              : null,
            scrapes: moment.prometheus ? [...scrapes] : null,
            rules: moment.prometheus ? [rule(evaluated, moment.alerting)] : null,
            query: !moment.prometheus ? null : answered < 3 ? 'none' : { value: moment.query },
          };
          history.push(one);
          const before = JSON.stringify(current);
          const { proof: next, verdict } = advance(current, one);
          if (JSON.stringify(current) !== before) throw new Error('advance changed its input');
          counts[verdict.verdict] += 1;
          assertMeaning(verdict, history, start);
          if (verdict.verdict !== 'undecided') return;
          current = next;
        }
      }),
      { seed: 20_261_120, numRuns: 3_000 },
    );
    expect(counts.good).toBeGreaterThan(200);
    expect(counts.bad).toBeGreaterThan(500);
    expect(counts.undecided).toBeGreaterThan(5_000);
  });

  /** Design §6 once more, over all that was seen, without the state that advance keeps. */
  function assertMeaning(verdict: Verdict, history: readonly Look[], start: Proof): void {
    const now = history.at(-1);
    if (now === undefined) return;
    const { target, query } = now;
    const above = query !== null && query !== 'none' && (query.value ?? 0) > 0.2;
    const evidence = target !== null && (!target.running || target.health === 'unhealthy');
    expect(verdict.verdict === 'bad').toBe(evidence || above);
    if (verdict.verdict !== 'good') return;
    const stable = history.filter((one) => one.at >= now.at - start.stable);
    for (const one of stable.slice(1).concat(now)) {
      expect(one.target?.running).toBe(true);
      expect(one.target?.health).not.toBe('starting');
      expect(one.scrapes?.at(-1)?.value).toBe(1);
      expect(one.rules?.some(({ alerting }) => alerting)).toBe(false);
    }
    const first = now.scrapes?.find((scrape) => scrape.value === 1 && scrape.at > start.since)?.at;
    const fired = history.findLastIndex((one) => one.rules?.some(({ alerting }) => alerting) ?? false);
    const clean = history
      .slice(fired + 1)
      .flatMap((one) => (one.scrapes === null ? [] : (one.rules ?? [])))
      .map(({ evaluatedAt }) => evaluatedAt)
      .filter((evaluatedAt) => evaluatedAt > (first ?? Number.POSITIVE_INFINITY));
    expect(new Set(clean).size).toBeGreaterThanOrEqual(2);
    expect(verdict.weak).toBe(
      query !== null && query !== 'none' && query.value === null ? 'no_traffic' : null,
    );
  }
});

describe('proofTakesUpTo', () => {
  const five = { range: 5 * MINUTE, holds: 0, keepFiringFor: 0, interval: 15 * SECOND };
  test.each<[name: string, within: number, rules: Parameters<typeof proofTakesUpTo>[1], expected: number]>([
    ['within where the rule lets go sooner', 10 * MINUTE, [five], 10 * MINUTE],
    // A [5m] rule still fires 275 s after the cure: without this a healthy service is restarted.
    ['the range and two intervals', 90 * SECOND, [five], 5 * MINUTE + 30 * SECOND],
    [
      'for and keep_firing_for on top',
      0,
      [{ ...five, holds: MINUTE, keepFiringFor: 2 * MINUTE }],
      8 * MINUTE + 30 * SECOND,
    ],
    ['the longest of several', 0, [five, { ...five, range: 20 * MINUTE }, five], 20 * MINUTE + 30 * SECOND],
    ['ten minutes where the range cannot be told', 0, [{ ...five, range: null }], 10 * MINUTE + 30 * SECOND],
    ['a rule without a range', 0, [{ ...five, range: 0 }], 30 * SECOND],
    ['ten minutes where Prometheus does not answer', 90 * SECOND, null, 10 * MINUTE],
    ['ten minutes where there is no rule', 90 * SECOND, [], 10 * MINUTE],
    ['within where that is longer still', HOUR, null, HOUR],
  ])('G8: %s', (_, within, rules, expected) => {
    expect(proofTakesUpTo(within, rules)).toBe(expected);
  });
});
