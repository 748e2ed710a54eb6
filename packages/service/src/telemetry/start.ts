import type { Environment } from '../config.ts';
import { checkTelemetrySettings, telemetryIsWanted } from './settings.ts';

export interface Telemetry {
  /** Sends what is queued, for at most this long. Afterwards nothing is sent any more. */
  stop(withinMs: number): Promise<void>;
}

/**
 * Starts traces and OTLP logs where they are configured; elsewhere the SDK, which costs 50 MB and up to a second, is not
 * even imported. Must be done before the modules that it instruments (pino, pg) are imported. Throws a ConfigError.
 */
export async function startTelemetry(
  name: string,
  env: Environment,
  namespace: string | null = 'shop',
): Promise<Telemetry> {
  if (!telemetryIsWanted(env)) return { stop: async () => undefined };
  checkTelemetrySettings(name, env);
  // In this order: only what is imported after the hooks is instrumented.
  const { register } = await import('import-in-the-middle/register-hooks.mjs');
  register({ include: ['pino', 'pg', 'pg-pool'] });
  const { startSdk } = await import('./sdk.ts');
  return startSdk(name, namespace);
}
