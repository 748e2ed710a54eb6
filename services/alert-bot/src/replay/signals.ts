import { expressionOf } from '../decision/rules.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import {
  type AlertingRule,
  type AlertmanagerPort,
  type AlertReading,
  type CurrentAlert,
  type PrometheusPort,
  type Sample,
  SignalError,
} from '../domain/signals.ts';
import type { Told } from './record-read.ts';
import { lastRound, rounds } from './rounds.ts';
import { digest, type ObservedRule, read, steadyQuery } from './shapes.ts';
import type { VirtualTime } from './time.ts';
import type { World } from './world.ts';

/** Alertmanager, where nothing says that it was restarted. */
const LONG_UP: Millis = 24 * 3_600_000;
/** A delivery that no reading ever bore out, such as one that came late, holds for so long. */
const FIRES_FOR: Millis = 60_000;
/** What was not delivered by then was missed. */
const DELIVERED_WITHIN: Millis = 60_000;
/** How rules and scrapes go where the record does not say: as in Prometheus' own defaults. */
const USUALLY_EVERY: Millis = 15_000;
const USUAL_RANGE: Millis = 60_000;

/** What was asked of the record that is not in it. */
export interface Assumed {
  rules: Set<string>;
  scrapes: Set<string>;
  queries: Set<string>;
}

/**
 * Alertmanager as it was recorded: what was delivered, and what its readings said of it.
 * @param isOpen whether an alert, by fingerprint, is being worked on
 */
export function createReplayAlertmanager(
  world: World,
  time: VirtualTime,
  isOpen: (fingerprint: string) => boolean,
): AlertmanagerPort & {
  /** A reading of a sweep: without what was delivered, has ended and was in no reading, such as what came late. */
  readForSweep: AlertmanagerPort['read'];
  /** The same without what is about to be delivered, for sweeps at a time of their own. */
  readOfDelivered: AlertmanagerPort['read'];
} {
  function current(patience: Millis, isSweep: boolean): Map<string, CurrentAlert> {
    const alerts = new Map<string, CurrentAlert>();
    for (const [fingerprint, seen] of world.alerts) {
      if (seen.state === 'absent') continue;
      const last = world.delivered.get(fingerprint);
      if (last !== undefined && last.at > seen.at && last.alert.status === 'resolved') continue;
      const isDelivered = last?.alert.status === 'firing';
      if (!isDelivered && time.now() - seen.since < patience) continue;
      const alert = isDelivered ? last.alert : (world.undelivered.get(fingerprint) ?? last?.alert);
      if (alert === undefined) continue;
      const { labels, annotations, startsAt, generatorURL } = alert;
      alerts.set(fingerprint, {
        ...{ fingerprint, labels, annotations, startsAt, generatorURL },
        ...{ status: 'firing', endsAt: null, state: seen.state, suppressedBy: seen.by ?? [] },
      });
    }
    for (const [fingerprint, { at, alert }] of world.delivered) {
      if (alert.status === 'resolved' || time.now() - at > FIRES_FOR) continue;
      const seen = world.alerts.get(fingerprint);
      if (seen !== undefined && seen.at >= at) continue;
      if (isSweep && !isOpen(fingerprint)) continue;
      alerts.set(fingerprint, { ...alert, state: 'active', suppressedBy: [] });
    }
    return alerts;
  }

  function reading(at: Instant, patience: Millis, isSweep: boolean): AlertReading {
    const state = world.alertmanager();
    if ('error' in state) throw new SignalError(state.error);
    const uptime = state.up === null ? LONG_UP : Math.max(0, time.now() - state.up);
    return { at, alerts: current(patience, isSweep), uptime, failures: [] };
  }

  return {
    read: async (at) => reading(at, 0, false),
    readForSweep: async (at) => reading(at, 0, true),
    readOfDelivered: async (at) => reading(at, DELIVERED_WITHIN, true),
    send: () => Promise.resolve([]),
  };
}

/** Prometheus as it was recorded. What was never asked then is assumed, and counted. */
export function createReplayPrometheus(
  world: World,
  time: VirtualTime,
): PrometheusPort & { assumed: Assumed } {
  const assumed: Assumed = { rules: new Set(), scrapes: new Set(), queries: new Set() };

  const assertThere = (): void => {
    const away = world.prometheus();
    if (away !== null) throw new SignalError(away.error);
  };

  /** Rules of alerts that were delivered, where no rule of that name was ever seen: as long as it fires, it is alerting. */
  function unseenRules(): AlertingRule[] {
    const rules = new Map<string, AlertingRule & { alerts: AlertingRule['alerts'][number][] }>();
    for (const { alert } of world.delivered.values()) {
      const name = alert.labels['alertname'];
      if (name === undefined || world.knownRules.has(name)) continue;
      assumed.rules.add(name);
      const known = rules.get(name);
      const rule = known ?? { ...unseen(name, expressionOf(alert.generatorURL) ?? ''), alerts: [] };
      rules.set(name, rule);
      if (alert.status === 'firing') rule.alerts.push({ labels: alert.labels, state: 'firing' });
    }
    return [...rules.values()];
  }

  const unseen = (name: string, query: string): Omit<AlertingRule, 'alerts'> => ({
    ...{
      name,
      query,
      holds: 0,
      keepFiringFor: 0,
      interval: USUALLY_EVERY,
      healthy: true,
      range: USUAL_RANGE,
    },
    lastEvaluation: lastRound(0, USUALLY_EVERY, time.now()),
  });

  return {
    assumed,
    async rules() {
      assertThere();
      const alerts = Map.groupBy(world.pendings.values(), ({ rule }) => rule);
      const seen = [...world.rules].map(([id, rule]) => ({
        ...ruleOf(rule, time.now()),
        alerts: alerts.get(id) ?? [],
      }));
      return [...seen, ...unseenRules()];
    },
    async samples(selector, back) {
      const told = world.scrapes.get(selector);
      if (told === undefined) assumed.scrapes.add(selector);
      return samplesOf(told ?? [], time.now() - back, time.now());
    },
    async value(query) {
      const known = world.queries.get(digest(steadyQuery(query)));
      if (known === undefined) {
        assumed.queries.add(steadyQuery(query));
        throw new SignalError('the past did not ask this');
      }
      if (known !== null && typeof known !== 'number') throw new SignalError(known.error);
      return known;
    },
    series: () => Promise.resolve([]),
  };
}

const ruleOf = (rule: ObservedRule, now: Instant): Omit<AlertingRule, 'alerts'> => ({
  name: rule.name,
  query: rule.query,
  holds: rule.holds,
  keepFiringFor: rule.keeps ?? 0,
  interval: rule.every,
  healthy: rule.sick === undefined,
  range: rule.range,
  lastEvaluation: lastRound(rule.at ?? 0, Math.max(1, rule.every), now),
});

/** The samples of a selector between two times, as often as they were then. */
function samplesOf(told: readonly Told[], since: Instant, now: Instant): Sample[] {
  if (told.length === 0) return rounds(0, USUALLY_EVERY, since, now).map((at) => ({ at, value: 1 }));
  let first = told.length - 1;
  while (first > 0 && (told[first]?.from ?? 0) > since) first -= 1;
  const samples: Sample[] = [];
  for (let i = first; i < told.length; i++) {
    const one = told[i];
    if (one === undefined) continue;
    const state = read.scrapes(one.value);
    if ('error' in state) {
      if (i === told.length - 1) throw new SignalError(state.error);
      continue;
    }
    const { up, every } = state;
    if (up === null) continue;
    const until = Math.min(now, (told[i + 1]?.from ?? Number.POSITIVE_INFINITY) - 1);
    for (const at of rounds(one.at, every, Math.max(since, one.from), until)) {
      if (up !== 0) samples.push({ at, value: 1 });
      if (up !== 1) samples.push({ at, value: 0 });
    }
  }
  return samples;
}
