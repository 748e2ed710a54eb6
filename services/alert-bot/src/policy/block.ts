import type { Choice } from '../domain/decision.ts';
import type { Instant } from '../domain/duration.ts';

/** What a guard says where it does not allow: what is to be decided then, and why. */
export interface Blocked {
  guard: string;
  verdict: Choice;
  because: string;
  /** The guard could not be evaluated, which blocks too. */
  answer?: 'unknown';
}

type ReasonOf<Kind extends Choice['kind']> = Extract<Choice, { kind: Kind }>['reason'];

export const skip = (reason: ReasonOf<'skip'>) => ({ kind: 'skip', reason }) as const;
export const escalate = (reason: ReasonOf<'escalate'>) => ({ kind: 'escalate', reason }) as const;
export const defer = (reason: ReasonOf<'defer'>, until: Instant | null) =>
  ({ kind: 'defer', reason, until }) as const;

export const block = (guard: string, verdict: Choice, because: string): Blocked => ({
  guard,
  verdict,
  because,
});
export const unknown = (guard: string, because: string): Blocked => ({
  guard,
  verdict: defer('guard_unavailable', null),
  because,
  answer: 'unknown',
});
