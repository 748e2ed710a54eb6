import type { Instant, Millis } from './duration.ts';
import { parseDuration } from './duration.ts';
import type { Budget, Mode } from './playbook.ts';
import { MODES } from './playbook.ts';

/** `supervisor:<name>`, `docker:service:<project>/<service>` or `docker:container:<name>`. */
export type TargetId = string;

export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** One process or container of a target, as the platform sees it. */
export interface Instance {
  /** The platform's full id; it is what a call names (G3). */
  id: string;
  name: string;
  running: boolean;
  /** When the platform made it; null where it does not say. A deploy makes a new one. */
  createdAt: Instant | null;
  startedAt: Instant | null;
  finishedAt: Instant | null;
  restartCount: number;
  exitCode: number | null;
  /**
   * Why it does not run, where somebody wants it so as far as can be told: a person stopped or paused it, or a
   * deploy is about to start or replace it. It is not ours to start. null where it runs or ended by itself.
   */
  atRest: string | null;
  health: Health;
  /** Last output of the health check, for people. */
  healthDetail: string;
}

/** What can be acted on: instances rolled one at a time, with the owner's labels. */
export interface Target {
  id: TargetId;
  /** The name that playbooks and the `service` label use. */
  service: string;
  labels: Readonly<Record<string, string>>;
  instances: readonly Instance[];
  /** What it needs to be well before a restart of it can help (G7). */
  dependsOn: readonly Dependency[];
  /** Why it must never be touched whatever its labels say (G11), or null. */
  protectedBecause: string | null;
}

/** Compose's conditions: running, healthy, or finished with exit code 0. */
export interface Dependency {
  id: TargetId;
  condition: 'started' | 'healthy' | 'completed';
}

/**
 * Why a dependency is not well, in a few words, or null where it is: not running (a finished one-shot with
 * exit code 0 is well), unhealthy, or not yet healthy where that is the condition.
 */
export function whyUnwell(
  target: Pick<Target, 'instances'>,
  condition: Dependency['condition'],
): string | null {
  if (target.instances.length === 0) return 'has no instance';
  for (const { running, exitCode, health, name } of target.instances) {
    if (condition === 'completed' && !running && exitCode === 0) continue;
    if (condition === 'completed') return `${name} has not finished well`;
    if (!running) return `${name} is not running`;
    if (health === 'unhealthy') return `${name} is unhealthy`;
    if (health === 'starting' && condition === 'healthy') return `${name} is not healthy yet`;
  }
  return null;
}

/** What the owner of a target allows. Labels only narrow what a playbook says (design §5). */
export interface OptIn {
  enabled: boolean;
  mode: Mode | null;
  cooldown: Millis | null;
  budget: Budget | null;
  playbooks: readonly string[] | null;
}

const PREFIX = 'alert-bot.';
const KNOWN = ['enable', 'mode', 'cooldown', 'budget', 'playbooks', 'depends-on'].map(
  (name) => `${PREFIX}${name}`,
);

/**
 * Reads the opt-in labels of a target.
 * @returns the opt-in, or `invalid`: a sentence for a person. An invalid label blocks (a guard that
 *   cannot be evaluated blocks), it is never read as "not set".
 */
export function readOptIn(labels: Target['labels']): OptIn | { invalid: string } {
  const label = (name: string) => labels[`${PREFIX}${name}`];
  const unknown = Object.keys(labels).find((name) => name.startsWith(PREFIX) && !KNOWN.includes(name));
  // A misspelt limit must not read as "no limit".
  if (unknown !== undefined)
    return { invalid: `label ${unknown} is not known: write one of ${KNOWN.join(', ')}` };
  const enable = label('enable');
  if (enable !== undefined && enable !== 'true' && enable !== 'false')
    return { invalid: `label ${PREFIX}enable="${enable}": write "true" or "false"` };
  const mode = label('mode');
  const knownMode = MODES.find((m) => m === mode);
  if (mode !== undefined && knownMode === undefined)
    return { invalid: `label ${PREFIX}mode="${mode}": write one of ${MODES.join(', ')}` };
  const cooldownText = label('cooldown');
  const cooldown = cooldownText === undefined ? null : parseDuration(cooldownText);
  if (cooldown === undefined)
    return { invalid: `label ${PREFIX}cooldown="${cooldownText}": write a duration such as 5m` };
  const budgetText = label('budget');
  const budget = budgetText === undefined ? null : parseBudget(budgetText);
  if (budget === undefined)
    return { invalid: `label ${PREFIX}budget="${budgetText}": write a budget such as "2 per 1h"` };
  const playbooks = label('playbooks');
  return {
    enabled: enable === 'true',
    mode: knownMode ?? null,
    cooldown,
    budget,
    playbooks: playbooks === undefined ? null : playbooks.split(',').map((name) => name.trim()),
  };
}

/** Reads `3 per 30m`. @returns undefined where the text is not a budget */
export function parseBudget(text: string): Budget | undefined {
  const match = /^(\d+) per (\S+)$/.exec(text.trim());
  const attempts = Number(match?.[1]);
  const per = parseDuration(match?.[2] ?? '');
  if (match === null || per === undefined || per <= 0 || attempts < 1) return undefined;
  return { attempts, per };
}
