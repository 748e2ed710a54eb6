import { setTimeout as delay } from 'node:timers/promises';
import type { HealthCheck } from '../config/definition.ts';
import { afterProbe, FIRST_HEALTH, type HealthState } from './health.ts';
import { probe } from './probe.ts';
import type { SpawnPlan } from './spawn.ts';

/**
 * Probes one life of a process until `signal` aborts, the first time one interval after its start, as Docker
 * does, and calls `onState` after each probe. The result of a probe the abort overtook is dropped.
 */
export async function watchHealth(
  check: HealthCheck,
  place: Omit<SpawnPlan, 'command'>,
  signal: AbortSignal,
  onState: (state: HealthState) => void,
): Promise<void> {
  const startedAt = performance.now();
  let state = FIRST_HEALTH;
  while (!signal.aborted) {
    // An abort cuts the pause short by rejecting it.
    await delay(check.intervalMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const at = new Date().toISOString();
    const ageMs = performance.now() - startedAt;
    const result = await probe(check, place);
    if (signal.aborted) return;
    state = afterProbe(state, { at, ...result }, check, ageMs);
    onState(state);
  }
}
