import type { ReplicaFact } from '../domain/facts.ts';
import { type Blocked, block, defer } from './block.ts';

type Replica = Pick<ReplicaFact, 'id' | 'name' | 'state'>;

/**
 * Which instances of a target an attempt is for: the sick ones where others are well, else all that somebody
 * does not want stopped.
 */
export function replicasToActOn<T extends Replica>(replicas: readonly T[]): readonly T[] {
  const wanted = replicas.filter((replica) => replica.state !== 'at_rest');
  const sick = wanted.filter((replica) => replica.state === 'sick');
  return sick.length > 0 && sick.length < wanted.length ? sick : wanted;
}

/** Never the last healthy replica of several (G5). */
export function replicaGuards(replicas: readonly Replica[]): Blocked[] {
  if (replicas.length < 2) return [];
  const healthy = replicas.filter((replica) => replica.state === 'healthy');
  const [last] = healthy;
  if (last === undefined || healthy.length > 1 || !replicasToActOn(replicas).includes(last)) return [];
  const because = `${last.name} is the only healthy one of ${replicas.length}`;
  return [block('replicas', defer('last_healthy_replica', null), because)];
}
