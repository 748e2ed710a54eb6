import type { Millis } from '../../services/alert-bot/src/domain/duration.ts';
import type { PlaybookFile } from '../../services/alert-bot/src/domain/playbook.ts';
import type { Dependency } from '../../services/alert-bot/src/domain/target.ts';
import { makePolicies } from './plan-policy.ts';
import { makeScript, type Scripted } from './plan-script.ts';
import { makeServices } from './plan-services.ts';
import { createRandom } from './random.ts';

/** What a run is mostly about: one thing happens more often than the others. */
export const THEMES = [
  'mixed',
  'lies',
  'storm',
  'approve',
  'deploys',
  'stubborn',
  'dependencies',
  'clock',
  'watchers',
  'people',
  'recurring',
  'odd',
] as const;
export type Theme = (typeof THEMES)[number];

/** A service of the simulated host, as its owner wrote it down. */
export interface ServicePlan {
  name: string;
  /** Tells two services of one name apart, as two Compose projects have. */
  project: string;
  replicas: number;
  dependsOn: readonly { service: string; condition: Dependency['condition'] }[];
  labels: Readonly<Record<string, string>>;
  protectedBecause: string | null;
  hasHealthCheck: boolean;
  /** Whether a rule watches that it runs; without it a service that is down also resolves its other alert. */
  hasDownRule: boolean;
  /** The engine starts it again when it ends by itself. */
  restarts: boolean;
  stopTakes: Millis;
  startTakes: Millis;
  /** How long its health check says `starting`. */
  warmsUp: Millis;
  severity: string;
}

export interface Plan {
  seed: number;
  theme: Theme;
  services: readonly ServicePlan[];
  /** The playbook files in the order in which they are loaded; the first is there from the start. */
  policies: readonly PlaybookFile[];
  peers: 1 | 2;
  script: readonly Scripted[];
  /** Things happen until then, and are set right at that time; the rest of the run is quiet. */
  active: Millis;
  end: Millis;
  /** How long range and `for` of the rules are. */
  rule: { range: Millis; holds: Millis; every: Millis };
  /** Times the process may die. */
  crashes: number;
  /** How often the platform does not do what it is told, or says so. */
  lies: number;
}

/** Where it is what a run is about, and where it would keep a run from what it is about. */
const LIES: Partial<Record<Theme, number>> = { lies: 0.6, recurring: 0 };

export function makePlan(seed: number): Plan {
  const random = createRandom(seed, 'plan');
  const theme = random.pick(THEMES);
  const services = makeServices(random, theme);
  const active = random.int(145, 178) * 1_000;
  const policies = makePolicies(createRandom(seed, 'policy'), theme, services);
  return {
    seed,
    theme,
    services,
    policies,
    peers: random.chance(0.5) ? 2 : 1,
    script: makeScript(createRandom(seed, 'script'), theme, services, policies.length, active),
    active,
    end: active + 145_000,
    rule: {
      range: theme === 'recurring' ? 4_000 : random.pick([4_000, 8_000, 12_000]),
      holds: random.pick([0, 2_000, 4_000]),
      every: 2_000,
    },
    crashes: random.pick([0, 4, 6, 7, 8]),
    lies: LIES[theme] ?? random.pick([0, 0.15, 0.35]),
  };
}
