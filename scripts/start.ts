import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { endWithParent } from './stack/parent.ts';
import { repository } from './stack/places.ts';
import { type Stack, startStack } from './stack.ts';

const help = `Starts the reference stack and stays up until Ctrl-C.

  --free-ports     on ports that nobody uses, instead of 8000, 8010, 5000, 9090 and 9093
  --factor N       what the durations of rules, scrapes and routes are divided by (5; 1 leaves them)
  --folder PATH    where the run keeps its files (.run/start)
  --no-bot         without the alert bot
`;

const { values } = parseArgs({
  options: {
    'free-ports': { type: 'boolean', default: false },
    factor: { type: 'string', default: '5' },
    folder: { type: 'string', default: join(repository, '.run/start') },
    'no-bot': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(help);
else await run();

async function run(): Promise<void> {
  const ended = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve(signal));
    }
    endWithParent(() => resolve('npm has ended'));
  });
  let stack: Stack | undefined;
  try {
    const starting = startStack({
      folder: values.folder,
      ports: values['free-ports'] ? 'free' : 'known',
      factor: z.coerce.number().positive().parse(values.factor),
      without: values['no-bot'] ? ['bot'] : [],
      onUnexpectedExit: (message) => process.stderr.write(`${message}\n`),
    });
    // Ctrl-C while it still starts: what runs by then is tied to our life and ends with us.
    const first = await Promise.race([starting, ended]);
    if (typeof first === 'string') {
      process.exitCode = 130;
      process.exit();
    }
    stack = first;
    process.stdout.write(welcome(stack));
    process.stdout.write(`Ending everything (${await ended}).\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
  await stack?.stop();
  // A client's open connection or a watcher of ours must not hold what has ended.
  process.exit();
}

function welcome({ addresses, tokens, places, replacements, resendDelay }: Stack): string {
  const durations = replacements.filter(({ kind }) => kind === 'duration');
  const pairs = [...new Set(durations.map(({ from, to }) => `${from} -> ${to}`))];
  return `
API            ${addresses.api}
payments       ${addresses.payments}
alert bot      ${addresses.bot}
Prometheus     ${addresses.prometheus}/alerts
Alertmanager   ${addresses.alertmanager}

Tokens         webhook  $(cat ${tokens.webhook})
               admin    $(cat ${tokens.admin})
               faults   $(cat ${tokens.faults})
Logs           ${places.logs}

The files of Prometheus and Alertmanager are the shipped ones with other addresses and paths (${places.rendered};
\`npm run render\` prints each replacement) and these shorter durations, in ${durations.length} places:
               ${pairs.join(', ') || 'none'}
               and Prometheus' flag --rules.alert.resend-delay: ${resendDelay} instead of 1m
The bot's own durations are shortened by deploy/bare/overrides.yml; its log names each.

Ctrl-C ends everything.
`;
}
