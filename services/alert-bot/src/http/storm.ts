import { Hono } from 'hono';
import { paceText, stormPage } from '../decision/storm-page.ts';
import type { Deps } from '../deps.ts';
import { phaseOf, releaseAt } from '../policy/storm.ts';
import { audit } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { addEvent } from '../store/events.ts';
import { countHeld, countMembers, lookAtHeld } from '../store/storm-line.ts';
import { openStorm, releaseStorm } from '../store/storms.ts';
import { HttpError } from './errors.ts';
import { parse, person, readJson, SAY_WHO, strict } from './input.ts';

const personShape = strict(person, SAY_WHO);

/** What a person asks about a storm, and may do: have it released before it is calm (G13). */
export function stormRoute(deps: Deps): Hono {
  const { db } = deps;
  const app = new Hono();

  app.get('/storm', (c) => {
    const { limits } = deps.playbooks();
    const { calm } = limits.storm;
    const storm = openStorm(db);
    if (storm === undefined) return c.json({ storm: null });
    const phase = phaseOf(storm, calm, deps.now());
    return c.json({
      storm: {
        incident: storm.incident,
        phase,
        incidents: countMembers(db, storm.id),
        held: countHeld(db, storm.id),
        beganAt: new Date(storm.beganAt).toISOString(),
        calmAt: new Date(releaseAt(storm, calm)).toISOString(),
        description: stormPage(db, storm, phase, limits).annotations['description'],
      },
    });
  });

  app.post('/storm/release', async (c) => {
    const who = parse(personShape, await readJson(c.req.raw));
    const now = deps.now();
    const { limits } = deps.playbooks();
    const { calm } = limits.storm;
    const released = await write(db, () => {
      const storm = openStorm(db);
      if (storm === undefined || phaseOf(storm, calm, now) === 'released') return null;
      releaseStorm(db, storm.id, now);
      addEvent(db, storm.incident, now, 'person', `${who.by} released the storm: ${who.why}`, { ...who });
      audit(db, who, 'release', `storm, incident ${storm.incident}`, now);
      lookAtHeld(db, storm.id, null, now);
      return { incident: storm.incident, held: countHeld(db, storm.id), pace: paceText(limits) };
    });
    if (released === null)
      throw new HttpError('conflict', 'no storm is held: there is none, or it is released already');
    deps.events.person(who.by, 'release', `storm, incident ${released.incident}`, who.why);
    deps.wake();
    return c.json(released);
  });

  return app;
}
