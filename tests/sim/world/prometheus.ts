import { fingerprint, type Labels } from '../../../services/alert-bot/src/domain/alert.ts';
import type { Instant, Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import {
  type AlertingRule,
  type Sample,
  SignalError,
} from '../../../services/alert-bot/src/domain/signals.ts';
import type { SimAlertmanager } from './alertmanager.ts';
import type { Ground } from './ground.ts';
import type { Host, Service } from './host.ts';

interface RuleAlert {
  labels: Labels;
  fingerprint: string;
  service: Service;
  pendingSince: Millis;
  startsAt: Instant;
  state: 'pending' | 'firing';
  sentAt: Millis;
}

interface Rule {
  name: 'HighErrorRate' | 'ServiceDown';
  query: string;
  range: Millis;
  holds: Millis;
  alerts: Map<string, RuleAlert>;
  isTrue(service: Service): boolean;
}

/** How often an alert that fires is sent again, and how long Alertmanager believes it. */
const RESEND: Millis = 6_000;
const BELIEVED: Millis = 30_000;
const KEPT: Millis = 150_000;

export type SimPrometheus = ReturnType<typeof createPrometheus>;

/** Scrapes, evaluates two rules, and tells Alertmanager; rules that look back fire for a while after the cure. */
export function createPrometheus(ground: Ground, host: Host, alertmanager: SimAlertmanager) {
  const { time, trace, wall, plan } = ground;
  const random = ground.random('prometheus');
  const { every, range, holds } = plan.rule;
  const lastErrors = new Map<Service, Millis>();
  const scrapes = new Map<string, { at: Instant; when: Millis; value: number }[]>();
  let lastEvaluation = wall();
  let downUntil = 0;
  let apiDownUntil = 0;
  /** When the scrapes of a service were last asked for: it is being proven. */
  const provenAt = new Map<string, Millis>();
  const outages: { from: Millis; until: Millis }[] = [];
  /** When a rule fired about a service; to the end of time while it does. Forgotten or not, only the rule ends it. */
  const fired: { service: string; rule: string; from: Millis; to: Millis }[] = [];

  const rules: Rule[] = [
    {
      name: 'HighErrorRate',
      query: 'errors:rate > 0.2',
      range,
      holds,
      alerts: new Map(),
      // Where nothing runs there are no series, and what they said is over.
      isTrue: (service) =>
        service.boxes.some((box) => box.running) &&
        (lastErrors.get(service) ?? -Infinity) > time.now() - range,
    },
    {
      name: 'ServiceDown',
      query: 'up == 0',
      range: 0,
      holds: 3_000,
      alerts: new Map(),
      isTrue: (service) => service.plan.hasDownRule && service.boxes.some((box) => !box.running),
    },
  ];

  function tick(): void {
    time.after(every, tick);
    for (const service of host.services) if (service.plan.project === 'shop') scrape(service);
    if (time.now() < downUntil) return;
    lastEvaluation = wall();
    for (const rule of rules)
      for (const service of host.services) if (service.plan.project === 'shop') evaluate(rule, service);
  }

  function scrape(service: Service): void {
    if (host.fails(service)) host.lastBad.set(service, time.now());
    if (time.now() < downUntil) return;
    if (service.boxes.some((box) => box.running) && host.fails(service)) lastErrors.set(service, time.now());
    if (service.removed) return;
    const kept = (scrapes.get(service.plan.name) ?? []).filter(({ when }) => when > time.now() - KEPT);
    kept.push({ at: wall(), when: time.now(), value: service.boxes.every((box) => box.running) ? 1 : 0 });
    scrapes.set(service.plan.name, kept);
  }

  function evaluate(rule: Rule, service: Service): void {
    const { name, severity } = service.plan;
    const labels = { alertname: rule.name, service: name, severity, remediation: 'auto' };
    const key = service.id;
    const known = rule.alerts.get(key);
    const span = fired.findLast((one) => one.service === name && one.rule === rule.name);
    const isOpen = span?.to === Number.POSITIVE_INFINITY;
    if (!rule.isTrue(service)) {
      if (isOpen) span.to = time.now();
      if (known === undefined) return;
      rule.alerts.delete(key);
      if (known.state === 'firing') {
        trace.event('rule', `${rule.name} of ${name} is over`);
        alertmanager.receive(toSend(rule, known, wall()), true);
      }
      return;
    }
    const alert: RuleAlert = known ?? {
      labels,
      fingerprint: fingerprint(labels),
      service,
      pendingSince: time.now(),
      startsAt: wall(),
      state: 'pending',
      sentAt: Number.NEGATIVE_INFINITY,
    };
    if (known === undefined) rule.alerts.set(key, alert);
    if (alert.state === 'pending') {
      if (time.now() - alert.pendingSince < rule.holds) return;
      alert.state = 'firing';
      if (!isOpen)
        fired.push({ service: name, rule: rule.name, from: time.now(), to: Number.POSITIVE_INFINITY });
      alert.startsAt = wall();
      trace.event('rule', `${rule.name} of ${name} fires`);
    }
    if (time.now() - alert.sentAt < RESEND) return;
    alert.sentAt = time.now();
    alertmanager.receive(toSend(rule, alert, wall() + BELIEVED), false);
  }

  const toSend = (rule: Rule, alert: RuleAlert, endsAt: Instant) => ({
    fingerprint: alert.fingerprint,
    labels: alert.labels,
    startsAt: alert.startsAt,
    endsAt,
    generatorURL: `http://prometheus/graph?g0.expr=${encodeURIComponent(rule.query)}`,
  });

  function assertThere(): void {
    if (time.now() < Math.max(downUntil, apiDownUntil)) throw new SignalError('Prometheus does not answer');
  }

  time.after(500, tick);
  return {
    outages,
    fired,
    provenAt,
    goAway(lasts: Millis, onlyApi: boolean): void {
      outages.push({ from: time.now(), until: time.now() + lasts });
      if (onlyApi) apiDownUntil = time.now() + lasts;
      else downUntil = time.now() + lasts;
      trace.event('prometheus', `${onlyApi ? 'does not answer' : 'is down'} for ${lasts / 1000} s`);
    },
    comeBack(): void {
      downUntil = 0;
      apiDownUntil = 0;
    },
    /** Restarted without a memory of what was pending and firing: nobody says `resolved` for it. */
    forget(): void {
      trace.event('prometheus', 'restarts and forgets');
      for (const rule of rules) rule.alerts.clear();
    },
    latency: (): Millis => (time.now() < Math.max(downUntil, apiDownUntil) ? 300 : random.int(1, 30)),
    rules(): AlertingRule[] {
      assertThere();
      return rules.map((rule) => ({
        name: rule.name,
        query: rule.query,
        holds: rule.holds,
        keepFiringFor: 0,
        interval: every,
        lastEvaluation,
        healthy: true,
        alerts: [...rule.alerts.values()].map(({ labels, state }) => ({ labels, state })),
        range: rule.range,
      }));
    },
    value(query: string): number | null {
      assertThere();
      const name = /service="([^"]*)"/.exec(query)?.[1];
      const service = host.services.find((one) => one.plan.name === name);
      return service === undefined ? null : host.fails(service) ? 1 : 0;
    },
    series(): [] {
      assertThere();
      return [];
    },
    samples(selector: string, back: Millis): Sample[] {
      assertThere();
      const name = /service="([^"]*)"/.exec(selector)?.[1] ?? '';
      provenAt.set(name, time.now());
      return (scrapes.get(name) ?? [])
        .filter(({ at }) => at > wall() - back)
        .map(({ at, value }) => ({ at, value }));
    },
    /** Whether any rule has had a reason to look at a service as bad, in its range. */
    isAlerting: (service: Service): boolean => rules.some((rule) => rule.alerts.has(service.id)),
  };
}
