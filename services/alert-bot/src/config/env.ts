import { z } from 'zod';
import { type Bytes, formatBytes } from '../domain/bytes.ts';
import { formatDuration, type Millis } from '../domain/duration.ts';
import { ConfigError } from './config-error.ts';
import { bytes, duration, httpUrl, httpUrls, listen, path } from './env-values.ts';
import { didYouMean } from './nearest.ts';
import {
  describeNotify,
  type NotifyConfig,
  notifyOf,
  notifyProblems,
  notifyVariables,
  SECRETS,
} from './notify.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** What `serve` runs with. Paths are absolute; URLs have no slash at the end. */
export interface Config {
  platform:
    | { kind: 'supervisor'; socket: string }
    | { kind: 'docker'; url: string; hostProject: string | null };
  dataDir: string;
  playbooks: string;
  overrides: string | null;
  alertmanagerUrls: readonly string[];
  prometheusUrl: string;
  listen: { host: string; port: number };
  logLevel: (typeof LOG_LEVELS)[number];
  /** How long the incident log keeps what is over, and how large it may become. */
  retention: { keep: Millis; max: Bytes };
  /** Who is told afterwards. */
  notify: NotifyConfig;
}

const DAY: Millis = 24 * 3_600_000;
const MB: Bytes = 1024 ** 2;

// An error is the end of a sentence that begins with the variable's name and, where there is one, its value.
const variables = {
  ALERT_BOT_PLATFORM: z.enum(['docker', 'supervisor'], {
    error: ({ input }) =>
      input === undefined
        ? 'is not set: set it to docker or supervisor'
        : 'is not a platform: set it to docker or supervisor',
  }),
  ALERT_BOT_DATA_DIR: path('the folder for the incident log and the tokens, such as /var/lib/alert-bot'),
  ALERT_BOT_PLAYBOOKS: path('the playbook file, such as deploy/playbooks.yml'),
  ALERT_BOT_OVERRIDES: path('a file with defaults and limits, or leave it out').optional(),
  ALERT_BOT_ALERTMANAGER_URLS: httpUrls('http://127.0.0.1:9093'),
  ALERT_BOT_PROMETHEUS_URL: httpUrl('http://127.0.0.1:9090'),
  ALERT_BOT_SUPERVISOR_SOCKET: path("the supervisor's socket, such as /run/supervisor.sock")
    // Longer ones are cut off by the kernel's sockaddr_un, and connecting then fails with a puzzling error.
    .refine(
      (socket) => Buffer.byteLength(socket) < 108,
      'is too long for a socket: choose one under 108 bytes',
    )
    .optional(),
  ALERT_BOT_DOCKER_URL: httpUrl('http://socket-proxy:2375').optional(),
  ALERT_BOT_DOCKER_PROJECT: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/, 'is not the name of a Compose project: leave it out in a container')
    .optional(),
  ALERT_BOT_LISTEN: listen.default({ host: '127.0.0.1', port: 5000 }),
  ALERT_BOT_LOG_LEVEL: z
    .enum(LOG_LEVELS, { error: `is not a log level: set it to one of ${LOG_LEVELS.join(', ')}` })
    .default('info'),
  // What limits need of the past is never older than a day, unless a playbook says so.
  ALERT_BOT_LOG_KEEP: duration('90d', DAY).default(90 * DAY),
  // A single delivery may have 8 MB.
  ALERT_BOT_LOG_MAX: bytes('1GB', 64 * MB).default(1024 * MB),
  ...notifyVariables,
};
const schema = z.object(variables);

/** Read by the commands that talk to a bot, not by the bot: known, so that one shell can serve both. */
const CLIENT_VARIABLES = ['ALERT_BOT_URL'];

/** Every variable there is, in the order of the manual. */
export const VARIABLES: readonly string[] = [...Object.keys(variables), ...CLIENT_VARIABLES];

/**
 * Reads the configuration of `serve`. A value that does not parse is an error, never a default.
 * @throws ConfigError with every error at once
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const problems = unknownVariables(env);
  const parsed = schema.safeParse(env);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    const value = env[name];
    const hidden = value === undefined || value === '' || SECRETS.includes(name);
    const shown = hidden ? '' : `is "${redact(value)}", which `;
    problems.push(`${name} ${shown}${value === '' ? whenEmpty(issue.message) : issue.message}.`);
  }
  problems.push(...missingForPlatform(env), ...notifyProblems(env));
  const platform = parsed.data === undefined ? undefined : platformOf(parsed.data);
  if (parsed.data === undefined || platform === undefined || problems.length > 0)
    throw new ConfigError(problems);
  const { data } = parsed;
  return {
    platform,
    dataDir: data.ALERT_BOT_DATA_DIR,
    playbooks: data.ALERT_BOT_PLAYBOOKS,
    overrides: data.ALERT_BOT_OVERRIDES ?? null,
    alertmanagerUrls: data.ALERT_BOT_ALERTMANAGER_URLS,
    prometheusUrl: data.ALERT_BOT_PROMETHEUS_URL,
    listen: data.ALERT_BOT_LISTEN,
    logLevel: data.ALERT_BOT_LOG_LEVEL,
    retention: { keep: data.ALERT_BOT_LOG_KEEP, max: data.ALERT_BOT_LOG_MAX },
    notify: notifyOf(data),
  };
}

function missingForPlatform(env: NodeJS.ProcessEnv): string[] {
  if (env['ALERT_BOT_PLATFORM'] === 'supervisor' && env['ALERT_BOT_SUPERVISOR_SOCKET'] === undefined)
    return [
      'ALERT_BOT_SUPERVISOR_SOCKET is not set: ALERT_BOT_PLATFORM=supervisor needs the path of its socket.',
    ];
  if (env['ALERT_BOT_PLATFORM'] === 'docker' && env['ALERT_BOT_DOCKER_URL'] === undefined)
    return [
      "ALERT_BOT_DOCKER_URL is not set: ALERT_BOT_PLATFORM=docker needs the socket proxy's address, such as http://socket-proxy:2375.",
    ];
  return [];
}

function platformOf(data: z.output<typeof schema>): Config['platform'] | undefined {
  const { ALERT_BOT_PLATFORM: kind, ALERT_BOT_SUPERVISOR_SOCKET: socket, ALERT_BOT_DOCKER_URL: url } = data;
  const hostProject = data.ALERT_BOT_DOCKER_PROJECT ?? null;
  if (kind === 'docker') return url === undefined ? undefined : { kind, url, hostProject };
  return socket === undefined ? undefined : { kind, socket };
}

/** The effective configuration for one log line at start: by variable, and nothing secret in it. */
export function describeConfig(config: Config): Readonly<Record<string, string>> {
  const { host, port } = config.listen;
  return {
    ALERT_BOT_PLATFORM: config.platform.kind,
    ALERT_BOT_DATA_DIR: config.dataDir,
    ALERT_BOT_PLAYBOOKS: config.playbooks,
    ALERT_BOT_OVERRIDES: config.overrides ?? '(none)',
    ALERT_BOT_ALERTMANAGER_URLS: config.alertmanagerUrls.map(redact).join(','),
    ALERT_BOT_PROMETHEUS_URL: redact(config.prometheusUrl),
    ...(config.platform.kind === 'docker'
      ? {
          ALERT_BOT_DOCKER_URL: redact(config.platform.url),
          ALERT_BOT_DOCKER_PROJECT: config.platform.hostProject ?? "(the bot's own)",
        }
      : { ALERT_BOT_SUPERVISOR_SOCKET: config.platform.socket }),
    ALERT_BOT_LISTEN: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    ALERT_BOT_LOG_LEVEL: config.logLevel,
    ALERT_BOT_LOG_KEEP: formatDuration(config.retention.keep),
    ALERT_BOT_LOG_MAX: formatBytes(config.retention.max),
    ...describeNotify(config.notify),
  };
}

function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('ALERT_BOT_') && !VARIABLES.includes(name))
    .map((name) => `${name} is not a variable of the bot: ${didYouMean(name, VARIABLES)}`);
}

/** Set but empty, as `${X:-}` in a Compose file leaves it, is an error too; the remedy stays the same. */
const whenEmpty = (message: string): string => message.replace(/^[^:]*:/, 'is empty:');

/** Hides what stands between // and @: somebody may have put a password there although it is refused. */
const redact = (text: string): string => text.replaceAll(/\/\/[^/\s,]*@/g, '//<hidden>@');
