import type { Logger } from 'pino';
import type { Decision } from '../domain/decision.ts';
import type { Instant } from '../domain/duration.ts';
import type { Outcome } from '../domain/incident.ts';
import type { NoticeKind } from '../domain/notice.ts';
import type { Verb } from '../domain/platform.ts';
import { type EscalateReason, explain } from '../domain/reason.ts';
import type { AttemptOutcome } from '../store/attempts.ts';
import type { AlertOutcome } from '../store/deliveries.ts';
import type { CallResult, Metrics, PRUNED, Refusal } from './metrics.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

export type Events = ReturnType<typeof createEvents>;

/** The incident as a log line names it. */
export interface Subject {
  id: number;
  target: string | null;
  title: string;
}

/**
 * One function per business event: it writes the log line, the metric and the span together, so that they cannot
 * drift. Called only after the commit, so that nothing is reported that a rollback undid. Never throws.
 */
export function createEvents(log: Logger, metrics: Metrics, tracing: Tracing = NO_TRACING) {
  const about = (incident: Subject) => ({
    incident: incident.id,
    target: incident.target,
    alert: incident.title,
    trace_id: tracing.traceOf(incident.id),
  });
  return {
    /** @param traceparent the header of the same name, where the sender traces too */
    delivered(
      delivery: { id: string; source: string; receivedAt: Instant },
      accepted: number,
      rejected: number,
      traceparent?: string,
    ): void {
      tracing.delivered(delivery, { accepted, rejected, traceparent });
      metrics.deliveries.inc({ source: delivery.source });
      if (rejected > 0) metrics.alerts.inc({ outcome: 'rejected' }, rejected);
      log.info({ delivery: delivery.id, source: delivery.source, accepted, rejected }, 'delivery accepted');
    },
    refused(why: Refusal, message: string): void {
      metrics.refused.inc({ why });
      log.warn({ why }, `webhook refused: ${message}`);
    },
    refusedAdmin(why: string): void {
      log.warn(`admin request refused: ${why}`);
    },
    truncated(delivery: string, count: number): void {
      log.warn({ delivery, count }, 'Alertmanager left alerts out of a delivery; the sweep reads them');
    },
    triaged(delivery: string, outcomes: readonly AlertOutcome[]): void {
      tracing.triaged(delivery, outcomes);
      for (const { outcome, fingerprint, incident } of outcomes) {
        metrics.alerts.inc({ outcome });
        log.debug({ delivery, outcome, fingerprint, incident }, 'alert triaged');
      }
    },
    decided(incident: Subject, decision: Decision): void {
      metrics.decisions.inc({ kind: decision.kind, reason: decision.reason });
      tracing.decided(incident.id, decision);
      const until = decision.kind === 'defer' ? decision.until : null;
      log.info(
        {
          ...about(incident),
          decision: decision.kind,
          reason: decision.reason,
          until: until === null ? undefined : new Date(until).toISOString(),
          because: decision.guards.find((guard) => guard.answer !== 'allow')?.because,
        },
        explain(decision.reason),
      );
    },
    acting(incident: Subject, verb: string, instance: string, attempt: number): void {
      log.info({ ...about(incident), verb, instance, attempt }, `${verb} begins`);
    },
    called(incident: Subject, verb: Verb, result: CallResult, took: number): void {
      metrics.calls.inc({ verb, result });
      log.info({ ...about(incident), verb, result, took_ms: Math.round(took) }, `${verb}: ${result}`);
    },
    attemptEnded(incident: Subject, outcome: AttemptOutcome, detail: string): void {
      metrics.attempts.inc({ outcome });
      tracing.attemptEnded(incident.id);
      log.info({ ...about(incident), outcome }, `attempt ended: ${detail}`);
    },
    /** Handed to a person outside of a decision: by a proof or by the executor. */
    escalated(incident: Subject, reason: EscalateReason): void {
      metrics.decisions.inc({ kind: 'escalate', reason });
      tracing.escalated(incident.id, reason);
      log.warn({ ...about(incident), decision: 'escalate', reason }, explain(reason));
    },
    storm(incident: Subject, what: 'is released' | 'is over'): void {
      log.warn(about(incident), `the storm ${what}`);
    },
    closed(incident: Subject & { openedAt: number }, outcome: Outcome, now: number): void {
      metrics.closed.inc({ outcome });
      tracing.closed(incident.id);
      if (outcome === 'healed') metrics.heal.observe((now - incident.openedAt) / 1000);
      log.info({ ...about(incident), outcome }, 'incident closed');
    },
    escalationSent(count: number): void {
      metrics.sendings.inc({ result: 'sent' }, count);
      log.debug({ count }, 'escalations sent to Alertmanager');
    },
    escalationFailed(count: number, error: string): void {
      metrics.sendings.inc({ result: 'failed' }, count);
      log.error({ count }, `escalations could not be sent, they are tried again: ${error}`);
    },
    noticeSent(kind: NoticeKind): void {
      metrics.notices.inc({ kind, result: 'sent' });
      log.debug({ kind }, 'notice sent');
    },
    /** @param again whether the one before failed too: it is told once, not every few seconds */
    noticeFailed(kind: NoticeKind, error: string, again: boolean): void {
      metrics.notices.inc({ kind, result: 'failed' });
      log[again ? 'debug' : 'warn']({ kind }, `notice not taken, it is tried again for a day: ${error}`);
    },
    noticeGivenUp(kind: NoticeKind, error: string, count = 1): void {
      metrics.notices.inc({ kind, result: 'given_up' }, count);
      log.error({ kind, count }, `notice given up: ${error}`);
    },
    swept(now: number): void {
      metrics.sweep.set(now / 1000);
    },
    sourceAway(source: string, error: string): void {
      log.warn({ source }, error);
    },
    clockJumped(by: number): void {
      metrics.clockJumps.inc();
      log.warn({ by_ms: by }, 'the wall clock jumped: everything is held until it was steady for a minute');
    },
    person(by: string, action: string, subject: string, why: string): void {
      log.info({ by, action, subject, why }, `${by}: ${action} ${subject}`);
    },
    /** What became of the playbook files when they were read again. */
    configuration: {
      reloaded(changes: readonly { path: string; from: string; to: string }[]): void {
        if (changes.length === 0) log.info('playbooks read again, nothing changed');
        for (const change of changes) log.info(change, 'playbooks read again: changed');
      },
      refused(problems: readonly string[]): void {
        for (const problem of problems)
          log.error(`playbooks not taken over, the last good ones hold: ${problem}`);
      },
      unwatched(folder: string, why: string): void {
        log.warn({ folder }, `changes of the playbooks are noticed after some seconds only: ${why}`);
      },
    },
    pruned(what: (typeof PRUNED)[number], rows: number): void {
      metrics.pruned.inc({ what }, rows);
      log.debug({ what, rows }, 'removed from the incident log');
    },
    logTooLarge(size: number, max: number): void {
      log.warn(
        { size, max },
        'the incident log is larger than ALERT_BOT_LOG_MAX and nothing in it may go yet: allow it more',
      );
    },
    failed(where: string, error: unknown): void {
      metrics.failures.inc({ where });
      log.error({ where, err: error }, `failure in ${where}`);
    },
  };
}
