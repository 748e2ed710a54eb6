import { fleetOf } from '../decision/fleet.ts';
import type { Deps } from '../deps.ts';
import { isHeartbeat, isOwn } from '../domain/alert.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';
import { type AlertReading, SignalError } from '../domain/signals.ts';
import type { Target } from '../domain/target.ts';
import { lastEndedAt, ongoingEpisodeOf, openFingerprints } from '../store/episodes.ts';
import { lastObserved, noteObservation, type Observed } from '../store/observations.ts';
import { noteScrapes, type Scraped } from './record-scrapes.ts';
import { digest, packAlert, packRule, packTarget, steadyQuery } from './shapes.ts';

/** The same answer is written again after so long, so that retention never removes the only row that has it. */
const RENEWED: Millis = 24 * 3_600_000;
/** Larger fleets are kept as far as something happens to them: a list of thousands is too long to compare each second. */
const LISTED_AT_MOST = 500;
/** Subjects that are remembered; of others the log is asked. */
const REMEMBERED = 20_000;
/** Under this uptime Alertmanager may not know its alerts yet. */
const YOUNG: Millis = 120_000;

type Ports = Pick<Deps, 'platform' | 'alertmanager' | 'prometheus'>;

interface Known {
  value: string;
  at: Instant;
  /** When that was last heard. */
  seen: Instant;
}

/**
 * The same ports, which keep what they are told: each answer that differs from the last one about the same thing goes into the
 * log with the next transaction that writes something. It adds no sync, changes no answer and asks nothing.
 */
export function recordObservations(ports: Ports, { db, now }: Pick<Deps, 'db' | 'now'>): Ports {
  const known = new Map<string, Known>();
  const scraped = new Map<string, Scraped>();
  let inPrometheus = new Set<string>();
  let inAlertmanager = new Set<string>();
  /** Alerts that were worked on when Alertmanager was read last. */
  let wereOpen = new Set<string>();
  let listed: readonly Target[] | null = null;
  let reading: AlertReading | null = null;
  let targets = new Set<string>();

  /**
   * @param name what tells the subject apart; the subject itself is only made where something is written
   * @param more what is written beside the value, where that is written
   * @param news since then something else spoke for another answer: the same one is written again after it
   */
  function saw(
    kind: Observed,
    name: string,
    value: object,
    {
      at = now(),
      more = null,
      subject = () => name,
      news = Number.NEGATIVE_INFINITY,
    }: { at?: Instant; more?: object | null; subject?: () => string; news?: Instant | undefined } = {},
  ): void {
    const key = `${kind} ${name}`;
    const text = JSON.stringify(value);
    let last = known.get(key);
    if (last === undefined) {
      const before = lastObserved(db, kind, subject());
      if (before !== undefined) last = { ...before, seen: before.at };
    }
    if (last?.value === text && at - last.at < RENEWED && last.at >= news) {
      last.seen = at;
      known.set(key, last);
      return;
    }
    if (known.size >= REMEMBERED) known.clear();
    known.set(key, { value: text, at, seen: at });
    const whole = more === null ? text : JSON.stringify({ ...value, ...more });
    noteObservation(db, { kind, subject: subject(), at, since: last?.seen ?? null, value: whole });
  }

  const isKnown = (kind: Observed, name: string): boolean => known.has(`${kind} ${name}`);

  /** Keeps what a port answered, or why it did not. */
  async function heard<T>(asked: Promise<T>, answered: (answer: T) => void, failed: (why: object) => void) {
    try {
      const answer = await asked;
      answered(answer);
      return answer;
    } catch (error) {
      if (error instanceof PlatformError) failed({ error: error.message, code: error.code });
      else if (error instanceof SignalError) failed({ error: error.message });
      throw error;
    }
  }

  const sawTarget = (target: Target) => saw('target', target.id, packTarget(target));

  function sawList(all: readonly Target[]): void {
    // One list is shared by many that ask.
    if (all === listed) return;
    listed = all;
    saw('fleet', '', { size: fleetOf(all).size });
    const isLong = all.length > LISTED_AT_MOST;
    for (const target of all) if (!isLong || isKnown('target', target.id)) sawTarget(target);
    const there = new Set(all.map(({ id }) => id));
    for (const id of targets)
      if (!there.has(id)) saw('target', id, { error: `there is no ${id}`, code: 'not_found' });
    targets = there;
  }

  function sawReading(one: AlertReading): void {
    // One reading is shared too.
    if (one === reading) return;
    reading = one;
    const { alerts, uptime, at } = one;
    saw('alertmanager', '', { up: uptime < YOUNG ? Math.round((at - uptime) / 10_000) * 10_000 : null });
    const there = new Set<string>();
    const open = new Set(openFingerprints(db));
    for (const [fingerprint, alert] of alerts) {
      if (isOwn(alert.labels) || isHeartbeat(alert.labels)) continue;
      there.add(fingerprint);
      const isNew = !inAlertmanager.has(fingerprint) && !open.has(fingerprint);
      const { labels, annotations, startsAt, generatorURL } = alert;
      const more = isNew ? { more: { labels, annotations, startsAt, generatorURL } } : null;
      // It is said to have ended, and is there.
      const hasEnded = wereOpen.has(fingerprint) && !open.has(fingerprint);
      const news = hasEnded ? (lastEndedAt(db, fingerprint) ?? undefined) : undefined;
      saw('alert', fingerprint, packAlert(alert), { more, news });
    }
    for (const fingerprint of new Set([...inAlertmanager, ...open])) {
      if (there.has(fingerprint)) continue;
      // A delivery that came late says that it fires, and it is not there.
      const last = ongoingEpisodeOf(db, fingerprint);
      const news = last?.source === 'alertmanager' ? last.lastSeenAt : undefined;
      saw('alert', fingerprint, { state: 'absent' }, { news });
    }
    inAlertmanager = there;
    wereOpen = open;
  }

  function sawRules(rules: Awaited<ReturnType<Ports['prometheus']['rules']>>): void {
    saw('prometheus', '', { ok: 1 });
    const there = new Set<string>();
    for (const rule of rules) {
      const name = `${rule.name}\n${rule.query}`;
      const subject = () => digest(name);
      saw('rule', name, packRule(rule), { subject, more: { at: rule.lastEvaluation } });
      for (const { labels, state } of rule.alerts) {
        const one = `${name}\n${JSON.stringify(labels)}`;
        there.add(one);
        const more = inPrometheus.has(one) ? null : { rule: digest(name), labels };
        saw('pending', one, { state }, { subject: () => digest(one), more });
      }
    }
    for (const one of inPrometheus)
      if (!there.has(one)) saw('pending', one, { state: 'gone' }, { subject: () => digest(one) });
    inPrometheus = there;
  }

  const { platform, alertmanager, prometheus } = ports;
  return {
    platform: {
      ...platform,
      find: (service) =>
        heard(
          platform.find(service),
          (all) => {
            saw('service', service, { ids: all.map(({ id }) => id) });
            for (const target of all) sawTarget(target);
          },
          (why) => saw('service', service, why),
        ),
      list: () => heard(platform.list(), sawList, (why) => saw('fleet', '', why)),
      inspect: (id) => heard(platform.inspect(id), sawTarget, (why) => saw('target', id, why)),
      act(verb, id, grace, atMost) {
        const from = now();
        const ended = (how: object) =>
          noteObservation(db, {
            ...{ kind: 'call', subject: id, at: now(), since: null },
            value: JSON.stringify({ verb, from, ...how }),
          });
        return heard(platform.act(verb, id, grace, atMost), () => ended({}), ended);
      },
    },
    alertmanager: {
      send: (alerts) => alertmanager.send(alerts),
      read: (outside) => heard(alertmanager.read(outside), sawReading, (why) => saw('alertmanager', '', why)),
    },
    prometheus: {
      series: (query) => prometheus.series(query),
      rules: () => heard(prometheus.rules(), sawRules, (why) => saw('prometheus', '', why)),
      samples: (selector, back) =>
        heard(
          prometheus.samples(selector, back),
          (samples) => {
            const { states, next } = noteScrapes(samples, back, scraped.get(selector) ?? null, now());
            scraped.set(selector, next);
            for (const { at, up, every } of states) saw('scrapes', selector, { up, every }, { at });
          },
          (why) => saw('scrapes', selector, why),
        ),
      value(query) {
        const name = steadyQuery(query);
        const subject = () => digest(name);
        return heard(
          prometheus.value(query),
          (value) => saw('query', name, { value }, { subject }),
          (why) => saw('query', name, why, { subject }),
        );
      },
    },
  };
}
