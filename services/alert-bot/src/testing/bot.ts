// For the tests only: the bot in this process, on a real log in a temporary folder. Wired as in app.ts, but
// without a port, and its log lines are kept for the test to read.

import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Hono } from 'hono';
import { pino } from 'pino';
import { createClock } from '../clock.ts';
import { formatPlaybookError, loadPlaybooks } from '../config/playbooks.ts';
import { readTokens } from '../config/tokens.ts';
import { createStandings } from '../decision/standing.ts';
import type { Deps } from '../deps.ts';
import type { Instant } from '../domain/duration.ts';
import type { Platform } from '../domain/platform.ts';
import type { Target } from '../domain/target.ts';
import { createBreath } from '../engine/breath.ts';
import { startEngine } from '../engine/engine.ts';
import { notesAbout, type Readiness } from '../http/ops.ts';
import { createIntake } from '../intake/intake.ts';
import { createEvents } from '../observe/events.ts';
import { type Census, createMetrics, NO_INCIDENTS } from '../observe/metrics.ts';
import { createSupervisor } from '../platforms/supervisor.ts';
import { createAlertmanager } from '../signals/alertmanager.ts';
import { createPrometheus } from '../signals/prometheus.ts';
import { currentPause, heartbeatAt, lastLogTime } from '../store/controls.ts';
import { openLog, writeTrouble } from '../store/db.ts';
import { countPending } from '../store/deliveries.ts';
import { countByStatus } from '../store/incidents.ts';
import { createHttp } from '../surface.ts';
import { temporaryFolder } from './log.ts';

/** Nothing listens there: Alertmanager and Prometheus may be away, and are here. */
const NOBODY = new URL('http://127.0.0.1:1');

export const PLAYBOOKS = `
defaults:
  mode: act
  cooldown: 2m
  backoff: { initial: 10s, factor: 2, max: 5m }
  budgets: [ { attempts: 3, per: 30m } ]
  quarantine: 1h
  prove: { within: 90s, stable: 15s }
limits: { concurrent: 1, defer_at_most: 15m }
playbooks:
  - name: errors
    matchers: [ 'alertname="HighErrorRate"' ]
    target: { service: '{{ $labels.service }}' }
    steps: [ { restart: { timeout: 1s, attempts: 3 } }, { escalate: {} } ]
`;

export interface TestBot extends AsyncDisposable {
  deps: Deps;
  app: Hono;
  folder: string;
  /** Everything it logged, a JSON object a line. */
  logged(): string;
}

interface TestBotOptions {
  /** Without an engine nothing is triaged and decided. */
  idle?: boolean;
  grafana?: string | null;
}

/** @param socket the supervisor's */
export function startBot(socket: string, { idle = false, grafana = null }: TestBotOptions = {}): TestBot {
  const loaded = loadPlaybooks(PLAYBOOKS, 'playbooks.yml');
  if ('errors' in loaded) throw new Error(loaded.errors.map(formatPlaybookError).join('\n'));
  const folder = temporaryFolder();
  const { db, boot, close } = openLog(folder.path);
  const tokens = readTokens(folder.path);
  const clock = createClock({ latest: lastLogTime(db) });
  let lines = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines += String(chunk);
      done();
    },
  });
  const late: { standings?: Census['standings'] } = {};
  const metrics = createMetrics({
    incidents: () => {
      const counts = { ...NO_INCIDENTS };
      for (const { status, count } of countByStatus(db)) counts[status] = count;
      return counts;
    },
    pendingDeliveries: () => countPending(db),
    heartbeatAt: () => heartbeatAt(db),
    paused: () => currentPause(db, clock.now()) !== null,
    writable: () => writeTrouble(db) === null,
    standings: async () => (await late.standings?.()) ?? [],
  });
  const stopping = new AbortController();
  let next = Promise.withResolvers<void>();
  const wake = () => {
    next.resolve();
    next = Promise.withResolvers();
  };
  const deps: Deps = {
    db,
    boot,
    now: clock.now,
    monotonic: clock.monotonic,
    sleep: (length, also) =>
      delay(length, undefined, { signal: AbortSignal.any([stopping.signal, ...(also ? [also] : [])]) }),
    breathe: createBreath(clock.monotonic),
    clockJump: () => null,
    behind: () => 0,
    newFrom: clock.now,
    platform: aged(createSupervisor(socket), clock.now()),
    alertmanager: createAlertmanager([NOBODY]),
    prometheus: createPrometheus(NOBODY),
    playbooks: () => loaded.file,
    events: createEvents(pino({ level: 'trace' }, stream), metrics),
    wake,
    stopping: stopping.signal,
  };
  late.standings = createStandings(deps);
  const engine = idle ? undefined : startEngine(deps, () => next.promise);
  const readiness: Readiness = {
    problems: () => [writeTrouble(db), engine?.trouble() ?? null].filter((one) => one !== null),
    notes: () => notesAbout('tokens', tokens.warnings()),
  };
  // Without an engine no pass ever ends.
  const passed = () => engine?.passed() ?? new Promise<void>(() => {});
  const app = createHttp(deps, {
    ...{ intake: createIntake(db, boot, wake), passed, tokens, metrics, readiness, grafana },
  });
  return {
    deps,
    app,
    folder: folder.path,
    logged: () => lines,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await engine?.stopped;
      close();
      folder[Symbol.dispose]();
    },
  };
}

/** What ran before the bot was there is older than `settle`, whenever the test began. */
function aged(platform: Platform, began: Instant): Platform {
  const older = (target: Target): Target => ({
    ...target,
    instances: target.instances.map((instance) =>
      instance.startedAt === null || instance.startedAt > began
        ? instance
        : { ...instance, startedAt: instance.startedAt - 10_000 },
    ),
  });
  return {
    ...platform,
    find: async (name) => (await platform.find(name)).map(older),
    list: async () => (await platform.list()).map(older),
    inspect: async (id) => older(await platform.inspect(id)),
  };
}
