import { z } from 'zod';
import { type Alert, type AlertSource, fingerprint, type Labels } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';

export interface Rejection {
  index: number;
  field: string;
  message: string;
}

export interface Payload {
  source: AlertSource;
  groupKey: string | null;
  alerts: { index: number; alert: Alert }[];
  rejected: Rejection[];
  /** Alerts that Alertmanager left out (`max_alerts`); the sweep finds them. */
  truncated: number;
}

/** The whole payload is unusable: which field, and what to write instead. */
export class PayloadError extends Error {
  override name = 'PayloadError';
  readonly field: string;
  readonly isJson: boolean;
  constructor(field: string, message: string, isJson = true) {
    super(message);
    this.field = field;
    this.isJson = isJson;
  }
}

/**
 * Prometheus' own defaults have far fewer and shorter ones. Beyond, one delivery holds up everything else for minutes:
 * each alert is compared, written and shown again and again.
 */
const MOST_ALERTS = 10_000;
const MOST_LABELS = 250;
const LONGEST_LABELS = 64 * 1024;
const LONGEST_ANNOTATIONS = 256 * 1024;
const LONGEST_NAME_SHOWN = 100;

const time = z.iso.datetime({ offset: true, error: 'write a time such as 2026-01-31T12:00:00Z' });

const isObject = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

/**
 * An object of strings. As `z.record` does it, each value costs as much as all of the rest of an alert: a body of thousands
 * of alerts would be read for a second.
 * @param longest how many characters names and values may have together
 */
const texts = (whole: string, each: string, longest: number) =>
  // What it is cannot be seen from the check: it is said.
  z
    .custom<Labels>(isObject, whole)
    .meta({ type: 'object', additionalProperties: { type: 'string' } })
    .check(({ value, issues }) => {
      const refuse = (message: string, path: string[] = []): void => {
        issues.push({ code: 'custom', message, path, input: value });
      };
      let count = 0;
      let length = 0;
      for (const name in value) {
        const text: unknown = value[name];
        if (typeof text !== 'string') refuse(each, [name]);
        count += 1;
        length += name.length + (typeof text === 'string' ? text.length : 0);
        // A hundred thousand are not even counted to the end.
        if (count > MOST_LABELS) break;
      }
      if (count > MOST_LABELS) refuse(`over ${MOST_LABELS} are too many; send at most ${MOST_LABELS}`);
      else if (length > longest) refuse(`${length} characters are too many; send at most ${longest} in all`);
    });

const alertFields = {
  status: z.enum(['firing', 'resolved'], { error: 'write "firing" or "resolved"' }).optional(),
  labels: texts(
    'labels are an object of strings such as {"alertname":"HighErrorRate","service":"api"}',
    'a label value is a string',
    LONGEST_LABELS,
  ).refine((labels) => Object.keys(labels).length > 0, 'an alert has at least one label'),
  annotations: texts(
    'annotations are an object of strings',
    'an annotation is a string',
    LONGEST_ANNOTATIONS,
  ).optional(),
  startsAt: time.optional(),
  endsAt: time.optional(),
  generatorURL: z.string().optional(),
};
const alertShape = z.object(alertFields, {
  error: 'an alert is an object such as {"status":"firing","labels":{"alertname":"HighErrorRate"}}',
});

const statusShape = z.enum(['firing', 'resolved'], { error: 'write "firing" or "resolved"' }).optional();

const SEND = 'send Alertmanager\'s payload, {"alerts":[…]}, or one alert: {"status":"firing","labels":{…}}';
const payloadFields = {
  version: z.literal('4', { error: 'only version "4" of Alertmanager\'s webhook is known' }).optional(),
  groupKey: z.string({ error: 'a text, or leave it out' }).optional(),
  status: statusShape,
  truncatedAlerts: z.number({ error: 'a number, or leave it out' }).optional(),
  alerts: z.array(z.unknown(), { error: SEND }),
};
const payloadShape = z.object(payloadFields, { error: SEND });

/** What a body may be, in the words of the checks themselves: for descriptions. */
export const simulatedShape = z.union([
  alertShape,
  z.object({ ...payloadFields, alerts: z.array(alertShape) }),
]);

/** A body that was looked through: what of it is taken, and what is wrong with the rest. */
export interface Checked extends Omit<Payload, 'alerts'> {
  accepted: number;
}

/** A body whose alerts are not looked at yet: of thousands, a few are read at a time. */
export interface Envelope extends Pick<Payload, 'source' | 'groupKey' | 'truncated'> {
  raw: readonly unknown[];
  /** It is one alert, and not a list of them. */
  single: boolean;
  status: Alert['status'] | undefined;
}

/**
 * Reads a webhook body: Alertmanager's version 4, or the short hand-written form, in which an alert needs
 * only `labels` (and `status`, if it is not firing), alone or in `alerts`. A bad alert is rejected alone.
 * @throws PayloadError where it is not JSON or has not that shape
 */
export function parsePayload(body: string, now: Instant): Payload {
  const envelope = openEnvelope(body);
  const { source, groupKey, truncated, raw } = envelope;
  const payload: Payload = { source, groupKey, truncated, alerts: [], rejected: [] };
  for (const index of raw.keys()) {
    const read = readAlert(envelope, index, now);
    if ('alert' in read) payload.alerts.push({ index, alert: read.alert });
    else payload.rejected.push(read);
  }
  return payload;
}

/**
 * Looks a body through before it is kept; its alerts are read when they have their turn.
 * @throws PayloadError where it is not JSON or has not that shape
 */
export function checkPayload(body: string): Checked {
  const { raw, single, status: _, ...rest } = openEnvelope(body);
  const rejected: Rejection[] = [];
  for (const [index, one] of raw.entries()) {
    const parsed = alertShape.safeParse(one);
    if (!parsed.success) rejected.push(rejection(index, single, parsed.error));
  }
  return { ...rest, accepted: raw.length - rejected.length, rejected };
}

/** @throws PayloadError where it is not JSON or has not that shape */
export function openEnvelope(body: string): Envelope {
  const data = parseJson(body);
  const single = isObject(data) && 'labels' in data && !('alerts' in data);
  const parsed = payloadShape.safeParse(single ? { alerts: [data] } : data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') || '(body)';
    throw new PayloadError(field, `${field}: ${issue?.message ?? 'not understood'}`);
  }
  const { groupKey, status, truncatedAlerts, alerts } = parsed.data;
  if (alerts.length > MOST_ALERTS)
    throw new PayloadError(
      'alerts',
      `alerts: ${alerts.length} are too many for one delivery; send at most ${MOST_ALERTS}, with max_alerts or a narrower group_by`,
    );
  return {
    // Alertmanager always sends a groupKey; without one it is somebody's test (design §4).
    source: groupKey === undefined ? 'manual' : 'alertmanager',
    groupKey: groupKey ?? null,
    truncated: truncatedAlerts ?? 0,
    raw: alerts,
    single,
    status,
  };
}

/** One alert of a body, or what is wrong with it. */
export function readAlert(
  { raw, single, status }: Envelope,
  index: number,
  now: Instant,
): { alert: Alert } | Rejection {
  const parsed = alertShape.safeParse(raw[index]);
  return parsed.success
    ? { alert: toAlert(parsed.data, parsed.data.status ?? status, now) }
    : rejection(index, single, parsed.error);
}

/** Smaller ones are parsed at once, however they nest; one of 16 MB takes five seconds and half a gigabyte. */
const LARGE = 1024 * 1024;
const DEEPEST = 1_000;

/** Whether brackets outside of strings stand deeper in each other than any payload's. */
function nestsTooDeep(body: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < body.length; at++) {
    const sign = body[at];
    if (quoted) {
      if (sign === '\\') at += 1;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === '[' || sign === '{') depth += 1;
    else if (sign === ']' || sign === '}') depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

function parseJson(body: string): unknown {
  if (body.length > LARGE && nestsTooDeep(body))
    throw new PayloadError('(body)', `(body): it nests deeper than ${DEEPEST} levels; ${SEND}`);
  try {
    return JSON.parse(body);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PayloadError('(body)', `the body is not JSON: ${why}`, false);
  }
}

function rejection(index: number, single: boolean, error: z.ZodError): Rejection {
  const [issue] = error.issues;
  // A name may be as long as the whole body.
  const path = issue?.path.map((part) => String(part).slice(0, LONGEST_NAME_SHOWN)).join('.') ?? '';
  const field = [single ? '' : `alerts.${index}`, path].filter(Boolean).join('.') || '(body)';
  return { index, field, message: `${field}: ${issue?.message ?? 'not understood'}` };
}

function toAlert(raw: z.output<typeof alertShape>, status: Alert['status'] | undefined, now: Instant): Alert {
  const endsAt = raw.endsAt === undefined ? now : Date.parse(raw.endsAt);
  const effective = status ?? 'firing';
  return {
    // Never the one that was sent: a copied payload with other labels would pass for another alert.
    fingerprint: fingerprint(raw.labels),
    status: effective,
    labels: raw.labels,
    annotations: raw.annotations ?? {},
    startsAt: raw.startsAt === undefined ? now : Date.parse(raw.startsAt),
    endsAt: effective === 'resolved' ? endsAt : null,
    generatorURL: raw.generatorURL ?? '',
  };
}
