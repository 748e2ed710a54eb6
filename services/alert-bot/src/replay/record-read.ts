import type { Instant, Millis } from '../domain/duration.ts';
import type { Target } from '../domain/target.ts';
import type { Db } from '../store/db.ts';
import { type Observation, type Observed, observationsAfter } from '../store/observations.ts';
import { aroundCall, type PastCall, type SeenInstance } from './calls.ts';
import { lastRound } from './rounds.ts';
import { type Away, read } from './shapes.ts';

/**
 * Between two answers it is not known when the thing changed. It is taken for as late as may be, but for a moment before it was
 * seen: what the bot asks because of an alert tells of the time of that alert.
 */
const SEEN_LATE: Readonly<Record<Observed, Millis>> = {
  ...{
    target: 250,
    service: 250,
    fleet: 250,
    alert: 250,
    alertmanager: 250,
    rule: 250,
    pending: 250,
    prometheus: 250,
  },
  // Samples have times of their own.
  scrapes: 0,
  // It is asked with the time since something: what it answered before that is of something else.
  query: 60_000,
  call: 0,
  sweep: 0,
};
const AT_ONCE = 5_000;

/** An answer, and from when on it holds. */
export interface Told {
  from: Instant;
  at: Instant;
  kind: Observed;
  subject: string;
  /** JSON; targets are read already. */
  value: string;
  target: Target | Away | null;
}

/** A time at which the bot looked at a target or at an alert, or called something of a target: it had looked then. */
export interface Look {
  at: Instant;
  kind: 'target' | 'alert' | 'call';
  subject: string;
}

export interface ReadRecord {
  /** In the order in which they hold. */
  told: Told[];
  calls: PastCall[];
  /** When a sweep changed something, in order. */
  sweeps: Instant[];
  /** When the bot found something changed, or acted, in order. */
  looks: Look[];
}

/** Reads what was observed before a time, and puts it into the order in which it held. */
export function readRecord(db: Db, until: Instant): ReadRecord {
  const told: Told[] = [];
  const seen = new Map<string, SeenInstance[]>();
  const made: Observation[] = [];
  const evaluated = evaluations();
  const sweeps: Instant[] = [];
  const looks: Look[] = [];
  for (let after = 0; ; ) {
    const rows = observationsAfter(db, after, AT_ONCE);
    for (const row of rows) {
      if (row.at > until) continue;
      if (row.kind === 'call') made.push(row);
      else if (row.kind === 'sweep') sweeps.push(row.at);
      else {
        told.push(evaluated(toldOf(row, seen), row));
        const { kind, subject, at } = row;
        if (kind === 'target' || kind === 'alert') looks.push({ at, kind, subject });
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < AT_ONCE) break;
    after = last.id;
  }
  // Stable: of those that hold from the same time on the later row is the younger.
  told.sort((a, b) => (a.from === b.from ? 0 : a.from - b.from));
  const calls = made.map((row) => callOf(row, seen)).sort((a, b) => a.from - b.from);
  const targetOf = new Map(
    told.flatMap(({ subject, target }) =>
      target === null || 'error' in target ? [] : target.instances.map(({ id }) => [id, subject] as const),
    ),
  );
  for (const { from, instance } of calls)
    looks.push({ at: from, kind: 'call', subject: targetOf.get(instance) ?? '' });
  looks.sort((a, b) => a.at - b.at);
  return { told, calls, sweeps, looks };
}

/** An alert of a rule only changes when the rule is evaluated: that time is told, and not the one at which it was seen. */
function evaluations(): (told: Told, row: Observation) => Told {
  const rules = new Map<string, { at: Instant; every: Millis }>();
  const ruleOf = new Map<string, string>();
  return (told, { kind, subject, value, at, since }) => {
    if (kind === 'rule') {
      const rule = read.rule(value);
      if (!('error' in rule) && rule.every > 0) rules.set(subject, { at: rule.at ?? at, every: rule.every });
    }
    if (kind !== 'pending') return told;
    const pending = read.pending(value);
    if (!('error' in pending) && pending.rule !== undefined) ruleOf.set(subject, pending.rule);
    const rule = rules.get(ruleOf.get(subject) ?? '');
    if (rule === undefined) return told;
    return { ...told, from: Math.max((since ?? 0) + 1, lastRound(rule.at, rule.every, at)) };
  };
}

function holdsFrom({ kind, at, since }: Observation): Instant {
  const late = at - SEEN_LATE[kind];
  // While a proof is sought it is asked each second.
  const held = kind === 'query' ? 1_500 : 1;
  if (since !== null) return Math.min(at, Math.max(since + held, late));
  // What was never heard of before was there all the time, but for an alert: that began.
  return kind === 'alert' || kind === 'pending' ? late : Number.NEGATIVE_INFINITY;
}

function toldOf(row: Observation, seen: Map<string, SeenInstance[]>): Told {
  const { kind, subject, at, since, value } = row;
  const from = holdsFrom(row);
  if (kind !== 'target') return { from, at, kind, subject, value, target: null };
  const target = read.target(subject, value);
  if ('error' in target) return { from, at, kind, subject, value, target };
  for (const instance of target.instances) {
    const of = seen.get(instance.id) ?? [];
    seen.set(instance.id, of);
    of.push({ at, instance });
  }
  // Not before what it tells of.
  const youngest = Math.max(
    0,
    ...target.instances.map((one) => Math.max(one.startedAt ?? 0, one.finishedAt ?? 0)),
  );
  const held = since === null ? from : Math.min(at, Math.max(from, youngest));
  return { from: held, at, kind, subject, value, target };
}

function callOf(row: Observation, seen: ReadonlyMap<string, readonly SeenInstance[]>): PastCall {
  const { verb, from, code, error } = read.call(row.value);
  const { before, after } = aroundCall(seen.get(row.subject) ?? [], from, row.at);
  return { instance: row.subject, verb, from, to: row.at, code, error, before, after, isMade: false };
}
