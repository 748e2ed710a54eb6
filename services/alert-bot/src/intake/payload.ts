import { z } from 'zod';
import { type Alert, type AlertSource, fingerprint } from '../domain/alert.ts';
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

const time = z.iso.datetime({ offset: true, error: 'write a time such as 2026-01-31T12:00:00Z' });

const annotation = z.string({ error: 'an annotation is a string' });

const alertFields = {
  status: z.enum(['firing', 'resolved'], { error: 'write "firing" or "resolved"' }).optional(),
  labels: z
    .record(z.string(), z.string({ error: 'a label value is a string' }), {
      error: 'labels are an object of strings such as {"alertname":"HighErrorRate","service":"api"}',
    })
    .refine((labels) => Object.keys(labels).length > 0, 'an alert has at least one label'),
  annotations: z.record(z.string(), annotation, { error: 'annotations are an object of strings' }).optional(),
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

/**
 * Reads a webhook body: Alertmanager's version 4, or the short hand-written form, in which an alert needs
 * only `labels` (and `status`, if it is not firing), alone or in `alerts`. A bad alert is rejected alone.
 * @throws PayloadError where it is not JSON or has not that shape
 */
export function parsePayload(body: string, now: Instant): Payload {
  const data = parseJson(body);
  const single = isObject(data) && 'labels' in data && !('alerts' in data);
  const parsed = payloadShape.safeParse(single ? { alerts: [data] } : data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') || '(body)';
    throw new PayloadError(field, `${field}: ${issue?.message ?? 'not understood'}`);
  }
  const { groupKey, status, truncatedAlerts, alerts } = parsed.data;
  const payload: Payload = {
    // Alertmanager always sends a groupKey; without one it is somebody's test (design §4).
    source: groupKey === undefined ? 'manual' : 'alertmanager',
    groupKey: groupKey ?? null,
    alerts: [],
    rejected: [],
    truncated: truncatedAlerts ?? 0,
  };
  alerts.forEach((raw, index) => {
    const alert = alertShape.safeParse(raw);
    if (alert.success)
      payload.alerts.push({ index, alert: toAlert(alert.data, alert.data.status ?? status, now) });
    else payload.rejected.push(rejection(index, single, alert.error));
  });
  return payload;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PayloadError('(body)', `the body is not JSON: ${why}`, false);
  }
}

const isObject = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

function rejection(index: number, single: boolean, error: z.ZodError): Rejection {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
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
