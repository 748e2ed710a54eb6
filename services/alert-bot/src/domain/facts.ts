import type { Instant, Millis } from './duration.ts';
import type { Status } from './incident.ts';
import type { Playbook } from './playbook.ts';
import type { EscalateReason } from './reason.ts';
import type { OptIn, TargetId } from './target.ts';

/** What the platform answered when asked for the target. */
export type TargetFact =
  | {
      found: 'one';
      id: TargetId;
      optIn: OptIn | { invalid: string };
      protectedBecause: string | null;
      /** Set where none of its instances runs because somebody wants it so; `since` is the platform's time. */
      atRest: { why: string; since: Instant | null } | null;
    }
  | { found: 'none'; asked: string }
  | { found: 'many'; ids: readonly TargetId[] }
  | { found: 'unknown'; why: string };

/** What Alertmanager (or, for a manual alert, the log) says of the incident's alerts, taken together. */
export interface AlertFact {
  /** `absent` is one reading without the alert: it stops an action and closes nothing. */
  state: 'firing' | 'absent' | 'silenced' | 'inhibited' | 'unknown';
  detail: string;
}

/** An attempt on the target that was called or may have been: those count (G4). */
export interface AttemptFact {
  incident: string;
  step: number;
  reservedAt: Instant;
  /** null while it is open: acting or being proven. */
  endedAt: Instant | null;
}

/** The circuit of a target: open from the moment a budget is spent. */
export interface CircuitFact {
  open: boolean;
  /** When a trial is allowed; null with `open` means only a person's reset closes it. */
  until: Instant | null;
}

/** How what a target depends on is doing (G7). */
export interface DependencyFacts {
  all: readonly {
    id: TargetId;
    /** `wellSince`: when its youngest instance started. */
    state: { wellSince: Instant } | { unwell: string } | { unknown: string };
  }[];
  /** When a decision of this incident last found one unwell. */
  unwellAt: Instant | null;
  /** When the youngest instance of the target itself started: what came up before it cannot be the cause. */
  targetStartedAt: Instant | null;
  /** How long the alert may still fire after its cause is gone, because its rule looks back. */
  letsGoAfter: Millis;
}

/** Everything `decide` may look at. Gathered by I/O before, stored with the decision. */
export interface Facts {
  incident: {
    id: string;
    status: Status;
    openedAt: Instant;
    /** When waiting turns into `waited_too_long`. */
    deadline: Instant;
    /** Set once a person was told; a reset of the target after `at` lifts it. */
    escalated: { reason: EscalateReason; at: Instant } | null;
  };
  playbook: Pick<Playbook, 'name' | 'mode' | 'steps' | 'limits'> | null;
  target: TargetFact;
  alert: AlertFact;
  /** Attempts on the target after its last reset, oldest first, all incidents. */
  attempts: readonly AttemptFact[];
  /** When an attempt of this incident was last given up before the call: it spends nothing, but pauses. */
  notCalledAt: Instant | null;
  circuit: CircuitFact;
  resetAt: Instant | null;
  /** When the last incident of the target that acted was closed, after its last reset. */
  lastIncidentEndedAt: Instant | null;
  paused: { by: string; why: string; until: Instant | null } | null;
  dependencies: DependencyFacts;
  /** Calls open on other targets, and how many may be (G5). */
  actingElsewhere: number;
  concurrent: number;
}
