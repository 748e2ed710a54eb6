import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { type Instant, parseDuration } from '../domain/duration.ts';
import { explain } from '../domain/reason.ts';
import { deliveryId, type Intake } from '../intake/intake.ts';
import { type Checked, checkPayload, PayloadError } from '../intake/payload.ts';
import type { Events } from '../observe/events.ts';
import { type Db, StoreError } from '../store/db.ts';
import { lastDecision } from '../store/decisions.ts';
import { type AlertOutcome, outcomesOf } from '../store/deliveries.ts';
import { incidentById } from '../store/incidents.ts';
import { BodyError, createBodies, refusalOf } from './bodies.ts';
import { answerProblem, HttpError } from './errors.ts';

const MB = 1024 * 1024;
/** Alertmanager's payloads hold every alert of a group; 8 MB are thousands of them. One such and many small ones are within 256 MB. */
const BYTES = { each: 8 * MB, together: 12 * MB, remedy: 'send fewer alerts' };
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
  const bodies = createBodies(BYTES);
  app.post('/webhook', async (c) => {
    const wait = parseWait(c.req.query('wait'));
    const { id, accepted, rejected } = await bodies
      .read(c.req.raw, (body) => take(deps, body, c.req.header('traceparent')))
      .catch((error: unknown) => {
        if (!(error instanceof BodyError)) throw error;
        deps.events.refused(error.why, error.message);
        throw refusalOf(error);
      });
    const answer = { delivery: id, accepted, rejected };
    const [firstRejected] = rejected;
    if (accepted === 0 && firstRejected !== undefined) {
      deps.events.refused('invalid', firstRejected.message);
      const { field, message } = firstRejected;
      return answerProblem(c, new HttpError('invalid', message, field), answer);
    }
    if (wait === null) return c.json(answer, 202);
    return c.json(
      { ...answer, decisions: await decisionsWithin(deps, id, accepted, wait, c.req.raw.signal) },
      202,
    );
  });
  return app;
}

/** Stores one delivery. @returns what is answered of it: neither its body nor its alerts are held any longer */
async function take(deps: WebhookDeps, body: string, traceparent: string | undefined) {
  const now = deps.now();
  const payload = read(deps, body);
  const delivery = {
    // Drawn from a supply that Node keeps, unlike randomBytes; the last twelve digits are random alone.
    id: deliveryId(now, randomUUID().slice(-12)),
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
  deps.events.delivered(delivery, payload.accepted, payload.rejected.length, traceparent);
  if (payload.truncated > 0) deps.events.truncated(delivery.id, payload.truncated);
  return { id: delivery.id, accepted: payload.accepted, rejected: payload.rejected };
}

function parseWait(text: string | undefined): number | null {
  if (text === undefined) return null;
  const wait = parseDuration(text);
  if (wait === undefined || wait > WAIT_AT_MOST)
    throw new HttpError('invalid', `wait=${text}: write a duration of at most 60s, such as wait=10s`, 'wait');
  return wait;
}

function read(deps: WebhookDeps, body: string): Checked {
  try {
    return checkPayload(body);
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    deps.events.refused(error.isJson ? 'invalid' : 'not_json', error.message);
    throw new HttpError('invalid', error.message, error.field);
  }
}

/** What was decided about the alerts of a delivery, as far as it was within the time, and while the client is there. */
async function decisionsWithin(
  deps: WebhookDeps,
  delivery: string,
  accepted: number,
  wait: number,
  client: AbortSignal,
) {
  const over = AbortSignal.any([AbortSignal.timeout(wait), client]);
  const ended = aborted(over);
  for (;;) {
    const outcomes = outcomesOf(deps.db, delivery).filter((outcome) => outcome.outcome !== 'rejected');
    const decisions = outcomes.map((outcome) => describe(deps.db, outcome));
    const all = outcomes.length === accepted && decisions.every((one) => one.decision !== null);
    if (all || over.aborted) return decisions;
    await Promise.race([deps.passed(), ended]);
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
