import type { Logger } from 'pino';
import { ConfigError } from './config.ts';
import { ListenError } from './listener.ts';
import { startTelemetry } from './telemetry/start.ts';

export interface Service {
  log: Logger;
  start(): Promise<unknown>;
  stop(): Promise<void>;
}

/** In which the process must be gone after SIGTERM; what still has to be sent gets the rest of it. */
const stopMs = 1_600;

/**
 * Runs a service as a process until a signal ends it. `create` imports the service: telemetry is there first. Exit codes:
 * 0 stopped when asked to, 1 could not serve, 2 the environment cannot be used, 70 a crash.
 */
export function runService(name: string, create: () => Promise<Service>): void {
  serve(name, create).catch((error: unknown) => {
    const known = error instanceof ConfigError || error instanceof ListenError;
    const said = known ? error.message : String(error instanceof Error ? error.stack : error);
    process.stderr.write(`${name}: ${said}\n`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  });
}

async function serve(name: string, create: () => Promise<Service>): Promise<void> {
  const telemetry = await startTelemetry(name, process.env);
  const app = await create();

  process.on('uncaughtException', (error) => {
    app.log.fatal({ err: error }, 'uncaught exception');
    process.exit(70);
  });

  const stop = async () => {
    const started = performance.now();
    await app.stop();
    await telemetry.stop(Math.max(50, stopMs - (performance.now() - started)));
    // Whatever is still open now (a query nobody waits for) must not hold the process.
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());

  try {
    await app.start();
  } catch (error) {
    await app.stop();
    await telemetry.stop(stopMs);
    throw error;
  }
}
