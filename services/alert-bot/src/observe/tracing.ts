import type { Decision } from '../domain/decision.ts';
import type { Instant } from '../domain/duration.ts';
import type { EscalateReason } from '../domain/reason.ts';
import type { AlertOutcome } from '../store/deliveries.ts';

/**
 * The spans of the bot: a trace for each delivery, a trace for each incident from its first alert to its end, linked to the
 * deliveries. Told together with log line and metric (events.ts), once it is committed. Never throws.
 */
export interface Tracing {
  /** The trace of an incident, as the log lines carry it. */
  traceOf(incident: number): string | undefined;
  delivered(
    delivery: { id: string; source: string; receivedAt: Instant },
    about: { accepted: number; rejected: number; traceparent: string | undefined },
  ): void;
  triaged(delivery: string, outcomes: readonly AlertOutcome[]): void;
  decided(incident: number, decision: Decision): void;
  /** The attempt with its evidence, its calls and its proof. */
  attemptEnded(incident: number): void;
  escalated(incident: number, reason: EscalateReason): void;
  closed(incident: number): void;
}

const nothing = (): void => undefined;
export const NO_TRACING: Tracing = {
  traceOf: () => undefined,
  delivered: nothing,
  triaged: nothing,
  decided: nothing,
  attemptEnded: nothing,
  escalated: nothing,
  closed: nothing,
};
