import { z } from 'zod';
import type { Instant, Millis } from '../domain/duration.ts';
import type { AlertmanagerPort, AlertReading, CurrentAlert, OutgoingAlert } from '../domain/signals.ts';
import { SignalError } from '../domain/signals.ts';
import type { Ask, Endpoint } from './http.ts';
import { askJson, askText, endpoint } from './http.ts';
import { mergePeers } from './peers.ts';
import { instant } from './time.ts';

export interface AlertmanagerOptions {
  /** How long one peer may take for one reading or one sending. */
  atMost?: Millis;
}

const AT_MOST: Millis = 3_000;

/** As `z.record` says it, for a tenth of the time: there may be ten thousand alerts in one reading. */
const labels = z.custom<Readonly<Record<string, string>>>(
  (data) =>
    typeof data === 'object' &&
    data !== null &&
    !Array.isArray(data) &&
    Object.values(data).every((value) => typeof value === 'string'),
  'labels are an object of strings',
);

// 0.25 and 0.33 agree on all of this; `mutedBy` came in between (time intervals of a route).
const alertShape = z.object({
  fingerprint: z.string().min(1),
  labels,
  annotations: labels,
  startsAt: instant,
  generatorURL: z.string().default(''),
  status: z.object({
    state: z.enum(['active', 'suppressed', 'unprocessed']),
    silencedBy: z.array(z.string()),
    inhibitedBy: z.array(z.string()),
    mutedBy: z.array(z.string()).nullish(),
  }),
});
const alertsShape = z.array(alertShape);

/** `uptime` is, despite its name, the time at which the process started. */
const statusShape = z.object({ uptime: instant });

const ALL_STATES = 'api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true';

/**
 * Alertmanager's API v2, all peers of a cluster asked side by side. One peer that answers is enough; the
 * others are named in the reading.
 * @param urls base URLs of the peers; a path in them is kept, a user and password are sent as Basic
 */
export function createAlertmanager(
  urls: readonly URL[],
  options: AlertmanagerOptions = {},
): AlertmanagerPort {
  if (urls.length === 0) throw new Error('no Alertmanager URL: name at least one peer');
  const peers = urls.map((url) => endpoint('Alertmanager', url));
  const atMost = options.atMost ?? AT_MOST;

  /** What every peer did, in order, with the reasons of those that failed. */
  async function everyPeer<T>(ask: (peer: Endpoint) => Promise<T>) {
    const settled = await Promise.allSettled(peers.map(ask));
    const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failures = settled.flatMap((one) => (one.status === 'rejected' ? [messageOf(one.reason)] : []));
    return { answers, failures };
  }

  return {
    async read(now: Instant): Promise<AlertReading> {
      const { answers, failures } = await everyPeer((peer) => readPeer(peer, now, atMost));
      if (answers.length === 0) throw new SignalError(failures.join('; '));
      return {
        at: now,
        alerts: mergePeers(answers.map((answer) => answer.alerts)),
        uptime: Math.min(...answers.map((answer) => answer.uptime)),
        failures,
      };
    },

    async send(alerts: readonly OutgoingAlert[]): Promise<readonly string[]> {
      if (alerts.length === 0) return [];
      const text = JSON.stringify(alerts.map(toPostable));
      const { answers, failures } = await everyPeer((peer) =>
        askText(peer, {
          path: 'api/v2/alerts',
          body: { type: 'application/json', text },
          signal: AbortSignal.timeout(atMost),
          atMost,
        }),
      );
      if (answers.length === 0) throw new SignalError(failures.join('; '));
      return failures;
    },
  };
}

async function readPeer(peer: Endpoint, now: Instant, atMost: Millis) {
  const limits: Omit<Ask, 'path'> = { signal: AbortSignal.timeout(atMost), atMost };
  const listed = await askJson(peer, { path: ALL_STATES, ...limits }, alertsShape);
  // After the alerts, never before or beside them: a peer that restarts in between then shows its new, short
  // uptime beside the old list, and not its old, long one beside an empty list (which would read as resolved).
  const status = await askJson(peer, { path: 'api/v2/status', ...limits }, statusShape);
  return { alerts: listed.map(toCurrent), uptime: Math.max(0, now - status.uptime) };
}

/** The list holds only what has not ended: an `endsAt` in it is when the alert would end by itself. */
function toCurrent(listed: z.infer<typeof alertShape>): CurrentAlert {
  const { silencedBy, inhibitedBy, state } = listed.status;
  const seen = stateOf(state, silencedBy, inhibitedBy);
  const suppressedBy =
    seen === 'inhibited'
      ? inhibitedBy
      : seen === 'silenced'
        ? [...silencedBy, ...(listed.status.mutedBy ?? [])]
        : [];
  return {
    fingerprint: listed.fingerprint,
    status: 'firing',
    labels: listed.labels,
    annotations: listed.annotations,
    startsAt: listed.startsAt,
    endsAt: null,
    generatorURL: listed.generatorURL,
    state: seen,
    suppressedBy,
  };
}

function stateOf(
  state: 'active' | 'suppressed' | 'unprocessed',
  silencedBy: readonly string[],
  inhibitedBy: readonly string[],
): CurrentAlert['state'] {
  if (state !== 'suppressed') return state;
  // A silence is a person's word and goes first; muted by a time interval is a person's word too.
  return silencedBy.length === 0 && inhibitedBy.length > 0 ? 'inhibited' : 'silenced';
}

function toPostable(alert: OutgoingAlert) {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: new Date(alert.startsAt).toISOString(),
    endsAt: new Date(alert.endsAt).toISOString(),
    generatorURL: alert.generatorURL,
  };
}

const messageOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));
