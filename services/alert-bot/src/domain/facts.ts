import type { Instant, Millis } from './duration.ts';
import type { Status } from './incident.ts';
import type { FleetLimits, Playbook } from './playbook.ts';
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
    /** It depends on the target in turn: members of a cycle do not wait for each other. */
    inCycle: boolean;
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

/** One instance of the target, for what concerns the others of it (G5) and what others did to it. */
export interface ReplicaFact {
  /** The platform's full id. */
  id: string;
  name: string;
  /** `sick`: not running, or unhealthy. `at_rest`: somebody wants it stopped. */
  state: 'healthy' | 'starting' | 'sick' | 'at_rest';
  startedAt: Instant | null;
  /** When the platform made it, where it says so: later than the trouble means that it was replaced. */
  createdAt: Instant | null;
  /** Whether the run it is in was begun by a call of ours. */
  startedByUs: boolean;
}

/** A pause that holds for this incident. */
export interface PauseFact {
  by: string;
  why: string;
  until: Instant | null;
  /** `all`, `target:<id>` or `playbook:<name>`. */
  scope: string;
}

/** What the bot does elsewhere, and how much it may (G5). */
export interface FleetFacts {
  limits: FleetLimits;
  /** Targets with an open call. */
  acting: readonly TargetId[];
  /** Those of them that this target depends on, or that depend on it, over however many steps. */
  actingInTree: readonly TargetId[];
  /** Incidents that are queued and go first: severer, deeper in the dependencies, or older. */
  queuedBefore: readonly string[];
  /** Other targets on which an attempt was reserved in the last `limits.targets.per`, each with its latest. */
  recent: readonly { target: TargetId; at: Instant }[];
  /** How many targets the bot may act on at all; unknown where the platform does not say. */
  size: { known: number } | { unknown: string };
}

/** A storm that is not over (G6). */
export interface StormFact {
  /** `held`: new incidents still come. `released`: calm again, one after the other may go. */
  phase: 'held' | 'released';
  began: Instant;
  incidents: number;
  /** When it would be calm, if nothing more came. */
  calmAt: Instant;
  /** Incidents held by the storm that go first, or are being acted on or proven. */
  before: readonly string[];
}

/** What a person was asked, and has answered, about this incident (mode `approve`). */
export interface ApprovalFact {
  state: 'asked' | 'approved';
  step: number;
  /** What it is bound to: the instances as they were when it was asked. */
  instances: readonly { id: string; startedAt: Instant | null }[];
  askedAt: Instant;
  expiresAt: Instant;
  by: string | null;
}

/** Wall and monotonic time moved apart (design §4). */
export interface ClockJump {
  /** Positive: the wall clock leapt forward. */
  by: Millis;
  /** When the clock will have been steady for long enough. */
  until: Instant;
}

/** The healings of a target since its last reset, this one with them (`recurring`). */
export interface HealedFact {
  /** When its incidents were closed as healed, oldest first. */
  at: readonly Instant[];
  /** When a person was last told of it. */
  toldAt: Instant | null;
}

/** Everything `decide` may look at. Gathered by I/O before, stored with the decision. */
export interface Facts {
  incident: {
    id: string;
    status: Status;
    openedAt: Instant;
    /** When its trouble began, as its alerts say: they may have fired before the bot heard of it. */
    began: Instant;
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
  pauses: readonly PauseFact[];
  /** A maintenance window that is open for this incident. */
  maintenance: { name: string; until: Instant } | null;
  clockJump: ClockJump | null;
  /** How far log time is ahead of the clocks outside, because the wall clock was set back. */
  behind: Millis;
  storm: StormFact | null;
  dependencies: DependencyFacts;
  replicas: readonly ReplicaFact[];
  fleet: FleetFacts;
  approval: ApprovalFact | null;
  /** Set where an incident was just closed as healed, and only whether it recurs is asked. */
  healed: HealedFact | null;
  /** Set for the incident of a storm itself: how many incidents it has. */
  ownStorm: { incidents: number } | null;
}
