import type { Millis } from '../../domain/duration.ts';
import { type Platform, PlatformError, type Verb } from '../../domain/platform.ts';
import type { Target, TargetId } from '../../domain/target.ts';
import { parseAddress } from './address.ts';
import { createEngine } from './engine.ts';
import { statusOf } from './failure.ts';
import { composeOf, isOneOff, replicaOf, targetIdFor, targetIdOf } from './identity.ts';
import { protection } from './protection.ts';
import type { Self } from './self.ts';
import type { Listed } from './shapes.ts';
import { type Seen, toInstance, toTarget } from './view.ts';

export { findSelf, type Self } from './self.ts';

export interface DockerPlatformOptions {
  /** `http://socket-proxy:2375` or `unix:///var/run/docker.sock`. */
  url: string;
  /** Who the bot is: `await findSelf(url)`, or `{ kind: 'host', project }` for one outside of containers. */
  self: Self;
  /** How long an answer to a question may take; an action brings its own limit. */
  atMost?: Millis;
}

const AT_MOST: Millis = 5_000;
/** Containers inspected at once; a host may have hundreds. */
const AT_ONCE = 16;

/**
 * The containers of an engine. Compose's services are targets, scaled ones of several instances; containers outside
 * of Compose are targets of their own.
 * @throws Error where the address is none
 */
export function createDocker(options: DockerPlatformOptions): Platform {
  const { self, atMost = AT_MOST } = options;
  const engine = createEngine(options.url);
  const { socketPath, host: proxyHost } = parseAddress(options.url);
  const ownProject = self.kind === 'unknown' ? null : self.project;
  const targetId = (service: string): TargetId => targetIdFor(service, ownProject);

  /** Targets as they are now, protected or not; always of a whole list, since protection follows dependencies. */
  async function look(wanted: (container: Listed) => boolean): Promise<readonly Target[]> {
    const left = countdown(atMost);
    const listed = await engine.list(left());
    const because = protection(await withImageNames(listed, left), { self, socketPath, proxyHost });
    const members = listed.filter((container) => !isOneOff(container) && wanted(container));
    const seen = await inspectAll(members, left);
    const targets = Map.groupBy(seen, ({ listed }) => targetIdOf(listed));
    return [...targets].flatMap(([id, all]) => {
      const [first, ...others] = all.sort((a, b) => replicaOf(a.listed) - replicaOf(b.listed));
      const why = all.map(({ listed }) => because.get(listed.Id)).find((reason) => reason !== undefined);
      return first === undefined ? [] : [toTarget(id, [first, ...others], why ?? null)];
    });
  }

  /** A bot without a project of its own to look in finds the service in any, to say why it is not touched. */
  function isNamesake(container: Listed, service: string): boolean {
    return self.kind === 'unknown' && composeOf(container)?.service === service;
  }

  /** A container that went away since it was listed is left out. */
  async function inspectAll(containers: readonly Listed[], left: () => Millis): Promise<readonly Seen[]> {
    const seen: Seen[] = [];
    for (let from = 0; from < containers.length; from += AT_ONCE) {
      const some = containers.slice(from, from + AT_ONCE).map(async (listed) => {
        try {
          return [{ listed, inspected: await engine.inspect(listed.Id, left()) }];
        } catch (error) {
          if (error instanceof PlatformError && error.code === 'not_found') return [];
          throw error;
        }
      });
      seen.push(...(await Promise.all(some)).flat());
    }
    return seen;
  }

  /** An image whose tag has moved on is listed by its id; the name it was started by must still protect it. */
  async function withImageNames(listed: readonly Listed[], left: () => Millis): Promise<readonly Listed[]> {
    const nameless = listed.filter(({ Image }) => /^(?:sha256:)?[0-9a-f]{12,64}$/.test(Image));
    const names = new Map(
      (await inspectAll(nameless, left)).map(({ inspected }) => [inspected.Id, inspected.Config.Image]),
    );
    return listed.map((container) => ({ ...container, Image: names.get(container.Id) ?? container.Image }));
  }

  return {
    name: 'docker',
    targetId,
    list: () => look(() => true),
    find: (service) =>
      look((container) => targetIdOf(container) === targetId(service) || isNamesake(container, service)),

    async inspect(id) {
      const [target] = await look((container) => targetIdOf(container) === id);
      if (target !== undefined) return target;
      throw new PlatformError(
        'not_found',
        `${engine.who} has no container of ${id}; look with: docker ps --all, and at the labels com.docker.compose.*`,
      );
    },

    async act(verb: Verb, instanceId: string, grace: Millis, limit: Millis) {
      try {
        await engine.act(verb, instanceId, grace, limit);
      } catch (error) {
        throw (await isStopped(error, instanceId))
          ? new PlatformError('start_failed', messageOf(error), { cause: error })
          : error;
      }
    },

    async logs(instanceId, lines) {
      const left = countdown(atMost);
      // A terminal's output comes without the frames that tell the two streams apart.
      const { Config } = await engine.inspect(instanceId, left());
      return engine.logs(instanceId, lines, Config.Tty, left());
    },
  };

  /** The engine answers 500 whether it failed to stop or to start: only a look at the container tells. */
  async function isStopped(error: unknown, instanceId: string): Promise<boolean> {
    if (!(error instanceof PlatformError) || statusOf(error.cause) !== 500) return false;
    try {
      return !toInstance(await engine.inspect(instanceId, atMost)).running;
    } catch {
      // Not known: the call stays in doubt.
      return false;
    }
  }
}

/** @returns how much is left of a length of time, from now on */
function countdown(length: Millis): () => Millis {
  const until = performance.now() + length;
  return () => Math.max(1, until - performance.now());
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
