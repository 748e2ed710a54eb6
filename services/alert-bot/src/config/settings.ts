import { formatDuration, type Millis } from '../domain/duration.ts';
import type { FleetLimits, Limits, Mode, Prove } from '../domain/playbook.ts';
import type { WrittenDefaults, WrittenLimits } from './playbook-schema.ts';

/** Defaults and limits with every value settled. */
export interface Settings extends Omit<Limits, 'deferAtMost' | 'approveWithin' | 'settle'> {
  mode: Mode;
  prove: Pick<Prove, 'within' | 'stable'>;
}
export interface FileLimits extends FleetLimits {
  deferAtMost: Millis;
  approveWithin: Millis;
  settle: Millis;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What holds where the file says nothing (design §5). A new installation only watches. */
export const BUILT_IN: Settings = {
  mode: 'observe',
  cooldown: 2 * MINUTE,
  backoff: { initial: 10 * SECOND, factor: 2, max: 5 * MINUTE },
  budgets: [
    { attempts: 3, per: 30 * MINUTE },
    { attempts: 6, per: 24 * HOUR },
  ],
  quarantine: HOUR,
  prove: { within: 90 * SECOND, stable: 15 * SECOND },
};
export const BUILT_IN_LIMITS: FileLimits = {
  concurrent: 1,
  targets: { count: 3, percent: 34, per: 10 * MINUTE },
  storm: { incidents: 10, per: MINUTE, calm: 2 * MINUTE },
  deferAtMost: 15 * MINUTE,
  approveWithin: 30 * MINUTE,
  settle: 5 * SECOND,
};

/** Lays what is written over what holds so far: maps key by key, lists as a whole. */
export function overlay(base: Settings, written: WrittenDefaults | undefined): Settings {
  return {
    mode: written?.mode ?? base.mode,
    cooldown: written?.cooldown ?? base.cooldown,
    backoff: {
      initial: written?.backoff?.initial ?? base.backoff.initial,
      factor: written?.backoff?.factor ?? base.backoff.factor,
      max: written?.backoff?.max ?? base.backoff.max,
    },
    budgets: written?.budgets ?? base.budgets,
    quarantine: written?.quarantine ?? base.quarantine,
    prove: {
      within: written?.prove?.within ?? base.prove.within,
      stable: written?.prove?.stable ?? base.prove.stable,
    },
  };
}

export const overlayLimits = (base: FileLimits, written: WrittenLimits | undefined): FileLimits => ({
  concurrent: written?.concurrent ?? base.concurrent,
  targets: {
    count: written?.targets?.count ?? base.targets.count,
    percent: written?.targets?.percent ?? base.targets.percent,
    per: written?.targets?.per ?? base.targets.per,
  },
  storm: {
    incidents: written?.storm?.incidents ?? base.storm.incidents,
    per: written?.storm?.per ?? base.storm.per,
    calm: written?.storm?.calm ?? base.storm.calm,
  },
  deferAtMost: written?.defer_at_most ?? base.deferAtMost,
  approveWithin: written?.approve_within ?? base.approveWithin,
  settle: written?.settle ?? base.settle,
});

/** One value that the overrides file replaced, both sides as a person writes them. */
export interface Overridden {
  path: string;
  from: string;
  to: string;
}

/** What differs between two settled states, value by value. */
export function differences(
  before: { defaults: Settings; limits: FileLimits },
  after: { defaults: Settings; limits: FileLimits },
): Overridden[] {
  const to = new Map(print(after.defaults, after.limits));
  return print(before.defaults, before.limits)
    .map(([path, from]) => ({ path, from, to: to.get(path) ?? from }))
    .filter((change) => change.from !== change.to);
}

export const printBudgets = (budgets: Settings['budgets']): string =>
  budgets.map(({ attempts, per }) => `${attempts} per ${formatDuration(per)}`).join(', ');

const printQuarantine = (length: Settings['quarantine']): string =>
  length === 'manual' ? length : formatDuration(length);

const print = (settled: Settings, limits: FileLimits): [path: string, value: string][] => [
  ['defaults.mode', settled.mode],
  ['defaults.cooldown', formatDuration(settled.cooldown)],
  ['defaults.backoff.initial', formatDuration(settled.backoff.initial)],
  ['defaults.backoff.factor', String(settled.backoff.factor)],
  ['defaults.backoff.max', formatDuration(settled.backoff.max)],
  ['defaults.budgets', printBudgets(settled.budgets)],
  ['defaults.quarantine', printQuarantine(settled.quarantine)],
  ['defaults.prove.within', formatDuration(settled.prove.within)],
  ['defaults.prove.stable', formatDuration(settled.prove.stable)],
  ['limits.concurrent', String(limits.concurrent)],
  ['limits.targets.count', String(limits.targets.count)],
  ['limits.targets.percent', String(limits.targets.percent)],
  ['limits.targets.per', formatDuration(limits.targets.per)],
  ['limits.storm.incidents', String(limits.storm.incidents)],
  ['limits.storm.per', formatDuration(limits.storm.per)],
  ['limits.storm.calm', formatDuration(limits.storm.calm)],
  ['limits.defer_at_most', formatDuration(limits.deferAtMost)],
  ['limits.approve_within', formatDuration(limits.approveWithin)],
  ['limits.settle', formatDuration(limits.settle)],
];
