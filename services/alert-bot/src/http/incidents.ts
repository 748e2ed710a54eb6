import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { audit } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { decisionsBefore } from '../store/decisions.ts';
import { addEvent } from '../store/events.ts';
import { evidenceById } from '../store/evidence.ts';
import { incidentHistory } from '../store/history.ts';
import { cursorAt, pageOf, placeOf } from './cursor.ts';
import { HttpError } from './errors.ts';
import { incidentFilter } from './incident-filter.ts';
import { incidentNumber, paging, person, shorten, strict, time, words } from './input.ts';
import { NOTHING, type Register } from './operation.ts';
import { decisionShape, detailShape, done, incidentShape } from './shapes.ts';
import { decisionView, incidentDetail, incidentView, iso, knownIncident } from './view.ts';

const listQuery = strict({
  ...incidentFilter,
  from: time.optional().meta({ description: 'Opened then or later' }),
  to: time.optional().meta({ description: 'Opened before' }),
  before: incidentNumber.optional().meta({ description: 'Only with a smaller number' }),
  ...paging,
});

const next = z
  .string()
  .nullable()
  .meta({ description: 'The cursor of the next page; null at the end. A page before it may be short' });

const noteBody = strict(
  {
    by: person.by,
    note: words('write the note').min(1, 'write the note'),
  },
  'send {"by":"your name","note":"…"}',
);

/** Incidents: the list, one with its whole story, its evidence and decisions, and what a person has to say about it. */
export function incidentRoutes({ db, now, events }: Deps, on: Register): void {
  on.get(
    {
      path: '/incidents',
      name: 'listIncidents',
      summary: 'Incidents, newest first, by whatever is asked for',
      query: listQuery,
      answer: z.object({ incidents: z.array(incidentShape), next }),
    },
    ({ query: { limit, cursor, ...filter } }) => {
      if (filter.from !== undefined && filter.to !== undefined && filter.to <= filter.from)
        throw new HttpError('invalid', 'to: it is not after "from", so that nothing is between them', 'to');
      const list = { name: '/incidents', filter };
      const before = placeOf(list, cursor) ?? filter.before;
      const page = incidentHistory(db, { ...filter, before }, limit);
      return { incidents: page.incidents.map(incidentView), next: cursorAt(list, page.next) };
    },
  );

  on.get(
    {
      path: '/incidents/:id',
      name: 'getIncident',
      summary: 'The whole story: timeline, decisions with facts, attempts with calls, evidence',
      query: NOTHING,
      answer: detailShape,
      problems: ['not_found'],
    },
    ({ part }) => incidentDetail(db, knownIncident(db, part('id'))),
  );

  on.text(
    {
      path: '/incidents/:id/evidence/:evidence',
      name: 'getEvidence',
      summary: 'One piece of evidence, as text',
      problems: ['not_found'],
    },
    ({ part }) => {
      const { id } = knownIncident(db, part('id'));
      const written = part('evidence');
      const evidence = /^\d{1,15}$/.test(written) ? evidenceById(db, id, Number(written)) : undefined;
      if (evidence === undefined)
        throw new HttpError('not_found', `incident ${id} has no evidence ${shorten(written)}`);
      if (evidence.content === '' && evidence.error !== null)
        throw new HttpError('not_found', `evidence ${evidence.id} has no text: ${evidence.error}`);
      return evidence.content;
    },
  );

  on.get(
    {
      path: '/decisions',
      name: 'listDecisions',
      summary: 'The decisions about an incident, newest first',
      query: strict({ incident: incidentNumber, ...paging }),
      answer: z.object({ decisions: z.array(decisionShape), next }),
      problems: ['not_found'],
    },
    ({ query: { incident, cursor, limit } }) => {
      const { id } = knownIncident(db, String(incident));
      const list = { name: '/decisions', filter: { incident } };
      const { rows, ...page } = pageOf(list, cursor, limit, (before, most) =>
        decisionsBefore(db, id, before, most),
      );
      return { decisions: rows.map(decisionView), ...page };
    },
  );

  on.post(
    {
      path: '/incidents/:id/note',
      name: 'noteIncident',
      summary: 'Adds what a person has to say to the timeline',
      body: noteBody,
      answer: z.object({ incident: z.int(), by: done.by, note: z.string(), at: done.at }),
      problems: ['not_found', 'log_unavailable'],
    },
    async ({ part, body: { by, note }, via }) => {
      const { id, at } = await write(db, () => {
        const incident = knownIncident(db, part('id'));
        const then = now();
        addEvent(db, incident.id, then, 'person', `${by}: ${note}`, { by, note });
        audit(
          db,
          { by, why: note },
          'note',
          `incident ${incident.id}, ${incident.target ?? incident.title}`,
          then,
          via,
        );
        return { id: incident.id, at: then };
      });
      events.person(by, 'note', `incident ${id}`, note);
      return { incident: id, by, note, at: iso(at) };
    },
  );
}
