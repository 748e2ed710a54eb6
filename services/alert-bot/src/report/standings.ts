import { mayBeActedOn } from '../decision/fleet.ts';
import { type Standing, standingOf } from '../decision/standing.ts';
import type { Deps } from '../deps.ts';
import type { Millis } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';
import type { Target } from '../domain/target.ts';

/** A report neither fails nor waits for long because the platform is away. */
const LIST_WITHIN: Millis = 2_000;

/** How every target that may be acted on stands; null where the platform does not say in time which those are. */
export async function standingsNow(
  deps: Pick<Deps, 'db' | 'playbooks' | 'now' | 'sleep' | 'breathe'> & {
    platform: Pick<Deps['platform'], 'list' | 'targetId'>;
  },
): Promise<Standing[] | null> {
  const enough = new AbortController();
  const late = deps.sleep(LIST_WITHIN, enough.signal).then(
    () => null,
    () => null,
  );
  const listed = await Promise.race([list(deps), late]).finally(() => enough.abort());
  if (listed === null) return null;
  const standings: Standing[] = [];
  for (const target of listed.filter(mayBeActedOn)) {
    await deps.breathe();
    standings.push(standingOf(deps, target, deps.now()));
  }
  return standings;
}

async function list({
  platform,
}: {
  platform: Pick<Deps['platform'], 'list'>;
}): Promise<readonly Target[] | null> {
  try {
    return await platform.list();
  } catch (error) {
    if (error instanceof PlatformError) return null;
    throw error;
  }
}
