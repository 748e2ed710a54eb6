import { createAdaptorServer } from '@hono/node-server';
import { prepareDataDir } from './config/data-dir.ts';
import { ConfigError } from './config/problem.ts';
import { loadProcesses } from './config/processes-file.ts';
import { readSettings } from './config/settings.ts';
import { createApp } from './http/app.ts';
import { listenOnSocket } from './http/socket.ts';
import { createLogger } from './logger.ts';
import { Supervisor } from './supervisor.ts';

const LAST_RESORT_MS = 5000;

try {
  await run();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function run(): Promise<void> {
  const settings = readSettings(process.env);
  const definitions = loadProcesses(settings.processesFile, process.env);
  prepareDataDir(settings.dataDir);
  const logger = createLogger(settings.logLevel);
  const supervisor = new Supervisor(definitions, settings.dataDir, logger);
  const server = createAdaptorServer({ fetch: createApp(supervisor, logger).fetch });

  // Before anything is started: a second supervisor must not start everything a second time.
  await listenOnSocket(server, settings.socket);
  logger.info({ ...settings, processes: definitions.map(({ name }) => name) }, 'listening');

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    logger.info({ signal, again: stopping }, 'stopping');
    if (stopping) {
      void supervisor.kill();
      return;
    }
    stopping = true;
    // The socket answers until the end, so that one can see what a slow process is doing.
    void supervisor.shutdown().finally(() => {
      server.close();
      // Only what could not even be killed keeps us here; its lifeline goes on trying.
      setTimeout(() => process.exit(1), LAST_RESORT_MS).unref();
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  await supervisor.start();
}
