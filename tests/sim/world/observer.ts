import { isOwn } from '../../../services/alert-bot/src/domain/alert.ts';
import type { Instant, Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { SimAlertmanager } from './alertmanager.ts';
import type { Ground } from './ground.ts';
import type { Box, Host, Service } from './host.ts';

const EVERY: Millis = 500;

/** A time in which something was so whenever it was looked at. */
export interface Span {
  from: Millis;
  to: Millis;
}

/** What was true of a service when a call for it came. */
export interface Seen {
  /** Log time as it should be: the wall clock, but never going back. */
  log: Instant;
  /** What it depends on and how long that has been known to be unwell; members of its cycles are left out. */
  unwell: { service: string; why: string; since: Millis }[];
  /** When it last had a trouble of its own, or one of what it needs. */
  lastBad: Millis;
  /** When each of its containers was last well. */
  lastWell: ReadonlyMap<string, Millis>;
  /** Names of the alerts about it that the bot read or was sent as firing. */
  alerts: ReadonlySet<string>;
}

export type Observer = ReturnType<typeof createObserver>;

/** Looks at the world twice a second, so that it can be said since when something has been so. */
export function createObserver(ground: Ground, host: Host, alertmanager: SimAlertmanager) {
  const { time } = ground;
  const unwellSince = new Map<string, Millis>();
  const lastWell = new Map<string, Millis>();
  const alerts = new Map<string, Map<string, Millis>>();
  const bad = new Map<string, Span[]>();
  const badWhileUp = new Map<string, Span[]>();
  const down = new Map<string, Span[]>();
  const unwell = new Map<string, Span[]>();

  const needs = new Map(
    host.services.map((one) => [one.plan.name, one.plan.dependsOn.map((it) => it.service)]),
  );

  /** Whether one service needs another, over however many steps. */
  function needsAlso(from: string, to: string, seen: ReadonlySet<string> = new Set()): boolean {
    if (seen.has(from)) return false;
    const direct = needs.get(from) ?? [];
    return direct.includes(to) || direct.some((next) => needsAlso(next, to, new Set([...seen, from])));
  }

  const isWell = (box: Box): boolean =>
    box.running && host.health(box) !== 'unhealthy' && host.health(box) !== 'starting';

  function whyUnwell(service: Service): string | null {
    const why = host.whyUnwell(service, 'started');
    if (why !== null) return why;
    return alertmanager.isActive(service.plan.name) ? 'its alert fires' : null;
  }

  function look(): void {
    time.after(EVERY, look);
    ground.log();
    for (const service of host.services) {
      const { name } = service.plan;
      if (whyUnwell(service) === null) unwellSince.delete(name);
      else if (!unwellSince.has(name)) unwellSince.set(name, time.now());
      for (const box of service.boxes) if (isWell(box)) lastWell.set(box.slot, time.now());
      if (host.isTroubled(service) || host.fails(service) || service.boxes.some((box) => !box.running))
        sawBad(bad, service);
      if (host.fails(service)) sawBad(badWhileUp, service);
      if (service.removed || service.boxes.some((box) => !box.running)) sawBad(down, service);
      if (service.removed || service.boxes.some((box) => !isWell(box))) note(unwell, service);
    }
  }
  time.after(10, look);

  function sawBad(seen: Map<string, Span[]>, service: Service): void {
    host.lastBad.set(service, time.now());
    note(seen, service);
  }

  function note(seen: Map<string, Span[]>, service: Service): void {
    const now = time.now();
    const spans = seen.get(service.plan.name) ?? [];
    seen.set(service.plan.name, spans);
    const last = spans.at(-1);
    if (last !== undefined && now - last.to <= EVERY) last.to = now;
    else spans.push({ from: now, to: now });
  }

  return {
    needsAlso,
    /** When a service had a trouble of its own, or one of what it needs. */
    badSpans: (name: string): readonly Span[] => bad.get(name) ?? [],
    /** The same without the moments in which one that dies again and again runs and has not died yet. */
    badSpansWhileUp: (name: string): readonly Span[] => badWhileUp.get(name) ?? [],
    /** When a container of it did not run, or was not healthy. */
    unwellSpans: (name: string): readonly Span[] => unwell.get(name) ?? [],
    /** When a container of it did not run. */
    downSpans: (name: string): readonly Span[] => down.get(name) ?? [],
    /** Names of the alerts about a service that the bot had heard of by then. */
    heardOf: (name: string, by: Millis): string[] =>
      [...(alerts.get(name) ?? [])].flatMap(([alert, at]) => (at <= by ? [alert] : [])),
    sawAlert(labels: Readonly<Record<string, string>>): void {
      const { service, alertname } = labels;
      if (service === undefined || alertname === undefined || isOwn(labels)) return;
      const known = alerts.get(service) ?? new Map<string, Millis>();
      alerts.set(service, known);
      if (!known.has(alertname)) known.set(alertname, time.now());
    },
    witness(service: Service): Seen {
      const { name, dependsOn } = service.plan;
      return {
        log: ground.log(),
        unwell: dependsOn.flatMap(({ service: needed }) => {
          const since = unwellSince.get(needed);
          const why = whyUnwell(host.serviceOf(needed));
          if (since === undefined || why === null || needsAlso(needed, name)) return [];
          return [{ service: needed, why, since }];
        }),
        lastBad: host.lastBad.get(service) ?? Number.NEGATIVE_INFINITY,
        lastWell: new Map(
          service.boxes.map((box) => [box.slot, isWell(box) ? time.now() : (lastWell.get(box.slot) ?? -1)]),
        ),
        alerts: new Set(alerts.get(name)?.keys()),
      };
    },
  };
}
