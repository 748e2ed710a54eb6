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

/** Whether an instance is the only healthy one of several; one that somebody stopped or that comes up is no other. */
export const isLastHealthy = (replicas: readonly Replica[], one: Pick<Replica, 'id'>): boolean =>
  replicas.length > 1 &&
  replicas.every((replica) => (replica.id === one.id) === (replica.state === 'healthy'));

/** Never the last healthy replica of several (G5). */
export function replicaGuards(replicas: readonly Replica[]): Blocked[] {
  const last = replicasToActOn(replicas).find((replica) => isLastHealthy(replicas, replica));
  if (last === undefined) return [];
  const because = `${last.name} is the only healthy one of ${replicas.length}`;
  return [block('replicas', defer('last_healthy_replica', null), because)];
}
