import { closeIncident } from '../decision/conclude.ts';
import { paceText, stormPage } from '../decision/storm-page.ts';
import { recordStorm } from '../decision/storm-told.ts';
import type { Deps } from '../deps.ts';
import type { Instant } from '../domain/duration.ts';
import type { FleetLimits } from '../domain/playbook.ts';
import { phaseOf, releaseAt } from '../policy/storm.ts';
import type { Db } from '../store/db.ts';
import { write } from '../store/db.ts';
import { addEscalation, escalationsOf, retellEscalation } from '../store/escalations.ts';
import { addEvent } from '../store/events.ts';
import { changeStatus, changeTitle, type Incident, incidentById } from '../store/incidents.ts';
import { countHeld, countToldByIt, hasWork, lookAtHeld, nextInLine } from '../store/storm-line.ts';
import { endStorm, releaseStorm, type Storm, unfinishedStorms } from '../store/storms.ts';

/** One leads to another; the rest comes with the next pass. */
const STEPS_AT_ONCE = 8;

/** What is due for a storm; done in one transaction, and reported after it. */
interface Due {
  done(): void;
  tell?(): void;
}

/**
 * Moves every storm on: tells a person, releases what is calm, gives the next one its turn, ends what is over.
 * What is due is computed from the log alone, so that a crash between any two steps goes on here.
 */
export async function tendStorms(deps: Deps): Promise<void> {
  const { db } = deps;
  const { limits } = deps.playbooks();
  for (const { id } of unfinishedStorms(db)) {
    for (let step = 0; step < STEPS_AT_ONCE; step++) {
      // A storm that nothing is due for costs a read.
      if (next(deps, id, limits) === null) break;
      const due = await write(db, () => carryOut(deps, id, limits));
      due?.tell?.();
    }
  }
}

function carryOut(deps: Deps, id: number, limits: FleetLimits): Due | null {
  const due = next(deps, id, limits);
  due?.done();
  return due;
}

function next(deps: Deps, id: number, limits: FleetLimits): Due | null {
  const { db } = deps;
  const now = deps.now();
  const storm = unfinishedStorms(db).find((one) => one.id === id);
  const own = storm === undefined ? undefined : incidentById(db, storm.incident);
  if (storm === undefined || own === undefined) return null;
  return (
    toTell(deps, storm, own, limits, now) ??
    toRelease(deps, storm, own, limits, now) ??
    toEnd(deps, storm, own, limits, now) ??
    toRetell(db, storm, own, limits, now) ??
    toLookAt(db, storm, limits, now)
  );
}

/** A person is told once the storm holds something: not of what is paused, or turned out to be none of ours. */
function toTell(deps: Deps, storm: Storm, own: Incident, limits: FleetLimits, now: Instant): Due | null {
  const { db, events } = deps;
  if (own.status !== 'new' || countHeld(db, storm.id) + countToldByIt(db, storm.id) === 0) return null;
  return {
    done() {
      const page = pageOf(db, storm, limits, now);
      changeTitle(db, own.id, page.title);
      recordStorm(deps, storm, own, now);
      changeStatus(db, own, 'escalated', { reason: 'storm', escalated: { reason: 'storm', at: now } }, now);
      addEvent(db, own.id, now, 'escalation', `handed to a person: ${page.annotations['summary'] ?? ''}`, {});
      addEscalation(db, own.id, 'storm', page, now);
    },
    tell: () => events.escalated(own, 'storm'),
  };
}

function toRelease(
  { db, events }: Deps,
  storm: Storm,
  own: Incident,
  limits: FleetLimits,
  now: Instant,
): Due | null {
  if (
    storm.endedAt !== null ||
    storm.releasedAt !== null ||
    phaseOf(storm, limits.storm.calm, now) === 'held'
  )
    return null;
  return {
    done() {
      releaseStorm(db, storm.id, releaseAt(storm, limits.storm.calm));
      const why = storm.lastIncidentAt + limits.storm.calm > now ? 'held for as long as may be' : 'calm';
      const how = `${why}: released one after the other, dependencies first, ${paceText(limits)}`;
      addEvent(db, own.id, now, 'status', how, {});
      lookAtHeld(db, storm.id, null, now);
    },
    tell: () => events.storm(own, 'is released'),
  };
}

/** Not before it is calm, also where all that it held is over: else the next alert would begin another page. */
function toEnd(
  { db, events }: Deps,
  storm: Storm,
  own: Incident,
  limits: FleetLimits,
  now: Instant,
): Due | null {
  if (storm.endedAt === null) {
    if (phaseOf(storm, limits.storm.calm, now) === 'held' || hasWork(db, storm.id)) return null;
    return {
      done() {
        endStorm(db, storm.id, now);
        addEvent(db, own.id, now, 'status', 'the storm is over: none of its incidents is held any more', {});
      },
      tell: () => events.storm(own, 'is over'),
    };
  }
  if (own.status === 'escalated' && countToldByIt(db, storm.id) > 0) return null;
  const outcome = own.status === 'escalated' ? 'handed_over' : 'dismissed';
  return {
    done: () => closeIncident(db, own, outcome, {}, now),
    tell: () => events.closed(own, outcome, now),
  };
}

/** The page grows with the storm. */
function toRetell(db: Db, storm: Storm, own: Incident, limits: FleetLimits, now: Instant): Due | null {
  if (own.status !== 'escalated') return null;
  const page = pageOf(db, storm, limits, now);
  const told = escalationsOf(db, own.id).find(({ endedAt }) => endedAt === null);
  const isSame = told === undefined || told.annotations['description'] === page.annotations['description'];
  if (isSame && own.title === page.title) return null;
  return {
    done() {
      changeTitle(db, own.id, page.title);
      retellEscalation(db, own.id, page.annotations);
    },
  };
}

/** Who is next does not wait for its own look. */
function toLookAt(db: Db, storm: Storm, limits: FleetLimits, now: Instant): Due | null {
  if (storm.endedAt !== null || phaseOf(storm, limits.storm.calm, now) === 'held') return null;
  const next = nextInLine(db, storm.id, now);
  return next === null ? null : { done: () => lookAtHeld(db, storm.id, next === 'all' ? null : next, now) };
}

const pageOf = (db: Db, storm: Storm, limits: FleetLimits, now: Instant) =>
  stormPage(db, storm, storm.endedAt === null ? phaseOf(storm, limits.storm.calm, now) : 'over', limits);
