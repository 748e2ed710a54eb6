import { z } from 'zod';
import { formatTimeOfDay } from '../domain/duration.ts';
import { httpUrl, path } from './env-values.ts';
import type { Secret } from './secret.ts';
import { timeOfDay, zone } from './window-fields.ts';

/** Who is told afterwards, and with which secrets. */
export interface NotifyConfig {
  /** Where people reach the bot, for links; without a slash at its end. */
  externalUrl: string | null;
  report: { url: Secret; at: { minutes: number; zone: string } } | null;
  grafana: { url: string; secret: Secret; user: string | null } | null;
  /** Where people's browsers reach Grafana, for links; not the address that the bot itself uses. */
  grafanaExternalUrl: string | null;
}

/** Compose's `${X:+…}` leaves what is off empty. */
const emptyIsOff = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const AT = 'is not a time of day with its time zone: set it to one such as 07:00 Europe/Berlin';

const reportAt = z.string().transform((written, context) => {
  const [time = '', name = 'UTC', ...rest] = written.trim().split(/\s+/);
  const minutes = timeOfDay('07:00', false).safeParse(time);
  const where = zone.safeParse(name);
  if (minutes.success && where.success && rest.length === 0)
    return { minutes: minutes.data, zone: where.data };
  const why = minutes.success && rest.length === 0 ? where.error?.issues[0]?.message : undefined;
  context.addIssue(why === undefined ? AT : `has a zone that ${why}`);
  return z.NEVER;
});

/** A webhook's address is its secret: anybody who has it can write there. */
const webhookUrl = z
  .string()
  .refine(
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    "is not an http(s) address: set it to the webhook's, such as https://hooks.slack.com/services/…",
  );

export const notifyVariables = {
  ALERT_BOT_EXTERNAL_URL: emptyIsOff(httpUrl('https://alert-bot.example.org')),
  ALERT_BOT_REPORT_WEBHOOK_URL: emptyIsOff(webhookUrl),
  ALERT_BOT_REPORT_WEBHOOK_URL_FILE: emptyIsOff(path("a file that holds the webhook's address")),
  ALERT_BOT_REPORT_AT: reportAt.default({ minutes: 7 * 60, zone: 'UTC' }),
  ALERT_BOT_GRAFANA_URL: emptyIsOff(httpUrl('http://grafana:3000')),
  ALERT_BOT_GRAFANA_EXTERNAL_URL: emptyIsOff(httpUrl('https://grafana.example.org')),
  ALERT_BOT_GRAFANA_TOKEN: emptyIsOff(z.string()),
  ALERT_BOT_GRAFANA_TOKEN_FILE: emptyIsOff(path("a file that holds a service account's token")),
  ALERT_BOT_GRAFANA_USER: emptyIsOff(
    z
      .string()
      .regex(/^[^:]*$/, 'has a colon in it, which no user name may have: set it to a user of Grafana'),
  ),
};

/** Their values are never shown. */
export const SECRETS: readonly string[] = ['ALERT_BOT_REPORT_WEBHOOK_URL', 'ALERT_BOT_GRAFANA_TOKEN'];

/** What is wrong with the variables together. */
export function notifyProblems(env: NodeJS.ProcessEnv): string[] {
  const isSet = (name: string) => (env[name] ?? '') !== '';
  const both = SECRETS.filter((name) => isSet(name) && isSet(`${name}_FILE`)).map(
    (name) => `${name} and ${name}_FILE are both set: set one of them.`,
  );
  const hasSecret = isSet('ALERT_BOT_GRAFANA_TOKEN') || isSet('ALERT_BOT_GRAFANA_TOKEN_FILE');
  if (isSet('ALERT_BOT_GRAFANA_URL') && !hasSecret)
    return [
      ...both,
      "ALERT_BOT_GRAFANA_TOKEN_FILE is not set: ALERT_BOT_GRAFANA_URL needs a file with a service account's token, or ALERT_BOT_GRAFANA_USER and a file with that user's password.",
    ];
  // Empty is a deliberate off: the others may stay.
  if (hasSecret && env['ALERT_BOT_GRAFANA_URL'] === undefined)
    return [
      ...both,
      'ALERT_BOT_GRAFANA_URL is not set: set it to the address that the token is for, such as http://grafana:3000.',
    ];
  return both;
}

type Parsed = z.output<z.ZodObject<typeof notifyVariables>>;

export function notifyOf(data: Parsed): NotifyConfig {
  const url = secretOf(data.ALERT_BOT_REPORT_WEBHOOK_URL, data.ALERT_BOT_REPORT_WEBHOOK_URL_FILE);
  const token = secretOf(data.ALERT_BOT_GRAFANA_TOKEN, data.ALERT_BOT_GRAFANA_TOKEN_FILE);
  const grafana = data.ALERT_BOT_GRAFANA_URL;
  return {
    externalUrl: data.ALERT_BOT_EXTERNAL_URL ?? null,
    report: url === null ? null : { url, at: data.ALERT_BOT_REPORT_AT },
    grafana:
      grafana === undefined || token === null
        ? null
        : { url: grafana, secret: token, user: data.ALERT_BOT_GRAFANA_USER ?? null },
    grafanaExternalUrl: data.ALERT_BOT_GRAFANA_EXTERNAL_URL ?? null,
  };
}

function secretOf(value: string | undefined, file: string | undefined): Secret | null {
  if (value !== undefined) return { value };
  return file === undefined ? null : { file };
}

const OFF = '(off)';
const shownSecret = (secret: Secret): string => ('file' in secret ? `(of ${secret.file})` : '(set)');

/** By variable, and nothing secret in it. */
export function describeNotify(config: NotifyConfig): Record<string, string> {
  const { externalUrl, report, grafana, grafanaExternalUrl } = config;
  return {
    ALERT_BOT_EXTERNAL_URL: externalUrl ?? '(none)',
    ALERT_BOT_REPORT_WEBHOOK_URL: report === null ? OFF : shownSecret(report.url),
    ...(report === null
      ? {}
      : { ALERT_BOT_REPORT_AT: `${formatTimeOfDay(report.at.minutes)} ${report.at.zone}` }),
    ALERT_BOT_GRAFANA_URL: grafana?.url ?? OFF,
    ALERT_BOT_GRAFANA_EXTERNAL_URL: grafanaExternalUrl ?? OFF,
    ...(grafana === null ? {} : { ALERT_BOT_GRAFANA_TOKEN: shownSecret(grafana.secret) }),
    ...(grafana === null || grafana.user === null ? {} : { ALERT_BOT_GRAFANA_USER: grafana.user }),
  };
}
