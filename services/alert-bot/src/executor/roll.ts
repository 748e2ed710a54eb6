import { askOutside, readFacts } from '../decision/facts.ts';
import { replicaFacts } from '../decision/replicas.ts';
import type { Deps } from '../deps.ts';
import { inLogTime } from '../domain/outside-time.ts';
import { stricter } from '../domain/playbook.ts';
import type { Instance, Target } from '../domain/target.ts';
import { dependencyGuards } from '../policy/dependencies.ts';
import { personGuards } from '../policy/guard-person.ts';
import { isLastHealthy, replicasToActOn } from '../policy/guard-replicas.ts';
import { alertGuards, skipGuards } from '../policy/guard-target.ts';
import { lastApproval } from '../store/approvals.ts';
import { type Attempt, callsOf } from '../store/attempts.ts';
import type { Db } from '../store/db.ts';
import type { Incident } from '../store/incidents.ts';

/**
 * The instance that an attempt calls next, or null where none is left. An attempt that began with a sick one is for the
 * sick ones, any other for all: which of the two it is stands in the log, so that a crash does not change it.
 */
export function nextInstance(
  { db, ...clock }: Pick<Deps, 'db' | 'now' | 'behind'>,
  attempt: Attempt,
  target: Target,
): Instance | null {
  const [now, behind] = [clock.now(), clock.behind()];
  const calls = callsOf(db, attempt.id);
  const [began] = calls;
  const replicas = replicaFacts(db, target);
  const [before] = began === undefined ? [] : replicaFacts(db, { instances: [began.before] });
  const forTheSick = before?.state === 'sick';
  const mayBeCalled = whatWasApproved(db, attempt);
  const left = (before === undefined ? replicasToActOn(replicas) : replicas).filter(
    ({ id, state, startedAt, startedByUs }) => {
      if (calls.some((call) => call.instance_id === id) || state === 'at_rest') return false;
      if (!mayBeCalled({ id, startedAt })) return false;
      if (before === undefined || state === 'sick') return true;
      // Whoever replaced or restarted a well one since did what the attempt was for.
      return !forTheSick && (startedByUs || inLogTime(startedAt ?? 0, behind, now) <= attempt.reserved_at);
    },
  );
  const next = left.find((replica) => !isLastHealthy(replicas, replica));
  return target.instances.find((instance) => instance.id === next?.id) ?? null;
}

/** A person said yes to certain instances, each in the run it was in: that holds to the end of the roll (G13). */
function whatWasApproved(
  db: Db,
  { incident_id: incident, reason }: Attempt,
): (one: Pick<Instance, 'id' | 'startedAt'>) => boolean {
  if (reason !== 'approved') return () => true;
  const approval = lastApproval(db, incident);
  const instances = approval?.answer === 'approved' ? approval.instances : [];
  return ({ id, startedAt }) => instances.some((one) => one.id === id && one.startedAt === startedAt);
}

/**
 * Whether a roll may go on with the next instance (G13, G7): nobody paused, silenced, opted out or chose a stricter mode
 * since, the trouble is still there, what the target depends on is well, no storm began and the clock did not jump. What
 * the call on the first one changed itself is no reason.
 * @returns the target as it is now, or null where the rest is to be left alone
 */
export async function mayGoOn(deps: Deps, incident: Incident, attempt: Attempt): Promise<Target | null> {
  const outside = await askOutside(deps, incident);
  const { found, target } = outside;
  if (found === null || target.found !== 'one' || 'invalid' in target.optIn) return null;
  const now = deps.now();
  const facts = readFacts(deps, incident, outside, now);
  const { playbook, clockJump, storm } = facts;
  if (playbook === null || clockJump !== null || storm?.phase === 'held') return null;
  const stops = [
    ...skipGuards(facts, playbook.name),
    ...personGuards(facts),
    ...alertGuards(facts),
    ...dependencyGuards(facts, playbook.limits.settle, now),
  ];
  const mode = stricter(playbook.mode, target.optIn.mode ?? playbook.mode);
  const allowed = mode === 'act' || (mode === 'approve' && attempt.reason === 'approved');
  return stops.length > 0 || !allowed ? null : found;
}
