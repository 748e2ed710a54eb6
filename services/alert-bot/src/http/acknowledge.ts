import { Hono } from 'hono';
import type { Deps } from '../deps.ts';
import { audit } from '../store/controls.ts';
import { type Db, write } from '../store/db.ts';
import { acknowledgeEscalations, escalationsOf } from '../store/escalations.ts';
import { addEvent } from '../store/events.ts';
import type { Incident } from '../store/incidents.ts';
import { HttpError } from './errors.ts';
import { parse, person, readJson, SAY_WHO, strict } from './input.ts';
import { knownIncident } from './view.ts';

const personShape = strict(person, SAY_WHO);

/** Somebody has seen the page of an incident and takes it over (design §8): `POST /incidents/:id/acknowledge`. */
export function acknowledgeRoute(deps: Deps): Hono {
  const { db } = deps;
  const app = new Hono();

  app.post('/incidents/:id/acknowledge', async (c) => {
    const who = parse(personShape, await readJson(c.req.raw));
    const done = await write(db, () => {
      const incident = knownIncident(db, c.req.param('id'));
      const now = deps.now();
      const reasons = acknowledgeEscalations(db, incident.id, who.by, now);
      if (reasons.length === 0) throw new HttpError('conflict', whyNoPage(db, incident));
      addEvent(db, incident.id, now, 'person', `${who.by} acknowledged the page: ${who.why}`, { ...who });
      audit(db, who, 'acknowledge', `incident ${incident.id}, ${incident.target ?? incident.title}`, now);
      return { incident, reasons, now };
    });
    const { incident, reasons, now } = done;
    deps.events.person(who.by, 'acknowledge', `incident ${incident.id}`, who.why);
    deps.wake();
    const { id, target, title, status } = incident;
    return c.json({ incident: id, target, title, status, reasons, ...who, at: new Date(now).toISOString() });
  });

  return app;
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
