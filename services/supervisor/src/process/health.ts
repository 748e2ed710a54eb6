import type { HealthCheck } from '../config/definition.ts';

export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';
export type ProbeResult = { at: string; ok: boolean; output: string };
export type HealthState = {
  status: Exclude<Health, 'none'>;
  failuresInARow: number;
  log: readonly ProbeResult[];
};

export const FIRST_HEALTH: HealthState = { status: 'starting', failuresInARow: 0, log: [] };
const LOG_LENGTH = 5;

/**
 * Docker's rule: one success is healthy; `retries` failures in a row are unhealthy; while it has never been
 * healthy, failures within the start period are logged but do not count.
 */
export function afterProbe(
  state: HealthState,
  result: ProbeResult,
  { retries, startPeriodMs }: Pick<HealthCheck, 'retries' | 'startPeriodMs'>,
  ageMs: number,
): HealthState {
  const log = [...state.log, result].slice(-LOG_LENGTH);
  if (result.ok) return { status: 'healthy', failuresInARow: 0, log };
  if (state.status === 'starting' && ageMs < startPeriodMs) return { ...state, log };
  const failuresInARow = state.failuresInARow + 1;
  return { status: failuresInARow >= retries ? 'unhealthy' : state.status, failuresInARow, log };
}
