import { z } from 'zod';
import { paceText, stormPage } from '../decision/storm-page.ts';
import type { Deps } from '../deps.ts';
import { phaseOf, releaseAt } from '../policy/storm.ts';
import { audit } from '../store/controls.ts';
import { write } from '../store/db.ts';
import { addEvent } from '../store/events.ts';
import { countHeld, countMembers, lookAtHeld } from '../store/storm-line.ts';
import { openStorm, releaseStorm } from '../store/storms.ts';
import { HttpError } from './errors.ts';
import { person, SAY_WHO, strict } from './input.ts';
import { NOTHING, type Register } from './operation.ts';
import { at } from './shapes.ts';
import { iso } from './view.ts';

const personShape = strict(person, SAY_WHO);

export const stormShape = z
  .object({
    incident: z.int(),
    phase: z.enum(['held', 'released']),
    incidents: z.int(),
    held: z.int(),
    beganAt: at,
    calmAt: at,
    description: z.string(),
  })
  .meta({ id: 'Storm' });

/** The storm that is on, or null. */
export function stormNow({ db, playbooks, now }: Pick<Deps, 'db' | 'playbooks' | 'now'>) {
  const { limits } = playbooks();
  const { calm } = limits.storm;
  const storm = openStorm(db);
  if (storm === undefined) return null;
  const phase = phaseOf(storm, calm, now());
  return {
    incident: storm.incident,
    phase,
    incidents: countMembers(db, storm.id),
    held: countHeld(db, storm.id),
    beganAt: iso(storm.beganAt),
    calmAt: iso(releaseAt(storm, calm)),
    description: stormPage(db, storm, phase, limits).annotations['description'] ?? '',
  };
}

/** What a person asks about a storm, and may do: have it released before it is calm (G13). */
export function stormRoute(deps: Deps, on: Register): void {
  const { db } = deps;

  on.get(
    {
      path: '/storm',
      name: 'getStorm',
      summary: 'The storm that is on, if any',
      query: NOTHING,
      answer: z.object({ storm: stormShape.nullable() }),
    },
    () => ({ storm: stormNow(deps) }),
  );

  on.post(
    {
      path: '/storm/release',
      name: 'releaseStorm',
      summary: 'Releases what a storm holds before it is calm, one after the other',
      body: personShape,
      answer: z.object({ incident: z.int(), held: z.int(), pace: z.string() }),
      problems: ['conflict', 'log_unavailable'],
    },
    async ({ body: who, via }) => {
      const now = deps.now();
      const { limits } = deps.playbooks();
      const { calm } = limits.storm;
      const released = await write(db, () => {
        const storm = openStorm(db);
        if (storm === undefined || phaseOf(storm, calm, now) === 'released') return null;
        releaseStorm(db, storm.id, now);
        addEvent(db, storm.incident, now, 'person', `${who.by} released the storm: ${who.why}`, { ...who });
        audit(db, who, 'release', `storm, incident ${storm.incident}`, now, via);
        lookAtHeld(db, storm.id, null, now);
        return { incident: storm.incident, held: countHeld(db, storm.id), pace: paceText(limits) };
      });
      if (released === null)
        throw new HttpError('conflict', 'no storm is held: there is none, or it is released already');
      deps.events.person(who.by, 'release', `storm, incident ${released.incident}`, who.why);
      deps.wake();
      return released;
    },
  );
}
