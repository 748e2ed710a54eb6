import {
  type PastLink,
  type PastSpan,
  type PastTrace,
  recordSpan,
  traceIdOf,
} from '@shop/service/telemetry/past';
import type { Instant } from '../domain/duration.ts';
import { explain } from '../domain/reason.ts';
import { type Attempt, attemptsOf, callsOf } from '../store/attempts.ts';
import type { Db } from '../store/db.ts';
import { incidentById } from '../store/incidents.ts';
import {
  deliveriesOf,
  evidenceTime,
  lastDecisionRow,
  proofBegan,
  receivedAt,
  traceOf,
} from '../store/traces.ts';
import type { Tracing } from './tracing.ts';

/** A span has so many links to deliveries; an incident of a storm may have hundreds. */
const LINKS_AT_MOST = 10;
const WEBHOOK = 'POST /webhook';
const INCIDENT = 'incident';

/**
 * Spans made from what the log says of a phase when that is over: so a process that goes on after a crash tells of all of it,
 * under the same ids, also of what the one before it did.
 * @param failed a failure to make one, which must not reach what is told of
 */
export function createSpans(db: Db, now: () => Instant, failed: (error: unknown) => void): Tracing {
  const safely = (tell: () => void): void => {
    try {
      tell();
    } catch (error) {
      failed(error);
    }
  };
  /** Does something for an incident that has a trace. */
  const within = (incident: number, tell: (of: PastTrace, id: number) => void): void =>
    safely(() => {
      const traceId = traceOf(db, incident);
      if (traceId !== null) tell({ traceId, root: INCIDENT }, incident);
    });

  return {
    traceOf: (incident) => traceOf(db, incident) ?? undefined,

    delivered: ({ id, source, receivedAt: from }, { accepted, rejected, traceparent }) =>
      safely(() =>
        recordSpan({
          of: deliveryTrace(id),
          ...{ key: WEBHOOK, name: WEBHOOK, kind: 'server', from, to: now() },
          attributes: {
            'http.request.method': 'POST',
            'http.route': '/webhook',
            'alert_bot.delivery': id,
            'alert_bot.source': source,
            'alert_bot.accepted': accepted,
            'alert_bot.rejected': rejected,
          },
          links: traceparent === undefined ? [] : [{ traceparent }],
        }),
      ),

    triaged(delivery, outcomes) {
      for (const { index, outcome, incident, fingerprint } of outcomes)
        if (incident !== undefined && (outcome === 'new' || outcome === 'joined'))
          within(incident, (of) =>
            recordSpan({
              of,
              ...{ key: `triage ${delivery} ${index}`, name: 'triage' },
              ...{ from: receivedAt(db, delivery) ?? now(), to: now() },
              attributes: {
                'alert_bot.incident': incident,
                'alert_bot.outcome': outcome,
                'alert_bot.fingerprint': fingerprint ?? '',
              },
              links: [toDelivery(delivery)],
            }),
          );
    },

    decided: (incident, decision) =>
      within(incident, (of) => {
        const row = lastDecisionRow(db, incident);
        const blocked = decision.guards.find(({ answer }) => answer !== 'allow');
        recordSpan({
          of,
          ...{ key: `decision ${row?.id}`, name: 'decide', from: row?.at ?? now(), to: now() },
          attributes: {
            ...about(db, incident),
            'alert_bot.decision': decision.kind,
            'alert_bot.reason': decision.reason,
            ...(blocked === undefined ? {} : { 'alert_bot.because': blocked.because }),
          },
          links: deliveriesOf(db, incident, LINKS_AT_MOST).map(toDelivery),
        });
      }),

    attemptEnded: (incident) =>
      within(incident, (of) => {
        const attempt = attemptsOf(db, incident).findLast(({ ended_at }) => ended_at !== null);
        if (attempt !== undefined) for (const span of attemptSpans(db, of, attempt)) recordSpan(span);
      }),

    escalated: (incident, reason) =>
      within(incident, (of) =>
        recordSpan({
          of,
          ...{ key: `escalate ${reason}`, name: 'escalate', from: now(), to: now() },
          attributes: { ...about(db, incident), 'alert_bot.reason': reason },
          failure: explain(reason),
        }),
      ),

    closed: (incident) =>
      within(incident, (of) => {
        const one = incidentById(db, incident);
        if (one === undefined) return;
        const to = one.closedAt ?? now();
        if (one.outcome === 'recovered') {
          const proof = proofBegan(db, incident);
          if (proof !== null)
            recordSpan({
              of,
              ...{ key: 'proof', name: 'proof', from: proof.at, to },
              attributes: { ...about(db, incident), 'alert_bot.outcome': 'recovered' },
            });
        }
        recordSpan({
          of,
          ...{ key: INCIDENT, name: INCIDENT, from: one.openedAt, to },
          attributes: {
            ...about(db, incident),
            'alert_bot.outcome': one.outcome ?? '',
            ...(one.reason === null ? {} : { 'alert_bot.reason': one.reason }),
          },
          links: deliveriesOf(db, incident, LINKS_AT_MOST).map(toDelivery),
          failure: one.outcome === 'handed_over' ? 'a person had to look' : undefined,
        });
      }),
  };
}

const deliveryTrace = (id: string): PastTrace => ({ traceId: traceIdOf(`delivery ${id}`), root: WEBHOOK });
const toDelivery = (id: string): PastLink => ({ of: deliveryTrace(id), key: WEBHOOK });

function about(db: Db, incident: number): Record<string, string | number> {
  const one = incidentById(db, incident);
  return {
    'alert_bot.incident': incident,
    'alert_bot.alert': one?.title ?? '',
    ...(one?.target == null ? {} : { 'alert_bot.target': one.target }),
    ...(one?.playbook == null ? {} : { 'alert_bot.playbook': one.playbook }),
  };
}

const GOOD = ['helped', 'not_called'];

/** From reservation to how it ended; within it evidence, each call, and the proof. */
function attemptSpans(db: Db, of: PastTrace, attempt: Attempt): PastSpan[] {
  const key = `attempt ${attempt.id}`;
  const outcome = attempt.outcome ?? '';
  const to = attempt.ended_at ?? attempt.reserved_at;
  const inAttempt = { of, parent: key };
  const subject = { 'alert_bot.incident': attempt.incident_id, 'alert_bot.target': attempt.target_id };
  const calls = callsOf(db, attempt.id);
  const evidence = evidenceTime(db, attempt.id);
  const proof = calls.length === 0 ? null : proofBegan(db, attempt.incident_id);
  const isSought = proof !== null && proof.at >= attempt.reserved_at;
  return [
    {
      of,
      ...{ key, name: 'attempt', from: attempt.reserved_at, to },
      attributes: {
        ...about(db, attempt.incident_id),
        'alert_bot.step': attempt.step + 1,
        'alert_bot.attempt': attempt.number,
        'alert_bot.reason': attempt.reason,
        'alert_bot.outcome': outcome,
      },
      failure: GOOD.includes(outcome) ? undefined : (attempt.detail ?? outcome),
    },
    ...(evidence.from === null || evidence.to === null
      ? []
      : [
          {
            ...inAttempt,
            ...{ key: `${key} evidence`, name: 'evidence', from: evidence.from, to: evidence.to },
            attributes: {
              ...subject,
              'alert_bot.pieces': evidence.pieces,
              'alert_bot.failed_pieces': evidence.failed,
            },
          },
        ]),
    ...calls.map((call): PastSpan => {
      const result = call.result ?? 'lost';
      return {
        ...inAttempt,
        ...{ key: `call ${call.id}`, name: call.verb, kind: 'client' },
        ...{ from: call.calling_at, to: call.ended_at ?? to },
        attributes: { ...subject, 'alert_bot.instance': call.instance_id, 'alert_bot.result': result },
        failure: result === 'done' ? undefined : result,
      };
    }),
    ...(proof === null || !isSought
      ? []
      : [
          {
            ...inAttempt,
            ...{ key: `${key} proof`, name: 'proof', from: proof.at, to },
            attributes: { ...subject, 'alert_bot.outcome': outcome },
            failure: outcome === 'helped' ? undefined : (attempt.detail ?? outcome),
          },
        ]),
  ];
}
