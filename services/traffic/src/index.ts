import { ConfigError } from '@shop/service/config';
import { ListenError } from '@shop/service/listener';
import { startTelemetry } from '@shop/service/telemetry/start';

async function start(): Promise<number> {
  const telemetry = await startTelemetry('traffic', process.env);
  // Only now: what is imported before the telemetry is there is not instrumented.
  const { run } = await import('./run.ts');
  try {
    return await run();
  } finally {
    await telemetry.stop(1_500);
  }
}

/** Exit codes: 0 ended, 1 the api never answered or the port is taken, 2 an option cannot be used, 130 asked twice. */
start().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const known = error instanceof ConfigError || error instanceof ListenError;
    const said = known ? error.message : String(error instanceof Error ? error.stack : error);
    process.stderr.write(`traffic: ${said}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  },
);
