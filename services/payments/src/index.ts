import { createApp } from './app.ts';
import { ConfigError, readConfig } from './config.ts';
import { ListenError } from './listener.ts';

/** Exit codes: 0 stopped when asked to, 1 could not serve, 2 the environment cannot be used, 70 a crash. */
async function run(): Promise<void> {
  const app = createApp(readConfig(process.env));

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

run().catch((error: unknown) => {
  const known = error instanceof ConfigError || error instanceof ListenError;
  process.stderr.write(
    `payments: ${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = error instanceof ConfigError ? 2 : 1;
});
