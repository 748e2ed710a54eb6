import { type Labels, ORIGIN, ORIGIN_LABEL } from '../domain/alert.ts';
import { formatDuration } from '../domain/duration.ts';
import type { StormFact } from '../domain/facts.ts';
import type { FleetLimits } from '../domain/playbook.ts';
import { explain } from '../domain/reason.ts';
import { heldUntil, paceOf } from '../policy/storm.ts';
import type { Db } from '../store/db.ts';
import { countMembers, countToldByIt, nameMembers } from '../store/storm-line.ts';
import type { Storm } from '../store/storms.ts';
import { stormTitle } from '../triage/storm.ts';

/** So many services are named; of the rest there is a number. */
const NAMED = 20;

/**
 * The one page of a storm. Its labels are always the same, so that it stays one page however the storm grows;
 * what it says follows the storm.
 */
export function stormPage(
  db: Db,
  storm: Storm,
  phase: StormFact['phase'] | 'over',
  limits: FleetLimits,
): { title: string; labels: Labels; annotations: Labels } {
  const incidents = countMembers(db, storm.id);
  const names = [...new Set(nameMembers(db, storm.id, NAMED))];
  const more = incidents > NAMED ? ` and ${incidents - NAMED} more incidents` : '';
  const title = stormTitle(incidents);
  return {
    title,
    labels: {
      alertname: 'RemediationEscalated',
      [ORIGIN_LABEL]: ORIGIN,
      severity: 'critical',
      incident: String(storm.incident),
      reason: 'storm',
      alert: 'Storm',
    },
    annotations: {
      summary: `${title}: ${explain('storm')}`,
      description:
        `${names.join(', ')}${more}. ${whatNext(db, storm, phase, limits)} ` +
        `Look: alert-bot incidents show ${storm.incident}.`,
    },
  };
}

function whatNext(db: Db, storm: Storm, phase: StormFact['phase'] | 'over', limits: FleetLimits): string {
  const { calm } = limits.storm;
  switch (phase) {
    case 'held':
      return (
        `Nothing is acted on until no new one has come for ${formatDuration(calm)}, or at the latest until ` +
        `${new Date(heldUntil(storm, calm)).toISOString()}; then one after the other, dependencies first, ` +
        `${paceText(limits)}. Sooner: alert-bot release.`
      );
    case 'released':
      return `They are released one after the other, dependencies first, ${paceText(limits)}.`;
    case 'over':
      return (
        `The storm is over, but ${countToldByIt(db, storm.id)} of them have no target the bot knows. ` +
        "Mend the alerts' service label, or the playbooks' target."
      );
  }
}

/** The pace of a released storm, in words. */
export function paceText(limits: FleetLimits): string {
  const { targets, per } = paceOf(limits);
  return `at most ${targets} ${targets === 1 ? 'target' : 'targets'} in ${formatDuration(per)} (half of limits.targets)`;
}
