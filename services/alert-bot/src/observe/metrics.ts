import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Standing } from '../decision/standing.ts';
import { formatDuration, type Instant, type Millis } from '../domain/duration.ts';
import type { StormFact } from '../domain/facts.ts';
import { OUTCOMES, type Status } from '../domain/incident.ts';
import { NOTICE_KINDS, type NoticeKind } from '../domain/notice.ts';
import type { Verb } from '../domain/platform.ts';
import { REASONS } from '../domain/reason.ts';
import { ATTEMPT_OUTCOMES } from '../store/attempts.ts';
import { ALERT_OUTCOMES } from '../store/deliveries.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** Why a POST was refused before anything of it was stored. */
export const REFUSALS = [
  'unauthorized',
  'not_json',
  'invalid',
  'too_large',
  'broken_off',
  'overloaded',
  'log_unavailable',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** How a call to the platform ends, as far as can be known. */
export const CALL_RESULTS = ['done', 'not_called', 'not_done', 'stopped', 'refused', 'gone', 'lost'] as const;
export type CallResult = (typeof CALL_RESULTS)[number];

/** What the gauges ask at each scrape. */
export interface Census {
  incidents(): Readonly<Record<Status, number>>;
  pendingDeliveries(): number;
  heartbeatAt(): number;
  paused(): boolean;
  clockJump?(): boolean;
  /** The phase of the storm that is not over. */
  storm?(): StormFact['phase'] | null;
  /** Whether the last write of the incident log was kept. */
  writable?(): boolean;
  /** What the incident log takes up on disk and how large it may become, in bytes. */
  log?(): { size: number; max: number };
  /** How every target that may be acted on stands. */
  standings?(): Promise<readonly Standing[]>;
  /** What other systems are still to be told: how many, and for how long the oldest waits. */
  notices?(): readonly { kind: NoticeKind; count: number; waits: Millis }[];
  /** The playbook files: what is wrong with what stands there now, and when those that hold were loaded. */
  playbooks?(): { problems(): readonly string[]; loadedAt(): Instant } | undefined;
}

/** Parts of the bot's own work that can fail: label `where`. */
export const WORK = [
  'http',
  'console',
  'triage',
  'decide',
  'runAttempt',
  'recoverAttempt',
  'seekProof',
  'captureAfter',
  'seekEnd',
  'hand over',
  'loop',
  'sweep',
  'prune',
  'clock',
  'notices',
] as const;

/** What becomes of a try to tell another system; given_up comes with the last failed one. */
export const NOTICE_RESULTS = ['sent', 'failed', 'given_up'] as const;

/** What is removed from the log by and by. */
export const PRUNED = [
  'heartbeats',
  'deliveries',
  'observations',
  'evidence',
  'incidents',
  'audit',
  'notices',
] as const;

/** The bot's metrics, every label value at 0 from the start so that rate() sees the first event. */
export function createMetrics(census: Census) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `alert_bot_${name}`, help, labelNames, registers });

  const metrics = {
    registry,
    deliveries: counter('deliveries_total', 'Deliveries acknowledged.', ['source']),
    refused: counter('webhook_refused_total', 'POSTs to /webhook that were not acknowledged.', ['why']),
    alerts: counter('alerts_total', 'Alerts triaged, by what became of them.', ['outcome']),
    decisions: counter('decisions_total', 'Decisions recorded anew, by kind and reason.', ['kind', 'reason']),
    attempts: counter('attempts_total', 'Attempts ended, by outcome.', ['outcome']),
    closed: counter('incidents_closed_total', 'Incidents closed, by outcome.', ['outcome']),
    calls: counter('platform_calls_total', 'Calls to the platform.', ['verb', 'result']),
    sendings: counter('escalation_sendings_total', 'Escalations sent to Alertmanager.', ['result']),
    notices: counter('notices_total', 'Tries to tell other systems, by what became of them.', [
      'kind',
      'result',
    ]),
    pruned: counter('log_pruned_rows_total', 'Rows removed from the incident log, by what they belong to.', [
      'what',
    ]),
    clockJumps: counter('clock_jumps_total', 'Jumps of the wall clock by 30 s and more.'),
    failures: counter('failures_total', 'Failures of the bot at its own work.', ['where']),
    heal: new Histogram({
      name: 'alert_bot_heal_duration_seconds',
      help: 'From the opening of an incident to its proof, for healed ones.',
      buckets: [5, 10, 20, 30, 60, 120, 300, 600, 1200],
      registers,
    }),
    sweep: new Gauge({
      name: 'alert_bot_sweep_timestamp_seconds',
      help: 'When Alertmanager was last read in full.',
      registers,
    }),
  };
  new Gauge({
    name: 'alert_bot_incidents',
    help: 'Incidents by status.',
    labelNames: ['status'],
    registers,
    collect() {
      for (const [status, count] of Object.entries(census.incidents())) this.set({ status }, count);
    },
  });
  new Gauge({
    name: 'alert_bot_storm',
    help: '1 while a storm is held, or is released one incident after the other.',
    labelNames: ['phase'],
    registers,
    collect() {
      const now = census.storm?.() ?? null;
      for (const phase of ['held', 'released']) this.set({ phase }, phase === now ? 1 : 0);
    },
  });
  // Reset at each scrape: a target that is gone leaves no series behind.
  new Gauge({
    name: 'alert_bot_target_quarantined',
    help: '1 while the circuit of a target is open: a budget was spent.',
    labelNames: ['target'],
    registers,
    async collect() {
      const standings = (await census.standings?.()) ?? [];
      this.reset();
      for (const { id: target, quarantined } of standings) this.set({ target }, quarantined ? 1 : 0);
    },
  });
  new Gauge({
    name: 'alert_bot_target_budget_left',
    help: 'Attempts that are left to a target in a window of the length that per names.',
    labelNames: ['target', 'per'],
    registers,
    async collect() {
      const standings = (await census.standings?.()) ?? [];
      this.reset();
      for (const { id: target, budgets } of standings)
        for (const { per, left } of budgets) this.set({ target, per: formatDuration(per) }, left);
    },
  });
  const noticeGauge = (name: string, help: string, read: (of: { count: number; waits: Millis }) => number) =>
    new Gauge({
      name: `alert_bot_${name}`,
      help,
      labelNames: ['kind'],
      registers,
      collect() {
        const waiting = census.notices?.() ?? [];
        for (const kind of NOTICE_KINDS)
          this.set({ kind }, read(waiting.find((one) => one.kind === kind) ?? { count: 0, waits: 0 }));
      },
    });
  noticeGauge('notices_pending', 'What other systems are still to be told.', ({ count }) => count);
  noticeGauge(
    'notices_oldest_pending_seconds',
    'For how long the oldest of these waits; 0 where none does.',
    ({ waits }) => waits / 1000,
  );
  gauge('pending_deliveries', 'Deliveries acknowledged and not yet triaged.', census.pendingDeliveries);
  gauge('heartbeat_timestamp_seconds', 'When the heartbeat last arrived.', () => census.heartbeatAt() / 1000);
  gauge('store_writable', '1 unless the incident log could not be written when last tried.', () =>
    (census.writable?.() ?? true) ? 1 : 0,
  );
  gauge('log_size_bytes', 'What the incident log takes up on disk.', () => census.log?.().size ?? 0);
  gauge('log_max_bytes', 'How large the incident log may become.', () => census.log?.().max ?? 0);
  gauge('config_last_reload_successful', '1 unless the playbook files were last found wrong.', () =>
    (census.playbooks?.()?.problems() ?? []).length === 0 ? 1 : 0,
  );
  gauge(
    'config_last_reload_success_timestamp_seconds',
    'When the playbooks that hold were loaded.',
    () => (census.playbooks?.()?.loadedAt() ?? 0) / 1000,
  );
  gauge('clock_jump', '1 while everything is held because the clock jumped.', () =>
    census.clockJump?.() ? 1 : 0,
  );
  gauge('paused', '1 while a person has paused the bot.', () => (census.paused() ? 1 : 0));
  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `alert_bot_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }

  for (const source of ['alertmanager', 'manual']) metrics.deliveries.inc({ source }, 0);
  for (const why of REFUSALS) metrics.refused.inc({ why }, 0);
  for (const outcome of ALERT_OUTCOMES) metrics.alerts.inc({ outcome }, 0);
  for (const outcome of ATTEMPT_OUTCOMES) metrics.attempts.inc({ outcome }, 0);
  for (const outcome of OUTCOMES) metrics.closed.inc({ outcome }, 0);
  for (const verb of ['restart', 'start'] satisfies Verb[])
    for (const result of CALL_RESULTS) metrics.calls.inc({ verb, result }, 0);
  for (const where of WORK) metrics.failures.inc({ where }, 0);
  for (const what of PRUNED) metrics.pruned.inc({ what }, 0);
  for (const result of ['sent', 'failed']) metrics.sendings.inc({ result }, 0);
  for (const kind of NOTICE_KINDS)
    for (const result of NOTICE_RESULTS) metrics.notices.inc({ kind, result }, 0);
  for (const [kind, reasons] of Object.entries(REASONS))
    for (const reason of reasons) metrics.decisions.inc({ kind, reason }, 0);
  return metrics;
}

/** Every status at 0: what a census begins with. */
export const NO_INCIDENTS: Readonly<Record<Status, number>> = {
  new: 0,
  deferred: 0,
  awaiting_approval: 0,
  queued: 0,
  acting: 0,
  proving: 0,
  lost: 0,
  escalated: 0,
  closed: 0,
};
