import { mayBeActedOn } from '../decision/fleet.ts';
import type { Instant, Millis } from '../domain/duration.ts';
import { type Platform, PlatformError, type Verb } from '../domain/platform.ts';
import type { Target, TargetId } from '../domain/target.ts';
import { type Away, codeOf } from './shapes.ts';
import type { VirtualTime } from './time.ts';
import type { World } from './world.ts';

/** A call that is made under the other file. */
export interface MadeCall {
  at: Instant;
  instance: string;
  /** Whether the past made it too, so that what it led to is known. */
  isKnown: boolean;
}

export interface ReplayPlatform extends Platform {
  made: readonly MadeCall[];
  /** Services that an alert was to be acted on for, and that the record does not know. */
  unknown: ReadonlySet<string>;
}

/** A fleet that was larger than what was kept of it is filled up with so many that nothing happens to. */
const FILLER = 'not recorded ';

/** The platform as it was recorded; what is done to it now is answered as it was then, or is assumed to work. */
export function createReplayPlatform(world: World, time: VirtualTime): ReplayPlatform {
  const made: MadeCall[] = [];
  const unknown = new Set<string>();
  const prefix = usualPrefix(world.knownTargets);
  let list: { version: number; targets: readonly Target[] } | null = null;

  const targetId = (service: string): TargetId => `${prefix}${service}`;

  function find(service: string): readonly Target[] {
    const found = world.services.get(service);
    if (found !== undefined && 'error' in found) throw errorOf(found);
    if (found !== undefined) return found.flatMap((id) => known(id));
    const named = [...world.targets.keys()].filter((id) => world.knownTargets.get(id) === service);
    if (named.length > 0) return named.flatMap((id) => known(id));
    // Every target is in the record where any list is.
    if (world.fleet() !== null) return [];
    unknown.add(service);
    throw new PlatformError('unavailable', `the record does not say whether there is a service "${service}"`);
  }

  /** A target, none where it is not there. */
  function known(id: TargetId): Target[] {
    const target = world.targets.get(id);
    if (target === undefined) return [];
    if (!('error' in target)) return [world.calls.show(target, time.now())];
    if (target.code === 'not_found') return [];
    throw errorOf(target);
  }

  function inspect(id: TargetId): Target {
    const target = world.targets.get(id);
    if (target === undefined) throw new PlatformError('not_found', `there is no ${id} in the record`);
    if ('error' in target) throw errorOf(target);
    return world.calls.show(target, time.now());
  }

  function all(): readonly Target[] {
    const fleet = world.fleet();
    if (fleet !== null && typeof fleet !== 'number') throw errorOf(fleet);
    const version = world.version(time.now());
    if (list?.version === version) return list.targets;
    const targets = [...world.targets.values()].flatMap((target) =>
      'error' in target ? [] : [world.calls.show(target, time.now())],
    );
    const missing = (fleet ?? 0) - targets.filter(mayBeActedOn).length;
    for (let i = 0; i < missing; i++) targets.push(filler(i));
    list = { version, targets };
    return targets;
  }

  async function act(verb: Verb, instance: string): Promise<void> {
    const at = time.now();
    const call = world.calls.take(verb, instance, at);
    made.push({ at, instance, isKnown: call !== null });
    const takes = call === null ? world.calls.takes(instance) : untilEnd(call, at);
    await time.sleep(takes);
    if (call === null) world.calls.started(instance, time.now());
    else if (call.code !== undefined) throw new PlatformError(codeOf(call.code), call.error ?? call.code);
  }

  const answer = async <T>(read: () => T): Promise<T> => read();
  return {
    name: 'replay',
    targetId,
    find: (service) => answer(() => find(service)),
    list: () => answer(all),
    inspect: (id) => answer(() => inspect(id)),
    act,
    logs: () => Promise.resolve(''),
    made,
    unknown,
  };
}

/** It ends when it ended then, so that what follows sees what was seen then. */
const untilEnd = ({ from, to }: { from: Instant; to: Instant }, at: Instant): Millis =>
  Math.max(from, at) + (to - from) - at;

const errorOf = ({ error, code }: Away): PlatformError => new PlatformError(codeOf(code), error);

const filler = (i: number): Target => ({
  id: `${FILLER}${i}`,
  service: `${FILLER}${i}`,
  labels: { 'alert-bot.enable': 'true' },
  instances: [],
  dependsOn: [],
  protectedBecause: null,
});

/** What stands before the name of a service in most ids; where nothing was seen, what the supervisor's have. */
function usualPrefix(targets: ReadonlyMap<TargetId, string>): string {
  const counts = new Map<string, number>();
  for (const [id, service] of targets) {
    if (!id.endsWith(service)) continue;
    const prefix = id.slice(0, id.length - service.length);
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return most?.[0] ?? 'supervisor:';
}
