import type { Act } from './act.ts';
import { actionsAt, deliveredAt } from './incident.ts';
import { afterHandover, type Handover } from './left-alone.ts';
import { alertname } from './playbooks.ts';
import { firstGoodForGood, firstServerError, readRequestLog } from './request-log.ts';
import { startsIn } from './sources.ts';
import type { StageFailure } from './stage.ts';

/** What `--json` prints. What did not happen is null. */
export type Figures = {
  ok: boolean;
  act1: {
    firstErrorAt: string | null;
    firingAfterMs: number | null;
    deliveredAfterMs: number | null;
    actionAfterMs: number | null;
    healthyAfterMs: number | null;
    healedAfterMs: number | null;
    actions: number | null;
  };
  act2: {
    actions: number | null;
    budget: number | null;
    reason: string | null;
    escalated: boolean | null;
    actionsAfterQuarantine: number | null;
  };
  failed?: { act: 1 | 2 | null; stage: string; message: string };
};

/** What there is to compute them from: as much as was seen. */
export type Seen = {
  requestLog?: string;
  budget?: number;
  versions?: { prometheus: string; alertmanager: string };
  act1?: Act;
  act2?: Act;
  handover?: Handover;
};

export function figuresOf(seen: Seen, failure: StageFailure | undefined): Figures {
  return {
    ok: failure === undefined,
    act1: figuresOfAct1(seen),
    act2: figuresOfAct2(seen),
    ...(failure && { failed: { act: failure.act, stage: failure.stage, message: failure.message } }),
  };
}

/**
 * The trouble lasts from when the first request that failed was sent to when the first good one was answered, so that
 * neither end flatters.
 */
function figuresOfAct1({ act1, requestLog }: Seen): Figures['act1'] {
  const probes = requestLog === undefined ? [] : readRequestLog(requestLog);
  const first = act1 && firstServerError(probes, act1.beganAt)?.sentAt;
  const after = (at: number | null | undefined) =>
    first === undefined || at === undefined || at === null ? null : Math.round(at - first);
  const incidents = act1?.incidents ?? [];
  const until = act1?.endedAt ?? Number.POSITIVE_INFINITY;
  return {
    firstErrorAt: first === undefined ? null : new Date(first).toISOString(),
    firingAfterMs: after(act1?.firingAt),
    deliveredAfterMs: after(deliveredAt(incidents, alertname)),
    actionAfterMs: after(actionsAt(incidents)[0]),
    healthyAfterMs: after(first && firstGoodForGood(probes, first, until)?.answeredAt),
    healedAfterMs: after(incidents.find(({ outcome }) => outcome === 'healed')?.closedAt),
    actions: act1 ? actionsAt(incidents).length : null,
  };
}

function figuresOfAct2({ act2, handover, budget }: Seen): Figures['act2'] {
  return {
    actions: act2 ? actionsAt(act2.incidents).length : null,
    budget: budget ?? null,
    reason: handover?.reason ?? null,
    escalated: act2 ? (handover?.escalated ?? false) : null,
    actionsAfterQuarantine: act2 && handover ? startsIn(afterHandover(act2, handover)).length : null,
  };
}
