import { resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './problem.ts';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
// sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included.
const SOCKET_BYTES = 103;

const path = (remedy: string) =>
  z
    .string({ error: remedy })
    .min(1, remedy)
    .transform((text) => resolve(text));

const schema = z.strictObject({
  SUPERVISOR_SOCKET: path('set the path of the Unix socket to listen on').refine(
    (text) => Buffer.byteLength(text) <= SOCKET_BYTES,
    `a socket's path may have ${SOCKET_BYTES} bytes: choose a shorter one`,
  ),
  SUPERVISOR_PROCESSES: path('set the path of processes.yml'),
  SUPERVISOR_DATA_DIR: path('set a folder for logs and the record; it is created if missing'),
  SUPERVISOR_LOG_LEVEL: z.enum(LEVELS, { error: `use one of ${LEVELS.join(', ')}` }).default('info'),
});

export type Settings = {
  socket: string;
  processesFile: string;
  dataDir: string;
  logLevel: (typeof LEVELS)[number];
};

/** Reads the supervisor's own variables. Throws a ConfigError that names each bad one. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  // One of ours that is not known is a typing error which would otherwise hide behind a default.
  const ours = Object.entries(environment).filter(([name]) => name.startsWith('SUPERVISOR_'));
  const parsed = schema.safeParse(Object.fromEntries(ours));
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => {
      const unknown = issue.code === 'unrecognized_keys';
      const names = unknown ? issue.keys : [issue.path.join('.')];
      const remedy = unknown
        ? 'is no variable of the supervisor: unset it or mend its spelling'
        : issue.message;
      return names.map((where) => ({ where, value: environment[where], remedy }));
    });
    throw new ConfigError('environment', problems);
  }
  const { data } = parsed;
  return {
    socket: data.SUPERVISOR_SOCKET,
    processesFile: data.SUPERVISOR_PROCESSES,
    dataDir: data.SUPERVISOR_DATA_DIR,
    logLevel: data.SUPERVISOR_LOG_LEVEL,
  };
}
