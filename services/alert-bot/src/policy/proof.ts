import { formatDuration, type Instant, type Millis } from '../domain/duration.ts';
import type { Health } from '../domain/target.ts';

/** What one look at the target and the signals saw. `null` fields could not be read: they prove nothing. */
export interface Look {
  at: Instant;
  target: { running: boolean; health: Health; startedAt: Instant | null; restartCount: number } | null;
  /** `up` samples, oldest first; those from before the proof's `since` are not looked at. */
  scrapes: readonly { at: Instant; value: number }[] | null;
  /** One entry per alert of the incident: the last evaluation of its rule, and whether the alert was there. */
  rules: readonly { fingerprint: string; evaluatedAt: Instant; alerting: boolean }[] | null;
  /** Answer to the playbook's prove.query; `none` where the playbook has none or it was not asked yet. */
  query: { value: number | null } | 'none' | null;
}

export interface Proof {
  /** From when a scrape is one of the process that is to be proven. */
  since: Instant;
  /** StartedAt and restart count when the proof began: one more restart is bad. null: not seen yet. */
  startedAt: Instant | null;
  restartCount: number;
  deadline: Instant;
  stable: Millis;
  above: number | null;
  /** Clean evaluations seen so far per fingerprint, and the last one counted. */
  clean: Readonly<Record<string, { count: number; last: Instant }>>;
  goodSince: Instant | null;
}

export type Verdict =
  | { verdict: 'good'; weak: 'no_traffic' | null }
  | { verdict: 'bad'; why: string }
  | { verdict: 'undecided'; missing: readonly string[] };

/** Evaluations without the alert that a proof needs (design §6). */
const CLEAN_EVALUATIONS = 2;
/** prove.query is not asked before so many scrapes of the new process (design §5). */
export const SCRAPES_BEFORE_QUERY = 3;
/** Scrapes may be away for twice the longest pause between two of them, and for this long at least. */
const SCRAPES_MAY_PAUSE: Millis = 10_000;

/**
 * Takes one more look into a proof (design §6). Good needs all of: the target's own health check, the new
 * process scraped, two evaluations without the alert after that, and all of it stable. Bad needs fresh
 * evidence. Everything else is undecided and never causes an action (G8).
 */
export function advance(before: Proof, seen: Look): { proof: Proof; verdict: Verdict } {
  const proof = withStart(before, seen);
  const look = sinceStart(proof, seen);
  const bad = whyBad(proof, look);
  if (bad !== null) return { proof: { ...proof, goodSince: null }, verdict: { verdict: 'bad', why: bad } };

  const firstScrape = look.scrapes?.find((scrape) => scrape.value === 1)?.at ?? null;
  const clean = countClean(proof, look, firstScrape);
  const missing = whatIsMissing(look, firstScrape, clean, proof.above !== null);
  const goodSince = missing.length > 0 ? null : (proof.goodSince ?? look.at);
  const next = { ...proof, clean, goodSince };
  if (goodSince === null) return { proof: next, verdict: { verdict: 'undecided', missing } };
  // The clock may leap, and what waits with it, in the middle of a look.
  const held = Math.max(0, look.at - goodSince);
  if (held < proof.stable) {
    const wait = `stable for ${formatDuration(held)} of ${formatDuration(proof.stable)}`;
    return { proof: next, verdict: { verdict: 'undecided', missing: [wait] } };
  }
  const noTraffic = typeof look.query === 'object' && look.query !== null && look.query.value === null;
  return { proof: next, verdict: { verdict: 'good', weak: noTraffic ? 'no_traffic' : null } };
}

/** The platform may not have answered when the proof began: then what is seen first is the start. */
function withStart(proof: Proof, { target }: Look): Proof {
  if (proof.startedAt !== null || target === null) return proof;
  return { ...proof, startedAt: target.startedAt, restartCount: target.restartCount };
}

/** What a look says of the process that is to be proven: the one before it neither helps nor harms it. */
function sinceStart(proof: Proof, look: Look): Look {
  const scrapes = look.scrapes?.filter((scrape) => scrape.at > proof.since) ?? null;
  const answered = scrapes?.filter((scrape) => scrape.value === 1).length ?? 0;
  const early = look.query !== null && answered < SCRAPES_BEFORE_QUERY;
  return { ...look, scrapes, query: early ? 'none' : look.query };
}

function whyBad(proof: Proof, look: Look): string | null {
  const { target, query } = look;
  if (target !== null) {
    if (!target.running) return 'the target is not running';
    if (target.health === 'unhealthy') return "the target's own health check fails";
    if (target.startedAt !== proof.startedAt || target.restartCount !== proof.restartCount)
      return 'the target was restarted again while it was being proven';
  }
  if (query !== null && query !== 'none' && query.value !== null && proof.above !== null)
    if (query.value > proof.above)
      return `prove.query is ${Number(query.value.toPrecision(4))}, above ${proof.above}`;
  return null;
}

/** Evaluations count once each, only after the first scrape, and only in a row: an alerting one starts anew. */
function countClean(proof: Proof, look: Look, firstScrape: Instant | null): Proof['clean'] {
  if (look.rules === null || firstScrape === null) return proof.clean;
  const clean: Record<string, { count: number; last: Instant }> = {};
  for (const { fingerprint, evaluatedAt, alerting } of look.rules) {
    const before = proof.clean[fingerprint] ?? { count: 0, last: firstScrape };
    if (alerting) clean[fingerprint] = { count: 0, last: Math.max(before.last, evaluatedAt) };
    else if (evaluatedAt > before.last) clean[fingerprint] = { count: before.count + 1, last: evaluatedAt };
    else clean[fingerprint] = before;
  }
  return clean;
}

function whatIsMissing(
  look: Look,
  firstScrape: Instant | null,
  clean: Proof['clean'],
  hasQuery: boolean,
): string[] {
  const missing: string[] = [];
  if (look.target === null) missing.push('the platform does not answer');
  else if (look.target.health === 'starting') missing.push('the health check has not passed yet');
  if (look.scrapes === null) missing.push('Prometheus does not answer');
  else if (firstScrape === null) missing.push('the new process was not scraped yet');
  else if (look.scrapes.at(-1)?.value !== 1) missing.push('the last scrape failed');
  else if (scrapesEnded(look.scrapes, look.rules ?? [])) missing.push('the target is not scraped any more');
  if (look.rules === null || look.rules.length === 0)
    missing.push("the alert's rule is not known to Prometheus");
  else
    for (const { fingerprint, alerting } of look.rules) {
      const seen = clean[fingerprint]?.count ?? 0;
      if (alerting) missing.push(`alert ${fingerprint} is still pending or firing`);
      else if (seen < CLEAN_EVALUATIONS)
        missing.push(`${seen} of ${CLEAN_EVALUATIONS} evaluations without alert ${fingerprint}`);
    }
  if (hasQuery && (look.query === null || look.query === 'none'))
    missing.push(look.query === null ? 'prove.query could not be asked' : 'prove.query was not asked yet');
  return missing;
}

/**
 * Where series vanish, their alert vanishes too, and the last scrape stays good for ever. Told by the times
 * of the evaluations: they are of the same clock as those of the scrapes.
 */
function scrapesEnded(scrapes: NonNullable<Look['scrapes']>, rules: NonNullable<Look['rules']>): boolean {
  const pauses = scrapes.map((scrape, i) => scrape.at - (scrapes[i - 1]?.at ?? scrape.at));
  const mayPause = Math.max(SCRAPES_MAY_PAUSE, 2 * Math.max(...pauses));
  return rules.some((rule) => rule.evaluatedAt - (scrapes.at(-1)?.at ?? 0) > mayPause);
}

/** So much longer a proof is sought where the wall clock was set back; after more than that a person looks. */
const AMBIGUOUS_AT_MOST: Millis = 15 * 60_000;

/**
 * How much longer a proof takes while times of before the clock was set back are still to come.
 * @param newFrom from when on a time that Prometheus gives is certainly of now
 * @param outside what its clock says now
 */
export const untilUnambiguous = (newFrom: Instant, outside: Instant): Millis =>
  Math.min(AMBIGUOUS_AT_MOST, Math.max(0, newFrom - outside));

/**
 * The deadline of a proof: `within`, but at least the rule's longest range + for + keep_firing_for + two
 * intervals, because a [5m] rule still fires 275 s after the cure (seen). Where the range cannot be told it
 * counts as 10 minutes.
 */
export function proofTakesUpTo(
  within: Millis,
  rules: readonly { range: Millis | null; holds: Millis; keepFiringFor: Millis; interval: Millis }[] | null,
): Millis {
  const UNKNOWN_RANGE = 10 * 60_000;
  const needs = (rules ?? []).map(
    (rule) => (rule.range ?? UNKNOWN_RANGE) + rule.holds + rule.keepFiringFor + 2 * rule.interval,
  );
  return Math.max(within, ...(needs.length === 0 ? [UNKNOWN_RANGE] : needs));
}
