import { z } from 'zod';
import { type Alert, type AlertSource, isHeartbeat, isOwn } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';
import { openEnvelope, PayloadError, readAlert } from '../intake/payload.ts';
import type { Db } from '../store/db.ts';
import { type TriageContext, triageAlert } from '../triage/triage.ts';
import type { World } from './world.ts';

/** Of deliveries read at once; no reading of the log lasts longer than these take. */
const AT_ONCE = 1_000;
/** Signs of bodies that are remembered with what is in them. */
const REMEMBERED = 64 * 1024 * 1024;

const deliveryRow = z.object({
  n: z.number(),
  received_at: z.number(),
  source: z.enum(['alertmanager', 'manual']),
  body: z.string(),
});
type Row = z.output<typeof deliveryRow>;

export interface FeedCounts {
  deliveries: number;
  alerts: number;
  /** Bodies that were taken apart; the others were the same again. */
  parsed: number;
}

/** The deliveries of a log in the order in which they came, a few at a time. */
function* deliveriesOf(log: Db, from: Instant, to: Instant): Generator<Row> {
  const page = log.prepare(
    `SELECT rowid AS n, received_at, source, body FROM deliveries
     WHERE (received_at, rowid) > (?, ?) AND received_at <= ? ORDER BY received_at, rowid LIMIT ${AT_ONCE}`,
  );
  for (let last: Pick<Row, 'n' | 'received_at'> = { n: 0, received_at: from - 1 }; ; ) {
    let rows = 0;
    for (const one of page.iterate(last.received_at, last.n, to)) {
      const row = deliveryRow.parse(one);
      rows += 1;
      last = { n: row.n, received_at: row.received_at };
      yield row;
    }
    if (rows < AT_ONCE) return;
  }
}

export type Feed = ReturnType<typeof createFeed>;

/**
 * Gives the deliveries of the past to triage. The same body again is not taken apart again: most of what Alertmanager sends is
 * what it has sent before.
 * @param log the past, read only
 * @param db the log under the other file
 */
export function createFeed(
  log: Db,
  db: Db,
  world: World,
  context: () => TriageContext,
  { from, to }: { from: Instant; to: Instant },
) {
  const rows = deliveriesOf(log, from, to);
  const bodies = new Map<string, readonly Alert[]>();
  const counts: FeedCounts = { deliveries: 0, alerts: 0, parsed: 0 };
  let remembered = 0;
  let repeated = new Set<number>();
  let next = rows.next().value;

  function alertsOf({ body, received_at: at, source }: Row): readonly Alert[] {
    const known = bodies.get(body);
    if (known !== undefined) return known;
    const alerts = parse(body, at);
    counts.parsed += 1;
    // What has no time of its own begins when it came.
    if (source === 'manual' || alerts.some(({ startsAt }) => startsAt === at)) return alerts;
    remembered += body.length;
    if (remembered > REMEMBERED) {
      bodies.clear();
      remembered = body.length;
    }
    bodies.set(body, alerts);
    return alerts;
  }

  /** @returns whether the engine has to look */
  function take(alert: Alert, source: AlertSource, now: Instant): boolean {
    counts.alerts += 1;
    if (isHeartbeat(alert.labels) || isOwn(alert.labels)) return false;
    if (source === 'alertmanager') world.delivered.set(alert.fingerprint, { at: now, alert });
    const { outcome, incident } = triageAlert(db, context(), alert, source, now);
    if (outcome === 'duplicate' && incident !== undefined) repeated.add(incident);
    return outcome === 'new' || outcome === 'joined' || outcome === 'resolved';
  }

  return {
    counts,
    /** When the next delivery comes. */
    next: (): Instant => next?.received_at ?? Number.POSITIVE_INFINITY,
    /** Triages the next delivery. @returns whether the engine has to look */
    take(): boolean {
      if (next === undefined) return false;
      const row = next;
      next = rows.next().value;
      counts.deliveries += 1;
      const alerts = alertsOf(row);
      let isNews = false;
      db.transaction(() => {
        for (const alert of alerts) isNews = take(alert, row.source, row.received_at) || isNews;
      })();
      return isNews;
    },
    /** Incidents whose alert came again since this was asked last. */
    repeated(): Set<number> {
      const those = repeated;
      repeated = new Set();
      return those;
    },
    /** Lets go of the log. */
    close: (): void => void rows.return?.(undefined),
  };
}

/** What of a body was taken then: good alerts beside bad ones. */
function parse(body: string, at: Instant): Alert[] {
  try {
    const envelope = openEnvelope(body);
    return [...envelope.raw.keys()].flatMap((index) => {
      const one = readAlert(envelope, index, at);
      return 'alert' in one ? [one.alert] : [];
    });
  } catch (error) {
    if (error instanceof PayloadError) return [];
    throw error;
  }
}
