import type { Instant } from './duration.ts';
import type { ActReason, DeferReason, EscalateReason, Reason, SkipReason } from './reason.ts';

/** What one guard answered. `unknown` blocks like `block`. */
export interface GuardAnswer {
  guard: string;
  answer: 'allow' | 'block' | 'unknown';
  /** The numbers behind the answer, in a sentence. */
  because: string;
}

/** What is decided, and why. */
export type Choice =
  /** `step` is an index into the playbook's steps. */
  | { kind: 'act'; reason: ActReason; step: number }
  /** `until` is when the wait ends, where that is known; it is looked at again sooner. */
  | { kind: 'defer'; reason: DeferReason; until: Instant | null }
  | { kind: 'skip'; reason: SkipReason }
  | { kind: 'escalate'; reason: EscalateReason };

export type Decision = Choice & {
  /** Further reasons that held at the same time, in order of precedence. */
  also: readonly Reason[];
  guards: readonly GuardAnswer[];
};

/** Decisions that need no new row but raise the counter of the last one (G10). */
export function sameDecision(a: Decision, b: Decision): boolean {
  const until = (d: Decision) => (d.kind === 'defer' ? d.until : null);
  return a.kind === b.kind && a.reason === b.reason && until(a) === until(b);
}
