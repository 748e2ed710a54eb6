import { randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type Instant, parseDuration } from '../domain/duration.ts';
import { explain } from '../domain/reason.ts';
import { deliveryId, type Intake } from '../intake/intake.ts';
import { type Payload, PayloadError, parsePayload } from '../intake/payload.ts';
import type { Events } from '../observe/events.ts';
import { type Db, StoreError } from '../store/db.ts';
import { lastDecision } from '../store/decisions.ts';
import { type AlertOutcome, outcomesOf } from '../store/deliveries.ts';
import { incidentById } from '../store/incidents.ts';
import { HttpError } from './errors.ts';

/** Alertmanager's payloads hold every alert of a group; this is thousands of them. */
const AT_MOST_BYTES = 16 * 1024 * 1024;
const WAIT_AT_MOST = 60_000;

export interface WebhookDeps {
  db: Db;
  intake: Intake;
  events: Events;
  now(): Instant;
  /** Resolves after the engine's next pass. */
  passed(): Promise<void>;
}

/** `POST /webhook`: parse, commit, answer. It decides nothing and calls no platform (G1). */
export function webhookRoute(deps: WebhookDeps): Hono {
  const app = new Hono();
  const limit = bodyLimit({
    maxSize: AT_MOST_BYTES,
    onError: () => {
      deps.events.refused('too_large', `more than ${AT_MOST_BYTES} bytes`);
      throw new HttpError(
        'too_large',
        `the body is over ${AT_MOST_BYTES / 1024 / 1024} MB; send fewer alerts`,
      );
    },
  });
  app.post('/webhook', limit, async (c) => {
    const wait = parseWait(c.req.query('wait'));
    const body = await c.req.text();
    const now = deps.now();
    const payload = read(deps, body, now);
    const delivery = {
      id: deliveryId(now, randomBytes(6).toString('hex')),
      receivedAt: now,
      source: payload.source,
      groupKey: payload.groupKey,
      body,
    };
    await deps.intake.accept({ delivery, payload }).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
      deps.events.refused('log_unavailable', error.message);
      // 5xx: Alertmanager tries again. Never acknowledged and dropped.
      throw new HttpError('log_unavailable', `${error.message}; nothing was accepted, send it again`);
    });
    deps.events.delivered(delivery, payload.alerts.length, payload.rejected.length);
    if (payload.truncated > 0) deps.events.truncated(delivery.id, payload.truncated);

    const answer = { delivery: delivery.id, accepted: payload.alerts.length, rejected: payload.rejected };
    const [firstRejected] = payload.rejected;
    if (payload.alerts.length === 0 && firstRejected !== undefined) {
      deps.events.refused('invalid', firstRejected.message);
      const { field, message } = firstRejected;
      return c.json({ error: { code: 'invalid', field, message }, ...answer }, 400);
    }
    if (wait === null) return c.json(answer, 202);
    return c.json({ ...answer, decisions: await decisionsWithin(deps, delivery.id, payload, wait) }, 202);
  });
  return app;
}

function parseWait(text: string | undefined): number | null {
  if (text === undefined) return null;
  const wait = parseDuration(text);
  if (wait === undefined || wait > WAIT_AT_MOST)
    throw new HttpError('invalid', `wait=${text}: write a duration of at most 60s, such as wait=10s`, 'wait');
  return wait;
}

function read(deps: WebhookDeps, body: string, now: Instant): Payload {
  try {
    return parsePayload(body, now);
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    deps.events.refused(error.isJson ? 'invalid' : 'not_json', error.message);
    throw new HttpError('invalid', error.message, error.field);
  }
}

/** What was decided about the alerts of a delivery, as far as it was within the time. */
async function decisionsWithin(deps: WebhookDeps, delivery: string, payload: Payload, wait: number) {
  const tooLate = AbortSignal.timeout(wait);
  for (;;) {
    const outcomes = outcomesOf(deps.db, delivery).filter((outcome) => outcome.outcome !== 'rejected');
    const decisions = outcomes.map((outcome) => describe(deps.db, outcome));
    const all = outcomes.length === payload.alerts.length && decisions.every((one) => one.decision !== null);
    if (all || tooLate.aborted) return decisions;
    await Promise.race([deps.passed(), aborted(tooLate)]);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

function describe(db: Db, { index, outcome, fingerprint, incident }: AlertOutcome) {
  const found = incident === undefined ? undefined : incidentById(db, incident);
  const target = found?.target ?? null;
  const last = incident === undefined ? undefined : lastDecision(db, incident)?.decision;
  // Heartbeats, our own alerts and late resolutions are not decided about.
  if (incident === undefined)
    return { index, outcome, fingerprint, incident: null, target, decision: 'none' };
  if (last === undefined) return { index, outcome, fingerprint, incident, target, decision: null };
  const { kind, reason } = last;
  return {
    index,
    outcome,
    fingerprint,
    incident,
    target,
    decision: kind,
    reason,
    status: found?.status ?? null,
    explanation:
      // What it waited for is over, and nothing comes after it: a question that was rejected, say.
      kind === 'defer' && found?.status === 'closed'
        ? `The incident is closed (${found.outcome}): nothing is done until the alert ends and fires anew.`
        : explain(reason),
  };
}
