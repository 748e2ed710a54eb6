import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type PlatformErrorCode, VERBS } from '../domain/platform.ts';
import type { AlertingRule, CurrentAlert } from '../domain/signals.ts';
import type { Instance, Target } from '../domain/target.ts';

// What an observation's value holds. Names are short and defaults left out: a row is written whenever something changes.

/** A source that did not answer, and what it said instead. */
const away = z.object({ error: z.string(), code: z.string().optional() });
export type Away = z.output<typeof away>;

const HEALTHS = ['none', 'starting', 'healthy', 'unhealthy'] as const;
const CONDITIONS = ['started', 'healthy', 'completed'] as const;

const instance = z.object({
  id: z.string(),
  name: z.string().optional(),
  stopped: z.literal(1).optional(),
  made: z.number().optional(),
  start: z.number().optional(),
  end: z.number().optional(),
  restarts: z.number().optional(),
  exit: z.number().optional(),
  rest: z.string().optional(),
  health: z.enum(HEALTHS).optional(),
});
const target = z.object({
  service: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
  needs: z.array(z.tuple([z.string(), z.enum(CONDITIONS)])).optional(),
  protected: z.string().optional(),
  all: z.array(instance),
});

const OPT_IN = 'alert-bot.';
const orLeftOut = <T>(value: T | null): T | undefined => value ?? undefined;

/** A target without what no decision looks at: other labels than ours, and what the health check printed. */
export const packTarget = (one: Target): z.input<typeof target> => {
  const labels = Object.entries(one.labels).filter(([name]) => name.startsWith(OPT_IN));
  return {
    service: one.service,
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
    needs: one.dependsOn.length === 0 ? undefined : one.dependsOn.map(({ id, condition }) => [id, condition]),
    protected: orLeftOut(one.protectedBecause),
    all: one.instances.map(packInstance),
  };
};

const packInstance = (one: Instance): z.input<typeof instance> => ({
  id: one.id,
  name: one.name === one.id ? undefined : one.name,
  stopped: one.running ? undefined : 1,
  made: orLeftOut(one.createdAt),
  start: orLeftOut(one.startedAt),
  end: orLeftOut(one.finishedAt),
  restarts: one.restartCount === 0 ? undefined : one.restartCount,
  exit: orLeftOut(one.exitCode),
  rest: orLeftOut(one.atRest),
  health: one.health === 'none' ? undefined : one.health,
});

const unpackTarget = (id: string, one: z.output<typeof target>): Target => ({
  id,
  service: one.service,
  labels: one.labels ?? {},
  instances: one.all.map((i) => ({
    id: i.id,
    name: i.name ?? i.id,
    running: i.stopped === undefined,
    createdAt: i.made ?? null,
    startedAt: i.start ?? null,
    finishedAt: i.end ?? null,
    restartCount: i.restarts ?? 0,
    exitCode: i.exit ?? null,
    atRest: i.rest ?? null,
    health: i.health ?? 'none',
    healthDetail: '',
  })),
  dependsOn: (one.needs ?? []).map(([needed, condition]) => ({ id: needed, condition })),
  protectedBecause: one.protected ?? null,
});

const texts = z.record(z.string(), z.string());
/** What else is known of an alert that was in no delivery. */
const undelivered = z.object({
  labels: texts,
  annotations: texts,
  startsAt: z.number(),
  generatorURL: z.string(),
});
export type Undelivered = z.output<typeof undelivered>;

const alert = z.object({
  state: z.enum(['active', 'silenced', 'inhibited', 'unprocessed', 'absent']),
  by: z.array(z.string()).optional(),
  more: undelivered.optional(),
});
export type ObservedAlert = z.output<typeof alert>;

export const packAlert = ({ state, suppressedBy }: CurrentAlert): ObservedAlert => ({
  state,
  ...(suppressedBy.length === 0 ? {} : { by: [...suppressedBy] }),
});

const rule = z.object({
  name: z.string(),
  query: z.string(),
  holds: z.number(),
  keeps: z.number().optional(),
  every: z.number(),
  range: z.number().nullable(),
  sick: z.literal(1).optional(),
  /** When it was evaluated once; it is each `every` from there. */
  at: z.number().optional(),
});
export type ObservedRule = z.output<typeof rule>;

export const packRule = (one: AlertingRule): ObservedRule => ({
  name: one.name,
  query: one.query,
  holds: one.holds,
  ...(one.keepFiringFor === 0 ? {} : { keeps: one.keepFiringFor }),
  every: one.interval,
  range: one.range,
  ...(one.healthy ? {} : { sick: 1 }),
});

/** An alert of a rule in Prometheus: pending, firing, or gone. */
const pending = z.object({
  state: z.enum(['pending', 'firing', 'gone']),
  rule: z.string().optional(),
  labels: texts.optional(),
});

/** 1: every series was up, 0: none, 2: some of several, null: there are no samples. */
const scrapes = z.object({
  up: z.union([z.literal(0), z.literal(1), z.literal(2), z.null()]),
  every: z.number(),
});

const call = z.object({
  verb: z.enum(VERBS),
  /** When it was made. */
  from: z.number(),
  /** What the platform said, where it was not that it is done. */
  code: z.string().optional(),
  error: z.string().optional(),
});

const orAway = <T extends z.ZodType>(shape: T) => z.union([away, shape]);
const parsed = <T extends z.ZodType>(shape: T) => {
  const either = orAway(shape);
  return (text: string): z.output<T> | Away => either.parse(JSON.parse(text));
};

const readTarget = parsed(target);
/** Reads the values of observations, each as it was written. @throws ZodError where it was not by this program */
export const read = {
  target(id: string, text: string): Target | Away {
    const one = readTarget(text);
    return 'error' in one ? one : unpackTarget(id, one);
  },
  service: parsed(z.object({ ids: z.array(z.string()) })),
  fleet: parsed(z.object({ size: z.number() })),
  alert: parsed(alert),
  alertmanager: parsed(z.object({ up: z.number().nullable() })),
  rule: parsed(rule),
  pending: parsed(pending),
  prometheus: parsed(z.object({ ok: z.literal(1) })),
  scrapes: parsed(scrapes),
  query: parsed(z.object({ value: z.number().nullable() })),
  call: (text: string) => call.parse(JSON.parse(text)),
};

/** A long text as a subject. */
export const digest = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 16);

/** The same question at another time: the times that it is asked with change with each look. */
export const steadyQuery = (query: string): string => query.replace(/\b\d+(?=s\])/g, '');

const CODES: readonly PlatformErrorCode[] = [
  'not_found',
  'refused',
  'unavailable',
  'timed_out',
  'in_doubt',
  'start_failed',
];
export const codeOf = (code: string | undefined): PlatformErrorCode =>
  CODES.find((one) => one === code) ?? 'unavailable';
