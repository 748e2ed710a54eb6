import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { audit } from '../store/controls.ts';
import { type Db, write } from '../store/db.ts';
import { acknowledgeEscalations, escalationsOf } from '../store/escalations.ts';
import { addEvent } from '../store/events.ts';
import type { Incident } from '../store/incidents.ts';
import { HttpError } from './errors.ts';
import { person, SAY_WHO, strict } from './input.ts';
import type { Register } from './operation.ts';
import { done as doneShape, incidentShape } from './shapes.ts';
import { iso, knownIncident } from './view.ts';

const personShape = strict(person, SAY_WHO);

const { target, title, status } = incidentShape.shape;
const answer = z.object({
  incident: z.int(),
  target,
  title,
  status,
  reasons: z.array(z.string()).meta({ description: 'Why the pages that ended were sent' }),
  ...doneShape,
});

/** Somebody has seen the page of an incident and takes it over (design §8). */
export function acknowledgeRoute(deps: Deps, on: Register): void {
  const { db } = deps;
  on.post(
    {
      path: '/incidents/:id/acknowledge',
      name: 'acknowledgeIncident',
      summary: 'Ends its page: somebody looks after it',
      body: personShape,
      answer,
      problems: ['not_found', 'conflict', 'log_unavailable'],
    },
    async ({ part, body: who, via }) => {
      const done = await write(db, () => {
        const incident = knownIncident(db, part('id'));
        const now = deps.now();
        const reasons = acknowledgeEscalations(db, incident.id, who.by, now);
        if (reasons.length === 0) throw new HttpError('conflict', whyNoPage(db, incident));
        addEvent(db, incident.id, now, 'person', `${who.by} acknowledged the page: ${who.why}`, { ...who });
        audit(
          db,
          who,
          'acknowledge',
          `incident ${incident.id}, ${incident.target ?? incident.title}`,
          now,
          via,
        );
        return { incident, reasons, now };
      });
      const { incident, reasons, now } = done;
      deps.events.person(who.by, 'acknowledge', `incident ${incident.id}`, who.why);
      deps.wake();
      const { id, target, title, status } = incident;
      return { incident: id, target, title, status, reasons, ...who, at: iso(now) };
    },
  );
}

function whyNoPage(db: Db, { id, status }: Incident): string {
  const pages = escalationsOf(db, id);
  if (pages.some(({ reason, endedAt }) => reason === 'approval_required' && endedAt === null))
    return `incident ${id} asks a question: answer it with alert-bot approve ${id} or alert-bot reject ${id}`;
  const last = pages.at(-1);
  if (last === undefined) return `incident ${id} has no page: nobody was told of it, it is ${status}`;
  const at = last.endedAt === null ? '' : ` at ${new Date(last.endedAt).toISOString()}`;
  return last.acknowledgedBy === null
    ? `the page of incident ${id} has ended${at}`
    : `${last.acknowledgedBy} has already acknowledged incident ${id}${at}`;
}
