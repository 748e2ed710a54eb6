import type { Alert } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';
import type { Target, TargetId } from '../domain/target.ts';
import { createCalls, type PastCalls } from './calls.ts';
import type { ReadRecord, Told } from './record-read.ts';
import { type Away, type ObservedAlert, type ObservedRule, read, type Undelivered } from './shapes.ts';

/** An alert as it was last delivered. */
export interface Delivered {
  at: Instant;
  alert: Alert;
}

/** How an alert of a rule stands in Prometheus. */
export interface PendingAlert {
  rule: string;
  labels: Alert['labels'];
  state: 'pending' | 'firing';
}

interface SeenAlert extends ObservedAlert {
  at: Instant;
  /** Since when it is there, or not. */
  since: Instant;
}

export type World = ReturnType<typeof createWorld>;

/** What was seen outside, as it was at one time; time only goes on. */
export function createWorld(record: ReadRecord) {
  const { told } = record;
  const targets = new Map<TargetId, Target | Away>();
  const services = new Map<string, readonly TargetId[] | Away>();
  const alerts = new Map<string, SeenAlert>();
  const undelivered = new Map<string, Undelivered>();
  const rules = new Map<string, ObservedRule>();
  const pendings = new Map<string, PendingAlert>();
  const pendingOf = new Map<string, Pick<PendingAlert, 'rule' | 'labels'>>();
  /** All of a selector, oldest first: a look goes back in time. */
  const scrapes = new Map<string, Told[]>();
  const queries = new Map<string, number | null | Away>();
  const delivered = new Map<string, Delivered>();
  const calls: PastCalls = createCalls(record.calls);
  let fleet: number | null | Away = null;
  let alertmanager: { up: Instant | null } | Away = { up: null };
  let prometheus: Away | null = null;
  let next = 0;
  let version = 0;

  function apply(one: Told): void {
    const { kind, subject, value, at } = one;
    switch (kind) {
      case 'target':
        if (one.target !== null) targets.set(subject, one.target);
        version += 1;
        return;
      case 'service': {
        const found = read.service(value);
        services.set(subject, 'error' in found ? found : found.ids);
        return;
      }
      case 'fleet': {
        const found = read.fleet(value);
        fleet = 'error' in found ? found : found.size;
        version += 1;
        return;
      }
      case 'alert': {
        const found = read.alert(value);
        if ('error' in found) return;
        if (found.more !== undefined) undelivered.set(subject, found.more);
        const before = alerts.get(subject);
        const isSame = before !== undefined && (before.state === 'absent') === (found.state === 'absent');
        alerts.set(subject, { ...found, at, since: isSame ? before.since : at });
        return;
      }
      case 'alertmanager':
        alertmanager = read.alertmanager(value);
        return;
      case 'prometheus': {
        const found = read.prometheus(value);
        prometheus = 'error' in found ? found : null;
        return;
      }
      case 'rule': {
        const found = read.rule(value);
        if (!('error' in found)) rules.set(subject, { ...found, at: found.at ?? at });
        return;
      }
      case 'pending': {
        const found = read.pending(value);
        if ('error' in found) return;
        const { state, rule, labels } = found;
        if (rule !== undefined && labels !== undefined) pendingOf.set(subject, { rule, labels });
        const of = pendingOf.get(subject);
        if (state === 'gone' || of === undefined) pendings.delete(subject);
        else pendings.set(subject, { ...of, state });
        return;
      }
      case 'scrapes': {
        const of = scrapes.get(subject) ?? [];
        scrapes.set(subject, of);
        of.push(one);
        return;
      }
      case 'query': {
        const found = read.query(value);
        queries.set(subject, 'error' in found ? found : found.value);
        return;
      }
      case 'call':
      case 'sweep':
        return;
    }
  }

  return {
    calls,
    /** Everything that was seen until then holds. */
    goTo(now: Instant): void {
      for (let one = told[next]; one !== undefined && one.from <= now; one = told[next]) {
        apply(one);
        next += 1;
      }
    },
    /** Raised whenever a target may look otherwise. */
    version: (now: Instant) => version + calls.version(now),
    targets: targets as ReadonlyMap<TargetId, Target | Away>,
    services: services as ReadonlyMap<string, readonly TargetId[] | Away>,
    alerts: alerts as ReadonlyMap<string, SeenAlert>,
    undelivered: undelivered as ReadonlyMap<string, Undelivered>,
    rules: rules as ReadonlyMap<string, ObservedRule>,
    pendings: pendings as ReadonlyMap<string, PendingAlert>,
    scrapes: scrapes as ReadonlyMap<string, readonly Told[]>,
    queries: queries as ReadonlyMap<string, number | null | Away>,
    /** What the deliveries said last of each alert; written by the feed. */
    delivered,
    fleet: () => fleet,
    alertmanager: () => alertmanager,
    prometheus: () => prometheus,
    /** Names of rules that were seen at any time. */
    knownRules: new Set(
      told.flatMap((one) => {
        if (one.kind !== 'rule') return [];
        const found = read.rule(one.value);
        return 'error' in found ? [] : [found.name];
      }),
    ) as ReadonlySet<string>,
    /** Ids of targets that were seen at any time. */
    knownTargets: new Map(
      told.flatMap((one) =>
        one.target === null || 'error' in one.target ? [] : [[one.subject, one.target.service] as const],
      ),
    ) as ReadonlyMap<TargetId, string>,
  };
}
