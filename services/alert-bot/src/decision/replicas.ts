import type { ReplicaFact } from '../domain/facts.ts';
import type { Instance, Target } from '../domain/target.ts';
import { endedByUs, startedByUs } from '../store/attempts.ts';
import type { Db } from '../store/db.ts';

/** The instances of a target, each with how it does and whose doing its run is. */
export const replicaFacts = (db: Db, target: Pick<Target, 'instances'> | null): ReplicaFact[] =>
  (target?.instances ?? []).map((instance) => ({
    id: instance.id,
    name: instance.name,
    state: stateOf(db, instance),
    startedAt: instance.startedAt,
    createdAt: instance.createdAt,
    startedByUs: startedByUs(db, instance),
  }));

function stateOf(db: Db, instance: Instance): ReplicaFact['state'] {
  // What our own call left stopped is not somebody's wish.
  if (instance.atRest !== null && !endedByUs(db, instance)) return 'at_rest';
  if (!instance.running || instance.health === 'unhealthy') return 'sick';
  return instance.health === 'starting' ? 'starting' : 'healthy';
}
