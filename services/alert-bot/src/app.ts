import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { createClock } from './clock.ts';
import { ConfigError } from './config/config-error.ts';
import { type Config, describeConfig } from './config/env.ts';
import { loadTexts, readTexts } from './config/playbook-files.ts';
import { formatPlaybookError } from './config/playbooks.ts';
import { followPlaybooks, type Reloading } from './config/reload.ts';
import { readTokens } from './config/tokens.ts';
import { createStandings } from './decision/standing.ts';
import type { Deps } from './deps.ts';
import { HEARTBEAT_LATE } from './domain/alert.ts';
import { formatDuration } from './domain/duration.ts';
import type { ClockJump } from './domain/facts.ts';
import { createBreath } from './engine/breath.ts';
import { startEngine } from './engine/engine.ts';
import { notesAbout } from './http/ops.ts';
import { closeServer, listen } from './http/server.ts';
import { createIntake } from './intake/intake.ts';
import { keepTime } from './keep-time.ts';
import { createTeardown } from './lifecycle.ts';
import { createNotices } from './notices.ts';
import { createEvents } from './observe/events.ts';
import { logStream } from './observe/log-stream.ts';
import { type Census, createMetrics, NO_INCIDENTS } from './observe/metrics.ts';
import { openTracing } from './observe/open-tracing.ts';
import { openPlatform } from './platforms/open.ts';
import { shareListing } from './platforms/shared-listing.ts';
import { recordObservations } from './replay/record.ts';
import { createAlertmanager } from './signals/alertmanager.ts';
import { createPrometheus } from './signals/prometheus.ts';
import { shareReadings } from './signals/shared-reading.ts';
import { currentPause, heartbeatAt, lastLogTime, pauseNotes } from './store/controls.ts';
import { crowdAtDisk, type Db, openLog, writeTrouble } from './store/db.ts';
import { countPending } from './store/deliveries.ts';
import { countByStatus } from './store/incidents.ts';
import { jumpInLog } from './store/leaps.ts';
import { pendingNotices } from './store/notices.ts';
import { restoreNotes } from './store/restore.ts';
import { fileBytes } from './store/space.ts';
import { openStorm } from './store/storms.ts';
import { createHttp } from './surface.ts';

/** A loop that has not come round for so long stands still. */
const STUCK_AFTER = 60_000;
/** At start the engine or its proxy may be a moment behind; without them the bot knows no target at all. */
const ENGINE_PATIENCE = 20_000;
/** Further behind the log than this, times that the platform and Prometheus give do not fit ours. */
const CLOCK_OFF = 30_000;

/**
 * Runs the bot until the signal aborts. The one place where parts are wired; each step needs locals of the
 * steps before it.
 * @throws Error with one sentence for a person: a bad playbook file, a log in use, a port taken
 */
export async function run(config: Config, signal: AbortSignal): Promise<void> {
  const teardown = createTeardown();
  try {
    const log = pino({ level: config.logLevel, base: { service: 'alert-bot' } }, logStream());
    log.info(describeConfig(config), 'alert-bot starts');

    const texts = await readTexts(config);
    const loaded = loadTexts(texts);
    if ('errors' in loaded) throw new ConfigError(loaded.errors.map(formatPlaybookError));
    for (const { path, from, to } of loaded.overridden) log.info({ path, from, to }, 'overridden');
    for (const warning of loaded.warnings) log.warn(`playbooks: ${formatPlaybookError(warning)}`);

    const { db, boot, close } = openLog(config.dataDir);
    teardown.push('log', close);
    const tokens = readTokens(config.dataDir);
    for (const warning of [...restoreNotes(db, Date.now()), ...tokens.warnings()]) log.warn(warning);

    const late: {
      engine?: ReturnType<typeof startEngine>;
      playbooks?: Reloading;
      standings?: Census['standings'];
    } = {};
    const clock = createClock({ latest: lastLogTime(db), jumped: jumpInLog(db) });
    const metrics = createMetrics({
      ...census(db, clock.now),
      clockJump: () => clock.jump() !== null,
      playbooks: () => late.playbooks,
      standings: async () => (await late.standings?.()) ?? [],
      writable: () => writeTrouble(db) === null,
      log: () => ({ size: fileBytes(db), max: config.retention.max }),
    });
    const tracing = await openTracing(db, clock.now, (error) => log.error({ err: error }, 'no span'));
    const events = createEvents(log, metrics, tracing);
    const stopping = new AbortController();
    const waker = createWaker();
    const playbooks = followPlaybooks(
      config,
      { texts, file: loaded.file },
      {
        ...events.configuration,
        reloaded: (changes) => {
          events.configuration.reloaded(changes);
          waker.wake();
        },
      },
      clock.now,
    );
    late.playbooks = playbooks;
    process.on('SIGHUP', playbooks.now);
    teardown.push('playbooks', () => {
      process.off('SIGHUP', playbooks.now);
      return playbooks.stop();
    });
    const platform = await openPlatform(config.platform, {
      patience: ENGINE_PATIENCE,
      warn: (text) => log.error(text),
    });
    const heard = recordObservations(
      {
        platform,
        alertmanager: createAlertmanager(config.alertmanagerUrls.map((url) => new URL(url))),
        prometheus: createPrometheus(new URL(config.prometheusUrl)),
      },
      { db, now: clock.now },
    );
    const deps: Deps = {
      db,
      boot,
      now: clock.now,
      monotonic: clock.monotonic,
      sleep: (length, also) => delay(length, undefined, { signal: anyOf(stopping.signal, also) }),
      breathe: createBreath(clock.monotonic, () => crowdAtDisk(db)),
      clockJump: clock.jump,
      behind: clock.behind,
      newFrom: clock.newFrom,
      platform: shareListing(heard.platform, clock.monotonic),
      alertmanager: shareReadings(heard.alertmanager, clock.monotonic),
      prometheus: heard.prometheus,
      playbooks: playbooks.current,
      events,
      wake: waker.wake,
      stopping: stopping.signal,
    };

    late.standings = createStandings(deps);
    const notices = await createNotices(deps, config.notify);

    // Intake before the engine: the socket is taken, or refused, before anything may act.
    const intake = createIntake(db, boot, waker.wake);
    const readiness = {
      problems: () => [
        ...problems(late.engine, writeTrouble(db), clock.monotonic(), stopping.signal),
        ...clockProblems(clock.behind()),
      ],
      notes: () => [
        ...notesAbout('playbooks', playbookNotes(playbooks.problems())),
        ...notesAbout('clock', jumpNotes(clock.jump())),
        ...notesAbout('pauses', pauseNotes(db, clock.now())),
        ...notesAbout('heartbeat', heartbeatNotes(db, clock.now())),
        ...notesAbout('restore', restoreNotes(db, clock.now())),
        ...notesAbout('tokens', tokens.warnings()),
      ],
    };
    const passed = () => late.engine?.passed() ?? Promise.resolve();
    const app = createHttp(
      { ...deps, platform },
      { intake, passed, tokens, metrics, readiness, grafana: config.notify.grafanaExternalUrl },
    );
    const server = await listen(app.fetch, config.listen);
    teardown.push('http', () => closeServer(server));

    const keeper = keepTime(deps, clock);
    const engine = startEngine(deps, waker.woken, config.retention);
    late.engine = engine;
    const telling = notices.run();
    teardown.push('engine', () => {
      stopping.abort();
      return Promise.all([engine.stopped, keeper, telling]);
    });
    log.info({ boot, listen: describeConfig(config)['ALERT_BOT_LISTEN'] }, 'alert-bot is ready');
    if (!signal.aborted) await once(signal, 'abort');
    log.info('alert-bot stops');
  } finally {
    await teardown.run();
  }
}

const anyOf = (one: AbortSignal, other: AbortSignal | undefined): AbortSignal =>
  other === undefined ? one : AbortSignal.any([one, other]);

/** Lets the engine sleep until something was committed. A wake while it works is not lost. */
function createWaker() {
  let next = Promise.withResolvers<void>();
  return {
    wake: () => {
      next.resolve();
      next = Promise.withResolvers();
    },
    woken: () => next.promise,
  };
}

function census(db: Db, now: () => number): Census {
  return {
    incidents: () => {
      const counts = { ...NO_INCIDENTS };
      for (const { status, count } of countByStatus(db)) counts[status] = count;
      return counts;
    },
    pendingDeliveries: () => countPending(db),
    heartbeatAt: () => heartbeatAt(db),
    notices: () =>
      pendingNotices(db).map(({ kind, count, oldest }) => ({
        kind,
        count,
        waits: Math.max(0, now() - oldest),
      })),
    paused: () => currentPause(db, now()) !== null,
    storm: () => {
      const storm = openStorm(db);
      return storm === undefined ? null : storm.releasedAt === null ? 'held' : 'released';
    },
  };
}

function problems(
  engine: ReturnType<typeof startEngine> | undefined,
  unwritable: string | null,
  monotonic: number,
  stopping: AbortSignal,
): string[] {
  if (stopping.aborted) return ['the bot is stopping'];
  if (engine === undefined) return ['the bot is starting'];
  const trouble = engine.trouble();
  const idle = monotonic - engine.lastPass();
  return [
    ...(unwritable === null ? [] : [unwritable]),
    ...(trouble === null ? [] : [trouble]),
    ...(idle > STUCK_AFTER ? [`the loop has not come round for ${formatDuration(idle)}`] : []),
  ];
}

function clockProblems(behind: number): string[] {
  if (behind <= CLOCK_OFF) return [];
  return [
    `the wall clock is ${formatDuration(behind)} behind the log: it was set back, or is wrong; set it with NTP`,
  ];
}

function jumpNotes(jump: ClockJump | null): string[] {
  if (jump === null) return [];
  const way = jump.by > 0 ? 'leapt forward' : 'was set back';
  return [
    `the clock ${way} by ${formatDuration(Math.abs(jump.by))}; nothing is done until ${new Date(jump.until).toISOString()}`,
  ];
}

function playbookNotes([first, ...others]: readonly string[]): string[] {
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more: alert-bot check prints them)`;
  return [`the playbook file is wrong, the last good one holds: ${first}${more}`];
}

function heartbeatNotes(db: Db, now: number): string[] {
  const at = heartbeatAt(db);
  if (at === 0) return ['no heartbeat (the Watchdog alert) has arrived yet'];
  const ago = now - at;
  return ago > HEARTBEAT_LATE ? [`the heartbeat last arrived ${formatDuration(ago)} ago`] : [];
}
