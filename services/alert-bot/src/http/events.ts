import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { approvalsBefore } from '../store/approvals.ts';
import { auditBefore, WAYS } from '../store/controls.ts';
import { eventsAfter, lastEvent } from '../store/events.ts';
import { incidentById } from '../store/incidents.ts';
import { cursorAt, pageOf, placeOf } from './cursor.ts';
import { numberFrom, paging, strict } from './input.ts';
import type { Register } from './operation.ts';
import { approvalShape, at, done, incidentShape } from './shapes.ts';
import { approvalView, iso } from './view.ts';

const AFTER = 'the id of an event, or 0 for the first';
const next = z.string().nullable().meta({ description: 'The cursor of the next page; null at the end' });
const { target, title } = incidentShape.shape;

/** What happened, what people did, and what they are asked: over all incidents. */
export function eventRoutes({ db }: Deps, on: Register): void {
  on.get(
    {
      path: '/events',
      name: 'listEvents',
      summary: 'What happened after an event, oldest first; without `after` only which is the last',
      query: strict({
        after: numberFrom(AFTER, 0, Number.MAX_SAFE_INTEGER).optional(),
        ...paging,
        limit: paging.limit.default(200),
      }),
      answer: z.object({
        events: z.array(
          z.object({ id: z.int(), incident: z.int(), target, title, at, kind: z.string(), text: z.string() }),
        ),
        last: z.int(),
        next,
      }),
    },
    ({ query: { after, cursor, limit } }) => {
      const list = { name: '/events', filter: { after } };
      const from = placeOf(list, cursor) ?? after;
      const last = lastEvent(db);
      const events = from === undefined ? [] : eventsAfter(db, from, limit);
      const end = events.length < limit ? null : (events.at(-1)?.id ?? null);
      return {
        events: events.map((event) => ({ ...event, at: iso(event.at) })),
        last,
        next: cursorAt(list, end === last ? null : end),
      };
    },
  );

  on.get(
    {
      path: '/audit',
      name: 'listAudit',
      summary: 'What people did and why, newest first; only ever added to',
      query: strict(paging),
      answer: z.object({
        audit: z.array(
          z.object({
            id: z.int(),
            ...done,
            action: z.string(),
            subject: z.string(),
            via: z.enum(WAYS).nullable(),
          }),
        ),
        next,
      }),
    },
    ({ query: { cursor, limit } }) => {
      const { rows, ...page } = pageOf({ name: '/audit', filter: {} }, cursor, limit, (before, most) =>
        auditBefore(db, before, most),
      );
      return { audit: rows.map((row) => ({ ...row, at: iso(row.at) })), ...page };
    },
  );

  on.get(
    {
      path: '/approvals',
      name: 'listApprovals',
      summary: 'What people were asked, newest first; `open=true`: what waits for an answer',
      query: strict({
        open: z
          .enum(['true', 'false'], { error: 'true or false' })
          .optional()
          .transform((text) => (text === undefined ? undefined : text === 'true')),
        ...paging,
      }),
      answer: z.object({
        approvals: z.array(
          approvalShape
            .extend({
              target,
              title,
              does: z.string().nullable().meta({ description: 'What the step does that is asked about' }),
            })
            .meta({ id: 'ApprovalOfIncident' }),
        ),
        next,
      }),
    },
    ({ query: { cursor, limit, open } }) => {
      const { rows, ...page } = pageOf(
        { name: '/approvals', filter: { open } },
        cursor,
        limit,
        (before, most) => approvalsBefore(db, { open, before }, most),
      );
      const approvals = rows.map((approval) => {
        const incident = incidentById(db, approval.incident);
        return {
          ...approvalView(approval),
          target: incident?.target ?? null,
          title: incident?.title ?? '',
          does: incident?.steps[approval.step]?.kind ?? null,
        };
      });
      return { approvals, ...page };
    },
  );
}
