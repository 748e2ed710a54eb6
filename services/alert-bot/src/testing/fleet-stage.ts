// For the tests only: one bot over several services, as testing/stage.ts is for one. The log, the supervisor and its
// processes are real; Alertmanager and Prometheus are signals.ts; the clock can be moved.
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import type { bootSupervisor } from '../../../supervisor/src/harness.ts';
import type { Deps } from '../deps.ts';
import { fingerprint, type Labels } from '../domain/alert.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import type { FleetLimits, Playbook, PlaybookFile } from '../domain/playbook.ts';
import { createBreath } from '../engine/breath.ts';
import { startEngine } from '../engine/engine.ts';
import { createEvents } from '../observe/events.ts';
import { createMetrics, NO_INCIDENTS } from '../observe/metrics.ts';
import { createSupervisor } from '../platforms/supervisor.ts';
import { createAlertmanager } from '../signals/alertmanager.ts';
import { createPrometheus } from '../signals/prometheus.ts';
import { attemptsOf } from '../store/attempts.ts';
import { write } from '../store/db.ts';
import { openEpisodeOf } from '../store/episodes.ts';
import { eventsOf } from '../store/events.ts';
import { endEpisode, triageAlert } from '../triage/triage.ts';
import { again, openIncidents, temporaryLog } from './log.ts';
import type { Scene } from './signals.ts';

export interface FleetOptions {
  limits?: Partial<FleetLimits>;
  playbook?: Partial<Pick<Playbook, 'mode' | 'steps' | 'limits' | 'prove'>>;
  /** How much faster than ours the clock of the bot goes. */
  speed?: number;
}

export const FLEET_LIMITS: FleetLimits = {
  concurrent: 1,
  targets: { count: 100, percent: 100, per: 600_000 },
  // Longer than the slowest machine takes: a test that is to go on moves the clock.
  storm: { incidents: 10, per: 1_800_000, calm: 3_600_000 },
};

const PLAYBOOK: Playbook = {
  name: 'restart',
  mode: 'act',
  matchers: ['alertname="Broken"'],
  matches: (labels) => labels['alertname'] === 'Broken',
  service: '{{ $labels.service }}',
  steps: [{ kind: 'restart', timeout: 1_000, attempts: 3 }, { kind: 'escalate' }],
  limits: {
    cooldown: 120_000,
    backoff: { initial: 1_000, factor: 1, max: 1_000 },
    budgets: [{ attempts: 3, per: 1_800_000 }],
    quarantine: 3_600_000,
    deferAtMost: 36_000_000,
    approveWithin: 1_800_000,
    settle: 5_000,
  },
  prove: { within: 300_000, stable: 0, query: null },
};

interface Hooks {
  beforeAct(service: string): void | Promise<void>;
  beforeLogs(): void | Promise<void>;
}

/** A bot with a log of its own. Services are the processes of the box; others exist in alerts only. */
export function createFleetStage(
  box: Awaited<ReturnType<typeof bootSupervisor>>,
  sceneOf: (name: string, now: () => number) => Scene,
  name: string,
  { limits, playbook, speed = 10 }: FleetOptions = {},
) {
  const log = temporaryLog();
  const began = performance.now();
  const zero = Date.now();
  // What the supervisor has just started is older than `settle` for the bot.
  let ahead = 60_000;
  const monotonic = (): Millis => (performance.now() - began) * speed + ahead;
  const now = (): Instant => Math.round(zero + monotonic());
  const scene = sceneOf(name, now);
  const metrics = createMetrics({
    incidents: () => NO_INCIDENTS,
    pendingDeliveries: () => 0,
    heartbeatAt: () => 0,
    paused: () => false,
  });
  const supervisor = createSupervisor(box.socket);
  const file: PlaybookFile = {
    text: '',
    playbooks: [{ ...PLAYBOOK, ...playbook }],
    limits: { ...FLEET_LIMITS, ...limits },
    maintenance: [],
  };
  /** Services whose alert fires; a restart cures. */
  const broken = new Set<string>();
  const calls: { service: string; at: Instant }[] = [];
  const silenced = new Set<string>();
  /** Comes before a call to the platform, and before evidence is captured. */
  const hooks: Hooks = { beforeAct: () => undefined, beforeLogs: () => undefined };
  let stopping = new AbortController();
  let woken = Promise.withResolvers<void>();
  const wake = () => {
    woken.resolve();
    woken = Promise.withResolvers();
  };
  const depsOf = (signal: AbortSignal): Deps => ({
    db: log.db,
    boot: log.boot,
    now,
    monotonic,
    sleep: (length, also) =>
      delay(length / speed, undefined, { signal: AbortSignal.any([signal, ...(also ? [also] : [])]) }),
    breathe: createBreath(monotonic),
    clockJump: () => null,
    behind: () => 0,
    newFrom: now,
    platform: {
      ...supervisor,
      async logs(...of) {
        await hooks.beforeLogs();
        return supervisor.logs(...of);
      },
      async act(verb, id, ...rest) {
        const service = (await supervisor.list()).find(({ instances }) =>
          instances.some((one) => one.id === id),
        );
        if (service === undefined) throw new Error(`no service has instance ${id}`);
        calls.push({ service: service.service, at: now() });
        await hooks.beforeAct(service.service);
        await supervisor.act(verb, id, ...rest);
        broken.delete(service.service);
      },
    },
    alertmanager: createAlertmanager([new URL(scene.alertmanagerUrl)]),
    prometheus: createPrometheus(new URL(scene.prometheusUrl)),
    playbooks: () => file,
    events: createEvents(pino({ level: 'silent' }), metrics),
    wake,
    stopping: signal,
  });
  const labelsOf = (service: string): Labels => ({ alertname: 'Broken', service });
  scene.listed = () =>
    [...broken].map((service) => ({
      labels: labelsOf(service),
      state: silenced.has(service) ? ('silenced' as const) : ('active' as const),
    }));
  scene.rules = () => [{ name: 'Broken', query: 'broken == 1', alerts: [...broken].map(labelsOf) }];

  const stage = {
    db: log.db,
    deps: depsOf(stopping.signal),
    ...{ now, scene, supervisor, file, broken, silenced, calls, hooks, metrics, wake },
    advance(by: Millis): void {
      ahead += by;
    },
    incident: (id: number) => again(log.db, id),
    /** The incident of a service, the newest where there are several. */
    of(service: string) {
      const id = log.db.prepare('SELECT max(id) FROM incidents WHERE service = ?').pluck().get(service);
      return again(log.db, Number(id));
    },
    open: () => openIncidents(log.db),
    events: (id: number) => eventsOf(log.db, id),
    attempts: (service: string) => attemptsOf(log.db, stage.of(service).id),
    /** The alert of each of these arrives, in one delivery. */
    async fire(...services: string[]): Promise<void> {
      const context = { ...file, targetId: supervisor.targetId };
      for (const service of services) broken.add(service);
      await write(log.db, () => {
        for (const service of services) {
          const labels = labelsOf(service);
          const alert = {
            fingerprint: fingerprint(labels),
            status: 'firing' as const,
            labels,
            annotations: {},
            startsAt: now(),
            endsAt: null,
            generatorURL: '',
          };
          triageAlert(log.db, context, alert, 'alertmanager', now());
        }
      });
      wake();
    },
    /** The alert of each of these is over by itself. */
    async resolve(...services: string[]): Promise<void> {
      for (const service of services) broken.delete(service);
      await write(log.db, () => {
        for (const service of services) {
          const episode = openEpisodeOf(log.db, fingerprint(labelsOf(service)));
          if (episode !== undefined) endEpisode(log.db, episode, 'resolved', now());
        }
      });
      wake();
    },
    /** Pages that were sent and do not end in the past, by the incident and reason they name. */
    pages(): string[] {
      const last = new Map(
        scene.sent.map((alert) => [`${alert.labels['incident']} ${alert.labels['reason']}`, alert]),
      );
      return [...last].flatMap(([key, { endsAt }]) => (Date.parse(endsAt) > now() ? [key] : []));
    },
    /** Every page that was ever sent. */
    paged: () => [...new Set(scene.sent.map(({ labels }) => `${labels['incident']} ${labels['reason']}`))],
    /** Runs an engine over the log; after it is disposed another one may go on. */
    engine() {
      stopping = new AbortController();
      const engine = startEngine(depsOf(stopping.signal), () => woken.promise);
      return {
        ...engine,
        async [Symbol.asyncDispose]() {
          stopping.abort();
          await engine.stopped;
        },
      };
    },
    [Symbol.dispose]() {
      stopping.abort();
      log[Symbol.dispose]();
    },
  };
  return stage;
}

export type FleetStage = ReturnType<typeof createFleetStage>;
