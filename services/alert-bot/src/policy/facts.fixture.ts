import type { Instant } from '../domain/duration.ts';
import type { AttemptFact, Facts, FleetFacts, TargetFact } from '../domain/facts.ts';
import type { FleetLimits, Limits, Step } from '../domain/playbook.ts';
import type { OptIn } from '../domain/target.ts';

/** Every table is read relative to this instant; no test asks a clock. */
export const NOW: Instant = Date.UTC(2026, 10, 20, 3, 0, 0);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const RESTART = { kind: 'restart', timeout: 10 * SECOND, attempts: 3 } as const satisfies Step;
export const ESCALATE = { kind: 'escalate' } as const satisfies Step;

/** The defaults of design §5. */
export const LIMITS: Limits = {
  cooldown: 2 * MINUTE,
  backoff: { initial: 10 * SECOND, factor: 2, max: 5 * MINUTE },
  budgets: [
    { attempts: 3, per: 30 * MINUTE },
    { attempts: 6, per: 24 * HOUR },
  ],
  quarantine: HOUR,
  deferAtMost: 15 * MINUTE,
  approveWithin: 30 * MINUTE,
  settle: 5 * SECOND,
};

export const OPTED_IN: OptIn = {
  enabled: true,
  mode: null,
  cooldown: null,
  budget: null,
  playbooks: null,
};

type Playbook = NonNullable<Facts['playbook']>;

export const playbook = (changes: Partial<Playbook> = {}): Playbook => ({
  name: 'restart-on-errors',
  mode: 'act',
  steps: [RESTART, ESCALATE],
  limits: LIMITS,
  ...changes,
});

export const limits = (changes: Partial<Limits>): { playbook: Playbook } => ({
  playbook: playbook({ limits: { ...LIMITS, ...changes } }),
});

export const target = (
  optIn: Partial<OptIn> | { invalid: string } = {},
  protectedBecause: string | null = null,
): { target: TargetFact } => ({
  target: {
    found: 'one',
    id: 'docker:service:shop/api',
    optIn: 'invalid' in optIn ? optIn : { ...OPTED_IN, ...optIn },
    protectedBecause,
    atRest: null,
  },
});

/** An attempt of the incident under test, reserved so long ago, that took a second. */
export const attempt = (ago: number, changes: Partial<AttemptFact> = {}): AttemptFact => ({
  incident: '1',
  step: 0,
  reservedAt: NOW - ago,
  endedAt: NOW - ago + SECOND,
  ...changes,
});

export const incident = (changes: Partial<Facts['incident']> = {}): { incident: Facts['incident'] } => ({
  incident: {
    id: '1',
    status: 'new',
    openedAt: NOW - MINUTE,
    began: changes.openedAt ?? NOW - MINUTE,
    deadline: NOW + 15 * MINUTE,
    escalated: null,
    ...changes,
  },
});

/** The fleet limits of design §5. */
export const FLEET_LIMITS: FleetLimits = {
  concurrent: 1,
  targets: { count: 3, percent: 34, per: 10 * MINUTE },
  storm: { incidents: 10, per: MINUTE, calm: 2 * MINUTE },
};

/** A fleet of ten in which nothing else is done, with changes. */
export const fleet = (changes: Partial<FleetFacts> = {}): { fleet: FleetFacts } => ({
  fleet: {
    limits: FLEET_LIMITS,
    acting: [],
    actingInTree: [],
    queuedBefore: [],
    recent: [],
    size: { known: 10 },
    ...changes,
  },
});

/** As many actions on other targets as that, of as many as may be. */
export const actingElsewhere = (count: number, concurrent = 1): { fleet: FleetFacts } =>
  fleet({
    acting: Array.from({ length: count }, (_, i) => `docker:service:shop/other-${i}`),
    limits: { ...FLEET_LIMITS, concurrent },
  });

/** Facts in which nothing speaks against a first attempt, with changes. */
export const facts = (...changes: Partial<Facts>[]): Facts =>
  Object.assign(
    {
      ...incident(),
      playbook: playbook(),
      ...target(),
      alert: { state: 'firing', detail: 'active in Alertmanager' },
      attempts: [],
      notCalledAt: null,
      circuit: { open: false, until: null },
      resetAt: null,
      lastIncidentEndedAt: null,
      pauses: [],
      maintenance: null,
      clockJump: null,
      behind: 0,
      storm: null,
      dependencies: { all: [], unwellAt: null, targetStartedAt: null, letsGoAfter: 0 },
      replicas: [],
      ...fleet(),
      approval: null,
      healed: null,
      ownStorm: null,
    } satisfies Facts,
    ...changes,
  );
