import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlaybooks } from '../../services/alert-bot/src/config/playbooks.ts';
import type { Millis } from '../../services/alert-bot/src/domain/duration.ts';
import type { PlaybookFile } from '../../services/alert-bot/src/domain/playbook.ts';
import { createBot } from './bot.ts';
import { createCrashes } from './crash-points.ts';
import { createPeople } from './people.ts';
import type { Plan, ServicePlan } from './plan.ts';
import type { Scripted } from './plan-script.ts';
import { createRandom, type Random } from './random.ts';
import { stage } from './scenario.ts';
import { createWorld } from './world/world.ts';

const HOUR: Millis = 3_600_000;
const KEEP_ALL = { keep: 365 * 24 * HOUR, max: 1024 ** 4 };

/** Compiles a playbook file that is good. */
export function compiled(text: string): PlaybookFile {
  const loaded = loadPlaybooks(text, 'playbooks.yml');
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors));
  return loaded.file;
}

export const service = (name: string, change: Partial<ServicePlan> = {}): ServicePlan => ({
  name,
  project: 'shop',
  replicas: 1,
  dependsOn: [],
  labels: { 'alert-bot.enable': 'true' },
  protectedBecause: null,
  hasHealthCheck: true,
  hasDownRule: true,
  restarts: false,
  stopTakes: 400,
  startTakes: 300,
  warmsUp: 2_000,
  severity: 'critical',
  ...change,
});

export const fault = (
  at: Millis,
  of: string,
  change: Partial<Extract<Scripted, { what: 'fault' }>> = {},
): Scripted => ({
  at,
  what: 'fault',
  service: of,
  slot: null,
  kind: 'errors',
  cure: 'restart',
  lasts: null,
  relapse: null,
  ...change,
});

export interface RecordOptions {
  seed: number;
  playbooks: string;
  services: readonly ServicePlan[];
  script: readonly Scripted[];
  length: Millis;
}

/**
 * Lets the real bot live through a time of its own and keeps its log: recorded by the real code, with the people, deploys and
 * outages of a simulated world, but without crashes.
 * @param folder gets a data folder `log`
 */
export async function recordRun(
  folder: string,
  { seed, playbooks, services, script, length }: RecordOptions,
): Promise<string> {
  const plan: Plan = {
    seed,
    theme: 'mixed',
    services,
    policies: [compiled(playbooks)],
    peers: 1,
    script,
    active: length,
    end: length + 180_000,
    rule: { range: 8_000, holds: 2_000, every: 2_000 },
    crashes: 0,
    lies: 0,
  };
  const late: { bot?: ReturnType<typeof createBot> } = {};
  const world = createWorld(plan, (...args) => late.bot?.post(...args), false);
  const bot = createBot(world, (died) => createCrashes(plan, died), join(folder, 'live'), KEEP_ALL);
  late.bot = bot;
  stage(world, bot, createPeople(world, bot), false);
  // What is not in the script does not happen.
  world.ground.quiet = true;
  await world.ground.time.runUntil(plan.end);
  const log = join(folder, 'log');
  mkdirSync(log);
  // With the write-ahead log beside it, as it would be after a crash.
  for (const file of ['incidents.db', 'incidents.db-wal'])
    cpSync(join(folder, 'live', 'log', file), join(log, file));
  bot.end();
  return log;
}

/** Some hours in which something breaks each minute or so. */
export function busyScript(random: Random, services: readonly ServicePlan[], length: Millis): Scripted[] {
  const script: Scripted[] = [];
  let waiting = random.shuffle(services);
  for (let at = 20_000; at < length - 60_000; at += random.int(10, 16) * 1_000) {
    // In turn: what breaks again before the last proof is over is decided by tenths of seconds.
    if (waiting.length === 0) waiting = random.shuffle(services);
    const { name } = waiting.pop() ?? random.pick(services);
    const kind = random.pick(['errors', 'errors', 'unhealthy', 'down'] as const);
    const how = random.weighted({ heals: 10, ends: 3, stays: 2, relapses: 1 });
    script.push(
      fault(at, name, {
        kind,
        cure: how === 'stays' ? 'never' : 'restart',
        lasts:
          how === 'ends' ? random.int(4, 20) * 1_000 : how === 'stays' ? random.int(60, 110) * 1_000 : null,
        relapse: how === 'relapses' ? { after: 15_000, times: 1 } : null,
      }),
    );
    if (random.chance(0.04))
      script.push({
        at: at + 1_500,
        what: 'person',
        act: random.pick(['deploy', 'restart', 'reset', 'silence', 'stop'] as const),
        service: name,
        lasts: random.int(10, 40) * 1_000,
      });
    if (random.chance(0.02))
      script.push({
        at,
        what: 'pause',
        scope: random.pick(['all', 'target', 'playbook'] as const),
        service: name,
        lasts: 20_000,
      });
  }
  return script;
}

export const PLAYBOOKS = `
defaults:
  mode: act
  cooldown: 15s
  backoff: { initial: 5s, factor: 2, max: 20s }
  budgets: [ { attempts: 3, per: 5m }, { attempts: 100, per: 24h } ]
  quarantine: 1m
  prove: { within: 20s, stable: 4s }
limits:
  concurrent: 2
  targets: { count: 6, percent: 60, per: 30s }
  storm: { incidents: 12, per: 20s, calm: 20s }
  defer_at_most: 45s
playbooks:
  - name: errors
    matchers: [ 'alertname="HighErrorRate"' ]
    target: { service: '{{ $labels.service }}' }
    steps: [ { restart: { timeout: 2s, attempts: 3 } }, { escalate: {} } ]
    prove:
      query: 'errors{service="{{ $labels.service }}"}[{{ $since }}]'
      above: 0.5
  - name: down
    matchers: [ 'alertname="ServiceDown"' ]
    target: { service: '{{ $labels.service }}' }
    steps: [ { restart: { timeout: 2s, attempts: 2 } }, { escalate: {} } ]
`;

export const SHOP: readonly ServicePlan[] = [
  service('db', { warmsUp: 3_000 }),
  service('cache', { hasHealthCheck: false }),
  service('queue'),
  service('payments', { dependsOn: [{ service: 'db', condition: 'healthy' }] }),
  service('api', { replicas: 2, dependsOn: [{ service: 'payments', condition: 'started' }] }),
  service('web', { dependsOn: [{ service: 'api', condition: 'started' }] }),
  service('jobs', { hasDownRule: false }),
  service('mail', { labels: {} }),
  ...['carts', 'search', 'images', 'orders', 'users', 'prices', 'stock', 'tax', 'geo', 'mails'].map((name) =>
    service(name),
  ),
];

/** The run that the tests replay: hours of a shop in which something breaks all the time. */
export const busyRun = (folder: string, length: Millis, seed = 7): Promise<string> =>
  recordRun(folder, {
    ...{ seed, playbooks: PLAYBOOKS, services: SHOP, length },
    script: busyScript(createRandom(seed, 'recorded'), SHOP, length),
  });
