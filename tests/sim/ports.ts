import type { Deps } from '../../services/alert-bot/src/deps.ts';
import type { Millis } from '../../services/alert-bot/src/domain/duration.ts';
import type { Platform, Verb } from '../../services/alert-bot/src/domain/platform.ts';
import type { AlertmanagerPort, PrometheusPort } from '../../services/alert-bot/src/domain/signals.ts';
import { shareReadings } from '../../services/alert-bot/src/signals/shared-reading.ts';
import { type Crashes, stackNow } from './crash-points.ts';
import type { Life } from './life.ts';
import type { World } from './world/world.ts';

/** An answer that never comes: the process that waits for it is dead. */
const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** Everything a process of the bot asks the world, each question a point at which it may die. */
export function createPorts(world: World, life: Life, crashes: Crashes, monotonic: () => Millis) {
  const { ground, platform, alertmanager, prometheus } = world;
  const { time, trace } = ground;
  const random = ground.random(`ports of boot ${life.boot}`);

  /** Draws whether the process dies while it waits; it does so after a part of the time. */
  function mayDieAt(kind: 'await' | 'sleep', point: () => string, within: Millis): void {
    const name = crashes.draws(kind, point);
    if (name === null) return;
    time.after(random.int(0, within), () => {
      if (!life.isDead && crashes.mayDie()) crashes.die(name);
    });
  }

  function ask<T>(what: string, text: string, latency: Millis, answer: () => T): Promise<T> {
    if (life.isDead) return never();
    trace.question(`${what} ${text}`);
    mayDieAt('await', () => `await:${what}`, latency);
    return new Promise((resolve, reject) => {
      time.after(latency, () => {
        if (life.isDead) return;
        try {
          resolve(answer());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  function act(verb: Verb, id: string, grace: Millis, atMost: Millis): Promise<void> {
    if (life.isDead) return never();
    mayDieAt('await', () => `await:${verb}`, 2_500);
    if (life.isDead) return never();
    return new Promise((resolve, reject) => {
      platform.act(life.boot, verb, id, grace, atMost, (error) => {
        if (life.isDead) return false;
        if (error === null) resolve();
        else reject(error);
        return true;
      });
    });
  }

  const sleep: Deps['sleep'] = (length, signal) => {
    if (life.isDead) return never();
    if (life.stopping.aborted) return Promise.reject(life.stopping.reason);
    if (signal?.aborted) return Promise.reject(signal.reason);
    mayDieAt('sleep', sleeper, length);
    return new Promise((resolve, reject) => {
      const end = () => {
        timer.cancel();
        life.sleepers.delete(wake);
        signal?.removeEventListener('abort', onAbort);
      };
      const wake = (reason: Error) => {
        end();
        reject(reason);
      };
      const onAbort = () => wake(signal?.reason);
      const timer = time.after(length, () => {
        end();
        if (!life.isDead) resolve();
      });
      life.sleepers.add(wake);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  };

  const simulated: Platform = {
    name: 'simulation',
    targetId: platform.targetId,
    find: (service) => ask('find', service, platform.latency(), () => platform.find(service)),
    list: () => ask('list', '', platform.latency(), () => platform.list()),
    inspect: (id) => ask('inspect', id, platform.latency(), () => platform.inspect(id)),
    logs(id) {
      const latency = platform.latency() * (random.chance(0.1) ? 150 : 1);
      const isAfter = isCaptureAfter(stackNow());
      // What is captured after an action is no evidence before the next one.
      if (!life.isDead && !isAfter) platform.asksForLogs(id);
      return ask(isAfter ? 'logs_after' : 'logs', id, latency, () => platform.logs(id));
    },
    act,
  };
  const am: AlertmanagerPort = {
    read: () => ask('read', '', alertmanager.latency(), () => alertmanager.read()),
    send: (alerts) =>
      ask('send', `${alerts.length}`, alertmanager.latency(), () => alertmanager.send(alerts)),
  };
  const prom: PrometheusPort = {
    rules: () => ask('rules', '', prometheus.latency(), () => prometheus.rules()),
    value: (query) => ask('value', query, prometheus.latency(), () => prometheus.value(query)),
    series: (query) => ask('series', query, prometheus.latency(), () => prometheus.series()),
    samples: (selector, back) =>
      ask('samples', selector, prometheus.latency(), () => prometheus.samples(selector, back)),
  };
  return { platform: simulated, alertmanager: shareReadings(am, monotonic), prometheus: prom, sleep };
}

const SLEEPERS: Readonly<Record<string, string>> = {
  sooner: 'idle',
  seekProof: 'proof',
  seekEnd: 'handed_over',
  settleDoubt: 'doubt',
  waitUntilBack: 'rolling',
  successorsOf: 'successor',
  withPatience: 'evidence',
  keepTime: 'clock',
};

/** Who sleeps, by name. */
function sleeper(): string {
  const lines = stackNow();
  for (const line of lines) {
    const name = /at (?:async )?(?:[\w$]+\.)*([\w$]+) \(/.exec(line)?.[1];
    if (name === undefined || !line.includes('/alert-bot/src/')) continue;
    return `sleep:${SLEEPERS[name] ?? name}${isCaptureAfter(lines) ? '_after' : ''}`;
  }
  return 'sleep:unnamed';
}

/** Evidence after an action is captured by the same functions as before it. */
const isCaptureAfter = (stack: readonly string[]): boolean =>
  stack.some((line) => line.includes(' captureAfter '));
