import { z } from 'zod';
import type { Instant } from '../domain/duration.ts';
import { OUTCOMES, STATUSES } from '../domain/incident.ts';
import { REASONS } from '../domain/reason.ts';
import type { Db } from '../store/db.ts';
import { eventsOf } from '../store/events.ts';

/** How an incident ended; `with_a_person` and `open` have not. */
export const ENDS = [...OUTCOMES, 'with_a_person', 'open'] as const;
export type End = (typeof ENDS)[number];

/** What became of one incident, as its timeline tells it. */
export interface Story {
  id: number;
  target: string | null;
  service: string | null;
  title: string;
  playbook: string | null;
  openedAt: Instant;
  closedAt: Instant | null;
  end: End;
  /** Why a person was told, where one was. */
  escalated: (typeof REASONS)['escalate'][number] | null;
  /** Attempts of which something was called, each with the instance that was called first. */
  actions: readonly { at: Instant; instance: string }[];
  /** When a person was asked whether it may be acted on. */
  asked: readonly Instant[];
  /** When one of its alerts ended. */
  ended: readonly Instant[];
  /** In the order in which they were taken. */
  decisions: readonly { at: Instant; kind: string; reason: string }[];
  /** Whether it is the incident of a storm itself. */
  isStorm: boolean;
}

const escalateReason = z.enum(REASONS.escalate);
const incidentRow = z.object({
  id: z.number(),
  target_id: z.string().nullable(),
  service: z.string().nullable(),
  title: z.string(),
  playbook: z.string().nullable(),
  status: z.enum(STATUSES),
  outcome: z.enum(OUTCOMES).nullable(),
  escalated_reason: z.enum(REASONS.escalate).nullable(),
  opened_at: z.number(),
  closed_at: z.number().nullable(),
  is_storm: z.number(),
});

/**
 * The incidents that were opened from one time to another, from their rows and timelines: the same of a log of the past and
 * of one that was lived again. Decisions, attempts and calls are not read.
 * @param until what is decided or done later is not told
 * @param closed what is closed later is told as open
 */
export function* storiesOf(
  db: Db,
  from: Instant,
  to: Instant,
  until: Instant,
  closed: Instant = until,
): Generator<Story> {
  const rows = db
    .prepare(
      `SELECT id, target_id, service, title, playbook, status, outcome, escalated_reason, opened_at, closed_at,
         EXISTS (SELECT 1 FROM storms s WHERE s.incident_id = incidents.id) AS is_storm
       FROM incidents WHERE opened_at >= ? AND opened_at < ? ORDER BY opened_at, id`,
    )
    .all(from, to);
  for (const row of rows) yield storyOf(db, incidentRow.parse(row), until, closed);
}

function storyOf(db: Db, row: z.output<typeof incidentRow>, until: Instant, closed: Instant): Story {
  const events = eventsOf(db, row.id).filter(({ at }) => at <= until);
  const actions: { at: Instant; instance: string }[] = [];
  const asked: Instant[] = [];
  const ended: Instant[] = [];
  const decisions: { at: Instant; kind: string; reason: string }[] = [];
  let isReserved = false;
  let escalated: Story['escalated'] = null;
  for (const { at, kind, data } of events) {
    if (kind === 'decision')
      decisions.push({ at, kind: String(data['kind']), reason: String(data['reason']) });
    else if (kind === 'alert' && 'fingerprint' in data && !('labels' in data)) ended.push(at);
    else if (kind === 'approval' && 'instances' in data) asked.push(at);
    else if (kind === 'escalation') {
      const reason = escalateReason.safeParse(data['reason']);
      // That it recurs is told of one that was healed.
      if (reason.data !== 'recurring') escalated = reason.data ?? row.escalated_reason;
    } else if (kind === 'attempt' && 'attempt' in data) isReserved = true;
    else if (kind === 'attempt' && data['verb'] === 'restart' && isReserved) {
      // The others of a roll are of the same attempt.
      isReserved = false;
      actions.push({ at, instance: String(data['instance']) });
    }
  }
  const isClosed = row.closed_at !== null && row.closed_at <= closed;
  return {
    id: row.id,
    target: row.target_id,
    service: row.service,
    title: row.title,
    playbook: row.playbook,
    openedAt: row.opened_at,
    closedAt: isClosed ? row.closed_at : null,
    end: isClosed && row.outcome !== null ? row.outcome : escalated === null ? 'open' : 'with_a_person',
    escalated,
    actions,
    asked,
    ended,
    decisions,
    isStorm: row.is_storm === 1,
  };
}
