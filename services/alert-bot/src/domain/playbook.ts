import type { Labels } from './alert.ts';
import type { Millis } from './duration.ts';

/** From the strictest to the freest. */
export const MODES = ['observe', 'act'] as const;
export type Mode = (typeof MODES)[number];

/** The stricter of two modes wins (design §5). */
export const stricter = (a: Mode, b: Mode): Mode => (MODES.indexOf(a) < MODES.indexOf(b) ? a : b);

/** At most `attempts` attempts in any window of `per`. */
export interface Budget {
  attempts: number;
  per: Millis;
}

export interface Backoff {
  initial: Millis;
  factor: number;
  max: Millis;
}

export type Step =
  | { kind: 'restart' /** Grace time before the platform kills. */; timeout: Millis; attempts: number }
  | { kind: 'escalate' };

/** A PromQL question whose answer above a number is fresh evidence that the action did not help. */
export interface ProveQuery {
  query: string;
  above: number;
}

export interface Limits {
  cooldown: Millis;
  backoff: Backoff;
  budgets: readonly Budget[];
  /** How long the circuit stays open; 'manual' is until a person resets it. */
  quarantine: Millis | 'manual';
  /** Every wait for something that no person asked for ends after this (`waited_too_long`). */
  deferAtMost: Millis;
}

export interface Prove {
  within: Millis;
  stable: Millis;
  query: ProveQuery | null;
}

/** A compiled playbook: what the file says with the defaults filled in. */
export interface Playbook {
  name: string;
  mode: Mode;
  /** The matchers as written, for people. */
  matchers: readonly string[];
  matches(labels: Labels): boolean;
  /** Template of the service name, such as `{{ $labels.service }}`. */
  service: string;
  steps: readonly Step[];
  limits: Limits;
  prove: Prove;
}

/** Everything the playbook file says. */
export interface PlaybookFile {
  playbooks: readonly Playbook[];
  /** Calls to the platform at once, over all targets (G5). */
  concurrent: number;
}

/** The longest time a quarantine may double up to (design §5). */
export const QUARANTINE_AT_MOST: Millis = 24 * 3_600_000;
