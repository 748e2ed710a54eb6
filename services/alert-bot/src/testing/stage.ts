// For the tests only: everything the engine and the executor work with. The log is SQLite, the supervisor and
// its processes are real; Alertmanager and Prometheus are signals.ts; the clock can be moved.
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import type { bootSupervisor } from '../../../supervisor/src/harness.ts';
import type { Deps } from '../deps.ts';
import { fingerprint, type Labels } from '../domain/alert.ts';
import type { Millis } from '../domain/duration.ts';
import type { Platform, Verb } from '../domain/platform.ts';
import type { Limits, Playbook, PlaybookFile, Step } from '../domain/playbook.ts';
import type { Target } from '../domain/target.ts';
import { createBreath } from '../engine/breath.ts';
import { consider } from '../engine/consider.ts';
import { startEngine } from '../engine/engine.ts';
import { createEvents } from '../observe/events.ts';
import { createMetrics, NO_INCIDENTS } from '../observe/metrics.ts';
import { createSupervisor } from '../platforms/supervisor.ts';
import { createAlertmanager } from '../signals/alertmanager.ts';
import { createPrometheus } from '../signals/prometheus.ts';
import { attemptsOf, callsOf } from '../store/attempts.ts';
import { write } from '../store/db.ts';
import { openEpisodeOf } from '../store/episodes.ts';
import { endEpisode, triageAlert } from '../triage/triage.ts';
import { again, temporaryLog } from './log.ts';
import type { Scene } from './signals.ts';

export interface StageOptions {
  limits?: Partial<Limits>;
  prove?: Partial<Playbook['prove']>;
  steps?: readonly Step[];
  concurrent?: number;
  /** How much faster than ours the clock of the bot goes. */
  speed?: number;
}

const GRACE: Millis = 1_000;

/** One bot with a log of its own; its only service is the process of that name. */
export function createStage(
  box: Awaited<ReturnType<typeof bootSupervisor>>,
  sceneOf: (name: string, now: () => number) => Scene,
  service: string,
  options: StageOptions = {},
) {
  const log = temporaryLog();
  const clock = createTestClock(options.speed ?? 1);
  const scene = sceneOf(service, clock.now);
  const metrics = createMetrics({
    incidents: () => NO_INCIDENTS,
    pendingDeliveries: () => 0,
    heartbeatAt: () => 0,
    paused: () => false,
  });
  const calls: { verb: Verb; at: Millis }[] = [];
  const supervisor = createSupervisor(box.socket);
  const began = clock.now();
  /** What ran before the stage was there is older than `settle`, whenever the test began. */
  const aged = (target: Target): Target => ({
    ...target,
    instances: target.instances.map((instance) =>
      instance.startedAt === null || instance.startedAt > began
        ? instance
        : { ...instance, startedAt: instance.startedAt - 10_000 },
    ),
  });
  /** Replace a verb to put something between the bot and the real one. */
  const platform: Platform = { ...supervisor };
  const stopping = new AbortController();
  const waker = { next: Promise.withResolvers<void>() };
  const wake = () => {
    waker.next.resolve();
    waker.next = Promise.withResolvers();
  };
  const file: PlaybookFile = {
    text: '',
    playbooks: [playbookFor(service, options)],
    limits: {
      concurrent: options.concurrent ?? 1,
      targets: { count: 100, percent: 100, per: 600_000 },
      storm: { incidents: 100, per: 60_000, calm: 120_000 },
    },
    maintenance: [],
  };
  const deps: Deps = {
    db: log.db,
    boot: log.boot,
    now: clock.now,
    monotonic: clock.monotonic,
    sleep: sleepUntil(stopping.signal),
    breathe: createBreath(clock.monotonic),
    clockJump: () => null,
    behind: () => 0,
    newFrom: clock.now,
    platform: {
      ...platform,
      find: async (name) => (await platform.find(name)).map(aged),
      list: async () => (await platform.list()).map(aged),
      inspect: async (id) => aged(await platform.inspect(id)),
      logs: (id, lines) => platform.logs(id, lines),
      act: (verb, ...rest) => {
        calls.push({ verb, at: clock.monotonic() });
        return platform.act(verb, ...rest);
      },
    },
    alertmanager: createAlertmanager([new URL(scene.alertmanagerUrl)]),
    prometheus: createPrometheus(new URL(scene.prometheusUrl)),
    playbooks: () => file,
    events: createEvents(pino({ level: 'silent' }), metrics),
    wake,
    stopping: stopping.signal,
  };
  const labels: Labels = { alertname: 'Broken', service };
  const alert = {
    fingerprint: fingerprint(labels),
    status: 'firing' as const,
    labels,
    annotations: {},
    startsAt: began,
    endsAt: null,
    generatorURL: '',
  };
  const target = supervisor.targetId(service);

  const stage = {
    ...{ deps, clock, scene, platform, supervisor, calls, stopping, labels, alert, target, metrics, file },
    db: log.db,
    /** Whether the trouble is there: until the process was restarted, unless the test says otherwise. */
    firing: async (): Promise<boolean> => (await box.process(service)).restartCount === 0,
    incident: (id: number) => again(log.db, id),
    attempts: (id: number) =>
      attemptsOf(log.db, id).map((attempt) => ({
        ...attempt,
        calls: callsOf(log.db, attempt.id).map(({ verb, result }) => `${verb}: ${result}`),
      })),
    /** What the process went through since the supervisor started. */
    events: () => box.events(service),
    /** The alert arrives. @returns the incident */
    async fire(change: Partial<typeof alert> = {}): Promise<number> {
      const context = { ...file, targetId: supervisor.targetId };
      const triaged = await write(log.db, () =>
        triageAlert(log.db, context, { ...alert, ...change }, 'alertmanager', clock.now()),
      );
      if (triaged.incident === undefined) throw new Error(`the alert was ${triaged.outcome}`);
      return triaged.incident;
    },
    /** The alert is resolved. */
    async resolve(): Promise<void> {
      const episode = openEpisodeOf(log.db, alert.fingerprint);
      if (episode === undefined) throw new Error('the alert does not fire');
      await write(log.db, () => endEpisode(log.db, episode, 'resolved', clock.now()));
    },
    /** The alert arrives and it is decided to act. @returns the incident */
    async queue(): Promise<number> {
      const id = await stage.fire();
      await consider(deps, id);
      return id;
    },
    /** What the process works with that comes after the one that was stopped. */
    next(): { deps: Deps; stopping: AbortController } {
      const own = new AbortController();
      return { deps: { ...deps, stopping: own.signal, sleep: sleepUntil(own.signal) }, stopping: own };
    },
    /** It is decided again. */
    consider: (id: number) => consider(deps, id),
    /** Runs the engine over the log; wakes reach it. */
    engine: () => startEngine(deps, () => waker.next.promise),
    /** The counter of a metric. */
    async count(name: string, of: Record<string, string>): Promise<number> {
      const metric = await metrics.registry.getSingleMetric(`alert_bot_${name}`)?.get();
      const found = metric?.values.find((value) =>
        Object.entries(of).every(([key, wanted]) => value.labels[key] === wanted),
      );
      return found?.value ?? Number.NaN;
    },
    /** The target as the supervisor has it, with something changed. */
    async targetWith(change: Partial<Target>): Promise<Target> {
      return { ...(await supervisor.inspect(target)), ...change };
    },
    [Symbol.dispose]() {
      stopping.abort();
      log[Symbol.dispose]();
    },
  };
  scene.listed = async () => ((await stage.firing()) ? [{ labels }] : []);
  scene.rules = async () => [
    { name: 'Broken', query: 'broken == 1', alerts: (await stage.firing()) ? [labels] : [] },
  ];
  return stage;
}

export type Stage = ReturnType<typeof createStage>;

const sleepUntil =
  (stopping: AbortSignal): Deps['sleep'] =>
  (length, also) =>
    delay(length, undefined, { signal: also === undefined ? stopping : AbortSignal.any([stopping, also]) });

/** Log time and monotonic time in step, faster than ours, and able to jump forward. */
function createTestClock(speed: number) {
  const began = performance.now();
  const zero = Date.now();
  let ahead = 0;
  const monotonic = () => (performance.now() - began) * speed + ahead;
  return {
    monotonic,
    now: () => Math.round(zero + monotonic()),
    advance(by: Millis): void {
      ahead += by;
    },
  };
}

function playbookFor(service: string, { limits, prove, steps }: StageOptions): Playbook {
  return {
    name: 'restart',
    mode: 'act',
    matchers: [`service="${service}"`],
    matches: (labels) => labels['service'] === service,
    service: '{{ $labels.service }}',
    steps: steps ?? [{ kind: 'restart', timeout: GRACE, attempts: 3 }, { kind: 'escalate' }],
    limits: {
      cooldown: 120_000,
      backoff: { initial: 1_000, factor: 1, max: 1_000 },
      budgets: [{ attempts: 3, per: 1_800_000 }],
      quarantine: 3_600_000,
      deferAtMost: 900_000,
      approveWithin: 1_800_000,
      settle: 5_000,
      ...limits,
    },
    prove: { within: 30_000, stable: 0, query: null, ...prove },
  };
}
