import { createLogger } from '@shop/service/logger';
import { createTraffic } from './app.ts';
import { help, readSettings } from './options/read.ts';
import { jsonReporter, textReporter } from './results/reporter.ts';

/** Simulates users as the command line says, until they are done or a signal ends it. @returns the exit code */
export async function run(): Promise<number> {
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

  const { unanswered } = await traffic.run();
  if (!unanswered) return 0;
  process.stderr.write(
    `traffic: ${url} has never answered. Start the api (npm start, or docker compose up), or give its address with --url.\n`,
  );
  return 1;
}
