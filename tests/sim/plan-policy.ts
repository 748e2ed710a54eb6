import type { Labels } from '../../services/alert-bot/src/domain/alert.ts';
import type {
  Budget,
  FleetLimits,
  Limits,
  MaintenanceWindow,
  Mode,
  Playbook,
  PlaybookFile,
  Step,
} from '../../services/alert-bot/src/domain/playbook.ts';
import type { ServicePlan, Theme } from './plan.ts';
import type { Random } from './random.ts';

/** Every run begins on this day, at noon and a little, in UTC. */
export const BEGINS = Date.UTC(2026, 2, 4, 12);

const MINUTE = 60_000;

/**
 * The playbook file of a run and what it is changed to. Durations are short, so that a few minutes of virtual time
 * hold what takes a night; their relations to each other are those of a real file.
 */
export function makePolicies(random: Random, theme: Theme, services: readonly ServicePlan[]): PlaybookFile[] {
  const mode = theme === 'approve' ? 'approve' : random.weighted<Mode>({ act: 14, approve: 1 });
  const limits = makeLimits(random, theme);
  const fleet = makeFleet(random, theme);
  const steps = makeSteps(random);
  const prove = {
    within: random.pick([12_000, 15_000, 20_000]),
    stable: random.pick([0, 2_000, 4_000]),
    query: random.chance(0.6)
      ? { query: 'errors{service="{{ $labels.service }}"}[{{ $since }}]', above: 0.5 }
      : null,
  };
  const file = (changed: Mode, tighter: boolean): PlaybookFile => ({
    text: '',
    playbooks: [
      playbook('errors', 'HighErrorRate', changed, tighter ? tightened(limits) : limits, steps, prove),
      playbook('down', 'ServiceDown', changed, tighter ? tightened(limits) : limits, steps, prove),
    ],
    limits: fleet,
    maintenance: windows,
  });
  const windows = makeWindows(random, theme, services);
  const modes: readonly Mode[] = ['act', 'act', 'approve', 'observe'];
  const changes = random.chance(theme === 'stubborn' ? 0.8 : 0.35) ? random.int(1, 2) : 0;
  return [
    file(mode, false),
    ...Array.from({ length: changes }, () => file(random.pick(modes), random.chance(0.5))),
    // What the run ends with is what it began with, so that the end can be judged.
    ...(changes > 0 ? [file(mode, false)] : []),
  ];
}

const tightened = (limits: Limits): Limits => ({
  ...limits,
  cooldown: limits.cooldown * 2,
  budgets: [...limits.budgets, { attempts: 1, per: 4 * MINUTE }],
});

function makeLimits(random: Random, theme: Theme): Limits {
  const budgets: Budget[] =
    theme === 'recurring'
      ? [{ attempts: 6, per: 2 * MINUTE }]
      : [
          { attempts: random.int(2, 3), per: random.int(2, 3) * MINUTE },
          { attempts: random.int(4, 5), per: 6 * MINUTE },
        ];
  return {
    cooldown: theme === 'recurring' ? 5_000 : random.pick([5_000, 15_000, 30_000]),
    backoff: { initial: random.pick([5_000, 8_000]), factor: 2, max: 20_000 },
    budgets,
    quarantine: random.chance(0.1) ? 'manual' : random.pick([40_000, 60_000]),
    deferAtMost: random.pick([30_000, 45_000]),
    approveWithin: random.pick([15_000, 20_000]),
    settle: 5_000,
  };
}

function makeFleet(random: Random, theme: Theme): FleetLimits {
  const stormy = theme === 'storm';
  return {
    concurrent: random.pick([1, 1, 2, 3]),
    targets: {
      count: stormy ? random.int(2, 6) : random.pick([1, 2, 3, 8]),
      percent: random.pick([20, 34, 50, 100]),
      per: random.pick([20_000, 40_000]),
    },
    storm: {
      incidents: stormy ? random.int(3, 5) : random.pick([4, 6, 20]),
      per: 20_000,
      calm: random.pick([10_000, 20_000]),
    },
  };
}

function makeSteps(random: Random): Step[] {
  const restart = (): Step => ({
    kind: 'restart',
    timeout: random.pick([500, 1_000, 2_000]),
    attempts: random.int(1, 2),
  });
  return random.chance(0.4)
    ? [restart(), restart(), { kind: 'escalate' }]
    : [restart(), { kind: 'escalate' }];
}

function playbook(
  name: string,
  alertname: string,
  mode: Mode,
  limits: Limits,
  steps: readonly Step[],
  prove: Playbook['prove'],
): Playbook {
  return {
    name,
    mode,
    matchers: [`alertname="${alertname}"`],
    matches: (labels: Labels) => labels['alertname'] === alertname,
    service: '{{ $labels.service }}',
    steps,
    limits,
    prove,
  };
}

/** Open for a minute or two of the run, in a zone whose days do not begin with ours. */
function makeWindows(random: Random, theme: Theme, services: readonly ServicePlan[]): MaintenanceWindow[] {
  if (!random.chance(theme === 'people' ? 0.5 : 0.1)) return [];
  const ahead = { UTC: 0, 'Asia/Kolkata': 330, 'Asia/Tokyo': 540 };
  const zone = random.pick(['UTC', 'Asia/Kolkata', 'Asia/Tokyo'] as const);
  const from = 12 * 60 + ahead[zone] + random.int(0, 3);
  return [
    {
      name: 'planned',
      zone,
      days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      from: from % 1_440,
      to: (from + random.int(1, 2)) % 1_440,
      services: random.chance(0.5) ? null : services.slice(0, 3).map((service) => service.name),
      playbooks: random.chance(0.7) ? null : ['errors'],
    },
  ];
}
