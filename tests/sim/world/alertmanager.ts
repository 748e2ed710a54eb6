import { fingerprint, isOwn, type Labels } from '../../../services/alert-bot/src/domain/alert.ts';
import type { Instant, Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import {
  type AlertReading,
  type CurrentAlert,
  type OutgoingAlert,
  SignalError,
} from '../../../services/alert-bot/src/domain/signals.ts';
import { mergePeers } from '../../../services/alert-bot/src/signals/peers.ts';
import { createDispatch, type Post } from './dispatch.ts';
import type { Ground } from './ground.ts';

/** An alert as one peer holds it. */
export interface Held {
  fingerprint: string;
  labels: Labels;
  annotations: Labels;
  startsAt: Instant;
  generatorURL: string;
  /** In virtual time; from then on it is resolved. */
  expiresAt: Millis;
}

export interface Peer {
  name: string;
  index: number;
  alerts: Map<string, Held>;
  /** What was notified of each alert, and when; peers that hear each other share it. */
  notified: Map<string, { at: Millis; status: 'firing' | 'resolved' }>;
  startedAt: Millis;
  downUntil: Millis;
  /** Neither Prometheus nor the other peers reach it. */
  cutOffUntil: Millis;
}

/** A person's or another alert's word that a service's alerts say nothing to anybody. */
export interface Suppression {
  kind: 'silenced' | 'inhibited';
  service: string;
  from: Millis;
  until: Millis;
}

/** What the bot sent, as the oracle reads it. */
export interface PageRecord {
  at: Millis;
  log: Instant;
  labels: Labels;
  annotations: Labels;
  startsAt: Instant;
  endsAt: Instant;
}

export type SimAlertmanager = ReturnType<typeof createAlertmanager>;

const ABOVE_ALL: Millis = 3_600_000;

/** One or two peers: what they hold, what they tell the bot, and what they are sent by it. */
export function createAlertmanager(ground: Ground, post: Post) {
  const { time, trace, wall, plan } = ground;
  const random = ground.random('alertmanager');
  const peers = Array.from(
    { length: plan.peers },
    (_, index): Peer => ({
      name: `am-${index}`,
      index,
      alerts: new Map(),
      notified: new Map(),
      startedAt: -ABOVE_ALL,
      downUntil: 0,
      cutOffUntil: 0,
    }),
  );
  const suppressions: Suppression[] = [];
  /** When no peer, or not every peer, answered. */
  const outages: { from: Millis; until: Millis }[] = [];
  const pages: PageRecord[] = [];
  /** What the bot was told, newest last. */
  const readings: {
    at: Millis;
    /** Names of services. */
    active: ReadonlySet<string>;
    suppressed: ReadonlySet<string>;
    /** Names of the active alerts of each service. */
    names: ReadonlyMap<string, ReadonlySet<string>>;
  }[] = [];
  let onActive: (labels: Labels) => void = () => {};

  const isUp = (peer: Peer): boolean => time.now() >= peer.downUntil;
  const isCutOff = (peer: Peer): boolean => time.now() < peer.cutOffUntil;

  /** A peer that is cut off has not heard of a silence that is younger than that. */
  const suppressionOf = (peer: Peer, labels: Labels): Suppression | undefined =>
    isOwn(labels) || isCutOff(peer)
      ? undefined
      : suppressions.find(
          ({ service, from, until }) =>
            service === labels['service'] && from <= time.now() && time.now() < until,
        );

  const dispatch = createDispatch(ground, { peers, isUp, isCutOff, suppressionOf, post });

  function hold(peer: Peer, alert: Omit<Held, 'annotations'> & { annotations?: Labels }): void {
    const known = peer.alerts.get(alert.fingerprint);
    peer.alerts.set(alert.fingerprint, {
      annotations: {},
      ...alert,
      startsAt: known !== undefined && known.expiresAt > time.now() ? known.startsAt : alert.startsAt,
    });
  }

  /** What Prometheus sends. */
  function receive(
    alert: { fingerprint: string; labels: Labels; startsAt: Instant; endsAt: Instant; generatorURL: string },
    isOver: boolean,
  ): void {
    for (const peer of peers) {
      if (!isUp(peer) || isCutOff(peer)) continue;
      // An end that a peer never heard the beginning of is nothing to it.
      if (isOver && !peer.alerts.has(alert.fingerprint)) continue;
      hold(peer, { ...alert, expiresAt: isOver ? time.now() : time.now() + (alert.endsAt - wall()) });
    }
  }

  const viewOf = (peer: Peer): CurrentAlert[] =>
    [...peer.alerts.values()]
      .filter((alert) => alert.expiresAt > time.now())
      .map((alert) => {
        const by = suppressionOf(peer, alert.labels);
        return {
          fingerprint: alert.fingerprint,
          status: 'firing',
          labels: alert.labels,
          annotations: alert.annotations,
          startsAt: alert.startsAt,
          endsAt: null,
          generatorURL: alert.generatorURL,
          state: by?.kind ?? 'active',
          suppressedBy: by === undefined ? [] : ['a-silence'],
        };
      });

  return {
    peers,
    pages,
    readings,
    suppressions,
    outages,
    receive,
    /** Called with each alert that the bot reads as firing. */
    tell(listener: (labels: Labels) => void): void {
      onActive = listener;
    },
    start: dispatch.start,
    goAway(which: 'all' | 'one', lasts: Millis): void {
      const some = which === 'all' ? peers : [random.pick(peers)];
      for (const peer of some) peer.downUntil = time.now() + lasts;
      outages.push({ from: time.now(), until: time.now() + lasts });
      trace.event('alertmgr', `${some.map(({ name }) => name).join(', ')} away for ${lasts / 1000} s`);
    },
    /** Restarted: it knows no alert until Prometheus sends it again. */
    forget(): void {
      const peer = random.pick(peers);
      trace.event('alertmgr', `${peer.name} restarts and forgets`);
      peer.alerts.clear();
      if (random.chance(0.5)) peer.notified.clear();
      peer.startedAt = time.now();
    },
    cutOff(lasts: Millis): void {
      const peer = peers.at(-1);
      if (peer === undefined) return;
      peer.cutOffUntil = time.now() + lasts;
      trace.event('alertmgr', `${peer.name} is cut off for ${lasts / 1000} s`);
    },
    comeBack(): void {
      for (const peer of peers) {
        peer.downUntil = 0;
        peer.cutOffUntil = 0;
      }
      for (const one of suppressions) one.until = Math.min(one.until, time.now());
    },
    suppress(kind: Suppression['kind'], service: string, lasts: Millis): void {
      suppressions.push({ kind, service, from: time.now(), until: time.now() + lasts });
      trace.event('person', `${service} is ${kind} for ${lasts / 1000} s`);
    },
    latency: (): Millis => random.int(1, 30),
    read(): AlertReading {
      const there = peers.filter(isUp);
      if (there.length === 0) throw new SignalError('no Alertmanager answers');
      const alerts = mergePeers(there.map(viewOf));
      const active = [...alerts.values()].filter((alert) => alert.state === 'active' && !isOwn(alert.labels));
      for (const alert of active) onActive(alert.labels);
      const suppressed = [...alerts.values()].filter((alert) => alert.state !== 'active');
      const services = (some: CurrentAlert[]) => new Set(some.map((alert) => alert.labels['service'] ?? ''));
      const names = new Map(
        [...Map.groupBy(active, ({ labels }) => labels['service'] ?? '')].map(([service, some]) => [
          service,
          new Set(some.map(({ labels }) => labels['alertname'] ?? '')),
        ]),
      );
      readings.push({ at: time.now(), active: services(active), suppressed: services(suppressed), names });
      return {
        at: wall(),
        alerts,
        uptime: Math.min(...there.map((peer) => time.now() - peer.startedAt)),
        failures: peers.filter((peer) => !isUp(peer)).map((peer) => peer.name),
      };
    },
    /** What the bot sends: to every peer that is there. */
    send(alerts: readonly OutgoingAlert[]): readonly string[] {
      const there = peers.filter(isUp);
      if (there.length === 0) throw new SignalError('no Alertmanager answers');
      for (const alert of alerts) {
        const { labels, annotations, startsAt, endsAt, generatorURL } = alert;
        pages.push({ at: time.now(), log: ground.log(), labels, annotations, startsAt, endsAt });
        const what = `${labels['alertname']} ${labels['reason'] ?? ''} incident ${labels['incident']} ${labels['service'] ?? ''}`;
        trace.event('page', `${endsAt > ground.log() ? 'opens' : 'ends'} ${what}`);
        const expiresAt = time.now() + (endsAt - wall());
        for (const peer of there)
          hold(peer, {
            fingerprint: fingerprint(labels),
            labels,
            annotations,
            startsAt,
            generatorURL,
            expiresAt,
          });
      }
      return peers.filter((peer) => !isUp(peer)).map((peer) => peer.name);
    },
    /** Whether the bot could read the alerts of a service as firing. */
    isActive: (service: string): boolean =>
      peers.some(
        (peer) =>
          isUp(peer) &&
          viewOf(peer).some(
            (alert) =>
              alert.state === 'active' && alert.labels['service'] === service && !isOwn(alert.labels),
          ),
      ),
  };
}
