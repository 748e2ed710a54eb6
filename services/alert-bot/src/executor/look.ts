import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';
import type { Instance } from '../domain/target.ts';
import type { Attempt } from '../store/attempts.ts';

/** How often an instance is looked at until it is back, or another one is in its place. */
export const LOOK_EVERY: Millis = 500;

/** The instance as the platform sees it now; null where it is gone. Errors of the platform pass through. */
export async function instanceNow(deps: Deps, attempt: Attempt, id: string): Promise<Instance | null> {
  const all = await instancesNow(deps, attempt);
  return all.find((instance) => instance.id === id) ?? null;
}

/** Every instance of the target now; none where it is gone. Errors of the platform pass through. */
export async function instancesNow(deps: Deps, attempt: Attempt): Promise<readonly Instance[]> {
  try {
    return (await deps.platform.inspect(attempt.target_id)).instances;
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'not_found') return [];
    throw error;
  }
}

/** A platform that is away says nothing: neither that an instance is back nor that it is gone. */
export function unknownIfAway(error: unknown): 'unknown' {
  if (error instanceof PlatformError) return 'unknown';
  throw error;
}
