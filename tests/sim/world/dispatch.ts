import { isOwn } from '../../../services/alert-bot/src/domain/alert.ts';
import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { Held, Peer, Suppression } from './alertmanager.ts';
import type { Ground } from './ground.ts';

/**
 * Sends a webhook to the bot, if one is there to take it.
 * @param answered whether it was acknowledged; never called where no answer comes
 */
export type Post = (body: string, source: string, answered: (acknowledged: boolean) => void) => void;

const TICK: Millis = 1_000;
const GROUP_INTERVAL: Millis = 5_000;
const REPEAT: Millis = 10_000;
const QUIET_REPEAT: Millis = 30_000;
/** How long the second peer waits for news that the first has notified. */
const PEER_WAITS: Millis = 3_000;
/** Alertmanager gives an answer up to a group interval. */
const ANSWER_WITHIN: Millis = 10_000;

interface Parts {
  peers: readonly Peer[];
  isUp(peer: Peer): boolean;
  isCutOff(peer: Peer): boolean;
  suppressionOf(peer: Peer, labels: Held['labels']): Suppression | undefined;
  post: Post;
}

/** Alertmanager's notifications: repeats, ends, retries, two peers of which one waits for the other. */
export function createDispatch(ground: Ground, { peers, isUp, isCutOff, suppressionOf, post }: Parts) {
  const { time, wall, trace } = ground;
  const random = ground.random('dispatch');
  const onItsWay = new Set<string>();
  const waitingSince = new Map<string, Millis>();

  function tick(peer: Peer): void {
    time.after(TICK, () => tick(peer));
    if (!isUp(peer)) return;
    for (const alert of [...peer.alerts.values()]) {
      const status = alert.expiresAt > time.now() ? 'firing' : 'resolved';
      if (isOwn(alert.labels)) {
        if (status === 'resolved') peer.alerts.delete(alert.fingerprint);
        continue;
      }
      const key = `${peer.name}/${alert.fingerprint}`;
      if (onItsWay.has(key)) continue;
      if (!isDue(peer, alert, status)) {
        waitingSince.delete(key);
        continue;
      }
      const since = waitingSince.get(key) ?? time.now();
      waitingSince.set(key, since);
      if (time.now() - since < peer.index * PEER_WAITS) continue;
      waitingSince.delete(key);
      notify(peer, alert, status, key);
    }
  }

  function isDue(peer: Peer, alert: Held, status: 'firing' | 'resolved'): boolean {
    const last = peer.notified.get(alert.fingerprint);
    if (status === 'resolved') {
      if (last?.status === 'firing') return time.now() - last.at >= GROUP_INTERVAL;
      peer.alerts.delete(alert.fingerprint);
      return false;
    }
    if (suppressionOf(peer, alert.labels) !== undefined) return false;
    if (last === undefined) return true;
    return (
      time.now() - last.at >=
      (last.status === 'resolved' ? GROUP_INTERVAL : ground.quiet ? QUIET_REPEAT : REPEAT)
    );
  }

  function notify(peer: Peer, alert: Held, status: 'firing' | 'resolved', key: string): void {
    onItsWay.add(key);
    const body = bodyOf([alert], status, wall());
    const label = `${peer.name}: ${alert.labels['alertname']} ${alert.labels['service'] ?? ''} ${status}`;
    const done = (isOk: boolean): void => {
      onItsWay.delete(key);
      if (!isOk) return;
      for (const other of peers)
        if (other === peer || !(isCutOff(peer) || isCutOff(other)))
          other.notified.set(alert.fingerprint, { at: time.now(), status });
    };
    attempt(body, label, 1, done);
    // One that was sent by both, or twice on the way.
    if (random.chance(0.06))
      time.after(random.int(100, 9_000), () => post(body, `${label} (again)`, () => {}));
  }

  function attempt(body: string, label: string, number: number, done: (isOk: boolean) => void): void {
    const delay = random.chance(0.1) ? random.int(1_000, 8_000) : random.int(5, 100);
    let isOver = false;
    const failed = (): void => {
      if (isOver) return;
      isOver = true;
      if (number >= 4) done(false);
      else time.after(500 * 2 ** number, () => attempt(body, label, number + 1, done));
    };
    time.after(delay, () => {
      if (!ground.quiet && random.chance(0.04)) {
        trace.event('network', `loses ${label}`);
        time.after(2_000, failed);
        return;
      }
      const isAnswerLost = !ground.quiet && random.chance(0.03);
      post(body, label, (isOk) => {
        if (isAnswerLost || !isOk) failed();
        else if (!isOver) {
          isOver = true;
          done(true);
        }
      });
      time.after(ANSWER_WITHIN, failed);
    });
  }

  return {
    start: (): void => {
      for (const peer of peers) time.after(300 + 70 * peer.index, () => tick(peer));
    },
  };
}

/** A webhook of version 4, each alert a group of its own. */
export function bodyOf(alerts: readonly Held[], status: 'firing' | 'resolved', now: number): string {
  const [first] = alerts;
  return JSON.stringify({
    version: '4',
    groupKey: `{}:{${first?.fingerprint ?? ''}}`,
    status,
    receiver: 'alert-bot',
    truncatedAlerts: 0,
    alerts: alerts.map((alert) => ({
      status,
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: new Date(alert.startsAt).toISOString(),
      endsAt: status === 'resolved' ? new Date(now).toISOString() : '0001-01-01T00:00:00Z',
      generatorURL: alert.generatorURL,
      fingerprint: alert.fingerprint,
    })),
  });
}
