import type { Labels } from './alert.ts';
import { formatTimeOfDay, type Millis } from './duration.ts';

/** From the strictest to the freest. */
export const MODES = ['observe', 'approve', 'act'] as const;
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
  /** How long a request for approval stands (`approval_expired`). */
  approveWithin: Millis;
  /** How long a target with dependencies waits before its first action, so that the trouble of these can show (G7). */
  settle: Millis;
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

/** What bounds the bot as a whole, over all playbooks and targets (G5, G6). */
export interface FleetLimits {
  /** Calls to the platform at once. */
  concurrent: number;
  /** Different targets acted on in any window of `per`: at most `count`, and at most `percent` of all. */
  targets: { count: number; percent: number; per: Millis };
  /** `incidents` new ones within `per` are a storm; it is over when none came for `calm`. */
  storm: { incidents: number; per: Millis; calm: Millis };
}

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A maintenance window: nothing is acted on while it is open (G13). Times of day are of its zone. */
export interface MaintenanceWindow {
  name: string;
  /** An IANA name, such as Europe/Berlin. */
  zone: string;
  /** On which days it opens; it closes the next day where `to` is not after `from`. */
  days: readonly Weekday[];
  /** Minutes since midnight. */
  from: number;
  to: number;
  /** Names of services and of playbooks it is for; null is all. */
  services: readonly string[] | null;
  playbooks: readonly string[] | null;
}

/** A window for a person: its name, when it is open, and for whom. */
export function windowInWords({
  name,
  zone,
  days,
  from,
  to,
  services,
  playbooks,
}: MaintenanceWindow): string {
  const when = days.length === 7 ? 'every day' : days.join(', ');
  const only = [
    ...(services === null ? [] : [`services ${services.join(', ')}`]),
    ...(playbooks === null ? [] : [`playbooks ${playbooks.join(', ')}`]),
  ];
  const whom = only.length === 0 ? '' : `, only ${only.join(' and ')}`;
  return `${name}: ${when} ${formatTimeOfDay(from)} to ${formatTimeOfDay(to)} ${zone}${whom}`;
}

/** Everything the playbook file says. */
export interface PlaybookFile {
  playbooks: readonly Playbook[];
  limits: FleetLimits;
  maintenance: readonly MaintenanceWindow[];
  /** What it was compiled from, without the overrides: for people, who change it and try that. */
  text: string;
}

/** The longest time a quarantine may double up to (design §5). */
export const QUARANTINE_AT_MOST: Millis = 24 * 3_600_000;
