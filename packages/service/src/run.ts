import type { Logger } from 'pino';
import { ConfigError } from './config.ts';
import { ListenError } from './listener.ts';

export interface Service {
  log: Logger;
  start(): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Runs a service as a process until a signal ends it. Exit codes: 0 stopped when asked to, 1 could not serve, 2 the
 * environment cannot be used, 70 a crash.
 */
export function runService(name: string, create: () => Service): void {
  serve(create).catch((error: unknown) => {
    const known = error instanceof ConfigError || error instanceof ListenError;
    const said = known ? error.message : String(error instanceof Error ? error.stack : error);
    process.stderr.write(`${name}: ${said}\n`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  });
}

async function serve(create: () => Service): Promise<void> {
  const app = create();

  process.on('uncaughtException', (error) => {
    app.log.fatal({ err: error }, 'uncaught exception');
    process.exit(70);
  });

  const stop = async () => {
    await app.stop();
    // Whatever is still open now (a query nobody waits for) must not hold the process.
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());

  try {
    await app.start();
  } catch (error) {
    await app.stop();
    throw error;
  }
}
