import { resolve } from 'node:path';
import { z } from 'zod';
import { parseDuration } from './duration.ts';

export type Command = readonly [file: string, ...parameters: string[]];

export type HealthCheck = {
  probe: { kind: 'http'; url: string } | { kind: 'command'; command: Command };
  intervalMs: number;
  timeoutMs: number;
  retries: number;
  startPeriodMs: number;
};

/** One process as processes.yml defines it. */
export type Definition = {
  name: string;
  command: Command;
  cwd: string;
  /** Only what is listed; what every process gets is added at its start. */
  environment: Readonly<Record<string, string>>;
  healthcheck: HealthCheck | null;
  labels: Readonly<Record<string, string>>;
  dependsOn: readonly string[];
  stopTimeoutMs: number;
};

/** A longer wait would hold an asker, and every later asker of the same process, for no good. */
export const LONGEST_STOP_MS = 3_600_000;

const text = z.string({ error: 'must be text: put it in quotes' });
const texts = z.record(z.string(), text, { error: 'must map names to texts' });
const COMMAND =
  'must list the program and its arguments, for example [node, src/index.ts]; there is no shell';
const command = z
  .array(text, { error: COMMAND })
  .transform(([file = '', ...parameters], context): Command => {
    if (file === '') context.addIssue(COMMAND);
    return [file, ...parameters];
  });
const DURATION = 'must be a duration with a unit, for example 500ms, 10s or 1m30s';
const duration = (least: number, most = 24 * 3_600_000) =>
  z.string({ error: DURATION }).transform((written, context) => {
    const ms = parseDuration(written);
    if (ms === null) context.addIssue(DURATION);
    else if (ms < least || ms > most) context.addIssue(`must be between ${least}ms and ${most / 60_000}m`);
    return ms ?? z.NEVER;
  });

// Docker's defaults, so that a check copied from a Compose file means the same here.
const healthcheck = z
  .strictObject(
    {
      http: text.refine(isHttpUrl, 'must be an address like http://127.0.0.1:8000/livez').optional(),
      command: command.optional(),
      interval: duration(1).default(30_000),
      timeout: duration(1).default(30_000),
      retries: z.int({ error: 'must be a whole number' }).min(1, 'must be at least 1').default(3),
      start_period: duration(0).default(0),
    },
    { error: 'must be a map with http or command' },
  )
  .refine((check) => (check.http === undefined) !== (check.command === undefined), {
    error: 'give either http or command',
    // Asked for even when another key is wrong: all errors are told at once.
    when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
  })
  .transform((check, context): HealthCheck => {
    const { http, command: argv } = check;
    const timing = {
      intervalMs: check.interval,
      timeoutMs: check.timeout,
      retries: check.retries,
      startPeriodMs: check.start_period,
    };
    if (http !== undefined) return { probe: { kind: 'http', url: http }, ...timing };
    if (argv !== undefined) return { probe: { kind: 'command', command: argv }, ...timing };
    context.addIssue('give either http or command');
    return z.NEVER;
  });

const definition = z.strictObject(
  {
    command,
    cwd: text.default('.').transform((path) => resolve(path)),
    environment: texts.default({}),
    healthcheck: healthcheck.optional(),
    labels: texts.default({}),
    depends_on: z.array(text, { error: 'must be a list of process names' }).default([]),
    stop_timeout: duration(0, LONGEST_STOP_MS).default(10_000),
  },
  { error: 'must be a map with at least a command' },
);

// A name is part of addresses and of file names, and must never be taken for an id (64 hex digits).
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
    'a name has up to 63 letters, digits, _ and -, and starts with a letter or digit',
  );

/** The whole of processes.yml, after substitution. */
export const processesSchema = z
  .strictObject(
    { processes: z.record(name, definition, { error: 'must map process names to definitions' }) },
    { error: 'must be a map with the one key processes' },
  )
  .transform(({ processes }): Definition[] =>
    Object.entries(processes).map(([key, found]) => ({
      name: key,
      command: found.command,
      cwd: found.cwd,
      environment: found.environment,
      healthcheck: found.healthcheck ?? null,
      labels: found.labels,
      dependsOn: found.depends_on,
      stopTimeoutMs: found.stop_timeout,
    })),
  );

function isHttpUrl(written: string): boolean {
  return URL.parse(written)?.protocol === 'http:';
}
