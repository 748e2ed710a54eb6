import { setTimeout as delay } from 'node:timers/promises';
import type { Millis } from '../domain/duration.ts';
import { type Platform, PlatformError } from '../domain/platform.ts';
import { createSupervisor } from './supervisor.ts';

/** Which platform, as the configuration says it. */
export type PlatformConfig =
  | { kind: 'supervisor'; socket: string }
  | {
      kind: 'docker';
      url: string;
      /** Set only for a bot outside of containers: the Compose project it heals. */
      hostProject: string | null;
    };

/**
 * Opens the configured platform. Adapters are loaded when used: Docker's client costs start-up time and memory
 * that the supervisor needs not.
 * @param patience how long an engine that does not answer is asked again
 * @throws Error where it never answers
 */
export async function openPlatform(
  platform: PlatformConfig,
  { patience, warn }: { patience: Millis; warn(text: string): void },
): Promise<Platform> {
  if (platform.kind === 'supervisor') return createSupervisor(platform.socket);
  const { url, hostProject } = platform;
  const { createDocker, findSelf } = await import('./docker/docker.ts');
  // Outside of containers the bot is no container of the engine, and has to be told so: it is never guessed.
  if (hostProject !== null) return createDocker({ url, self: { kind: 'host', project: hostProject } });
  const self = await patiently(() => findSelf(url), patience);
  if (self.kind === 'unknown') warn(`the bot cannot tell who it is and acts on nothing: ${self.why}`);
  return createDocker({ url, self });
}

async function patiently<T>(ask: () => Promise<T>, patience: Millis): Promise<T> {
  const giveUpAt = performance.now() + patience;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      if (performance.now() >= giveUpAt) throw new Error(`${error.message} (ALERT_BOT_DOCKER_URL)`);
      await delay(1_000);
    }
  }
}
