import type { Deps } from '../deps.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import { write } from '../store/db.ts';
import { dueEscalations, type Escalation, recordFailure, recordSending } from '../store/escalations.ts';

/** Alertmanager forgets an alert at its endsAt; sent again each minute it stays (design §8). */
const SEND_EVERY: Millis = 60_000;
const LASTS: Millis = 4 * 3_600_000;
/** After a failure, so that an Alertmanager that is away is not asked each second. */
const TRY_AGAIN: Millis = 5_000;

/**
 * Whether the end of a page needs no further sending. A peer that was away goes on paging until it hears of it, or the page
 * ends there by itself.
 */
const isToldOver = ({ endedAt }: Escalation, failures: readonly string[], now: Instant): boolean =>
  endedAt !== null && (failures.length === 0 || now - endedAt >= LASTS);

/** Sends what was escalated to every Alertmanager until it ends there. Nothing is lost while it is away. */
export function createOutbox(deps: Deps) {
  let notBefore = Number.NEGATIVE_INFINITY;

  async function flush(): Promise<void> {
    if (deps.monotonic() < notBefore) return;
    const now = deps.now();
    const outside = now - deps.behind();
    const due = dueEscalations(deps.db, SEND_EVERY, now);
    if (due.length === 0) return;
    const sent = await deps.alertmanager
      .send(
        due.map(({ labels, annotations, startsAt, endedAt }) => ({
          labels,
          annotations,
          // By Alertmanager's clock: what began or ended later than now for it would not have begun or ended.
          startsAt: Math.min(startsAt, outside),
          endsAt: endedAt === null ? outside + LASTS : Math.min(endedAt, outside),
          generatorURL: '',
        })),
      )
      .then(
        (failures) => ({ failures, error: null }),
        (failure: unknown) => ({
          failures: [],
          error: failure instanceof Error ? failure.message : String(failure),
        }),
      );
    await write(deps.db, () => {
      for (const escalation of due) {
        if (sent.error !== null) recordFailure(deps.db, escalation, sent.error);
        else recordSending(deps.db, escalation, isToldOver(escalation, sent.failures, now), now);
      }
    });
    if (sent.error === null) deps.events.escalationSent(due.length);
    else {
      notBefore = deps.monotonic() + TRY_AGAIN;
      deps.events.escalationFailed(due.length, sent.error);
    }
  }

  return { flush };
}
