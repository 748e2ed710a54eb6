import { ConfigError } from '@shop/service/config';
import { ListenError } from '@shop/service/listener';
import { createLogger } from '@shop/service/logger';
import { createTraffic } from './app.ts';
import { help, readSettings } from './options/read.ts';
import { jsonReporter, textReporter } from './results/reporter.ts';

async function run(): Promise<number> {
  const settings = readSettings(process.argv.slice(2), process.env);
  if (settings === 'help') {
    process.stdout.write(help);
    return 0;
  }
  const { output, logLevel, url } = settings;
  const inText = output === 'text' || (output === 'auto' && process.stdout.isTTY);
  const reporter = inText
    ? textReporter(settings, process.stdout)
    : jsonReporter(settings, createLogger('traffic', logLevel));
  const traffic = createTraffic(settings, { reporter });

  let asked = false;
  const stop = () => {
    // Who asks twice does not want to wait.
    if (asked) process.exit(130);
    asked = true;
    traffic.stop();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);

  const { answered } = await traffic.run();
  if (answered) return 0;
  process.stderr.write(
    `traffic: ${url} has never answered. Start the api (npm start, or docker compose up), or give its address with --url.\n`,
  );
  return 1;
}

/** Exit codes: 0 ended, 1 the api never answered or the port is taken, 2 an option cannot be used, 130 asked twice. */
run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const known = error instanceof ConfigError || error instanceof ListenError;
    const said = known ? error.message : String(error instanceof Error ? error.stack : error);
    process.stderr.write(`traffic: ${said}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  },
);
