import type { Instant } from './duration.ts';
import type { ActReason, DeferReason, EscalateReason, Reason, SkipReason } from './reason.ts';

/** What one guard answered. `unknown` blocks like `block`. */
export interface GuardAnswer {
  guard: string;
  answer: 'allow' | 'block' | 'unknown';
  /** The numbers behind the answer, in a sentence. */
  because: string;
}

interface Common {
  /** Further reasons that held at the same time, in order of precedence. */
  also: readonly Reason[];
  guards: readonly GuardAnswer[];
}

export type Decision = Common &
  (
    | { kind: 'act'; reason: ActReason /** Index into the playbook's steps. */; step: number }
    | { kind: 'defer'; reason: DeferReason /** When to look again. */; until: Instant }
    | { kind: 'skip'; reason: SkipReason }
    | { kind: 'escalate'; reason: EscalateReason }
  );

/** Decisions that need no new row but raise the counter of the last one (G10). */
export function sameDecision(a: Decision, b: Decision): boolean {
  const until = (d: Decision) => (d.kind === 'defer' ? d.until : null);
  return a.kind === b.kind && a.reason === b.reason && until(a) === until(b);
}
