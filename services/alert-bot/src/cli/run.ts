import { ConfigError, EXIT_CONFIGURATION } from '../config/config-error.ts';
import { didYouMean } from '../config/nearest.ts';
import type { Command } from './command.ts';
import { Failure, misuse } from './failure.ts';
import { plain } from './lines.ts';

/** A command is loaded when it is asked for: together they would load what each needs alone. */
const COMMANDS: Readonly<Record<string, { summary: string; load(): Promise<Command> }>> = {
  serve: {
    summary: 'run the bot until SIGTERM or Ctrl-C',
    load: async () => (await import('./serve.ts')).serve,
  },
  check: {
    summary: 'check a playbook file',
    load: async () => (await import('./check.ts')).check,
  },
  doctor: {
    summary: 'look at everything the bot needs, and say what to mend',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  send: {
    summary: 'send a test alert, as a webhook would',
    load: async () => (await import('./send.ts')).send,
  },
  pause: {
    summary: 'stop acting until resumed, or for a while',
    load: async () => (await import('./orders.ts')).pause,
  },
  resume: {
    summary: 'act again after a pause',
    load: async () => (await import('./orders.ts')).resume,
  },
  release: {
    summary: 'release a storm before it is calm',
    load: async () => (await import('./release.ts')).release,
  },
  reset: {
    summary: 'end the quarantine of a target and forget its attempts',
    load: async () => (await import('./orders.ts')).reset,
  },
  backup: {
    summary: 'copy the incident log into a file, also while the bot runs',
    load: async () => (await import('./backup.ts')).backup,
  },
  restore: {
    summary: 'put such a copy in the place of the incident log',
    load: async () => (await import('./restore.ts')).restore,
  },
  status: {
    summary: 'say how the whole stands now',
    load: async () => (await import('./status.ts')).status,
  },
  incidents: {
    summary: 'list incidents, tell the story of one, or follow what happens',
    load: async () => (await import('./incidents.ts')).incidents,
  },
  acknowledge: {
    summary: 'end the page of an incident: somebody looks after it',
    load: async () => (await import('./acknowledge.ts')).acknowledge,
  },
  note: {
    summary: 'add what you have to say to the timeline of an incident',
    load: async () => (await import('./note.ts')).note,
  },
  targets: {
    summary: 'list what may be acted on, its budgets and quarantines',
    load: async () => (await import('./targets.ts')).targets,
  },
  playbooks: {
    summary: 'list what is done about which alerts, and how it fared',
    load: async () => (await import('./playbooks.ts')).playbooks,
  },
  approve: {
    summary: 'allow what the bot asks (mode approve)',
    load: async () => (await import('./approve.ts')).approve,
  },
  reject: {
    summary: 'refuse what the bot asks, and take it over',
    load: async () => (await import('./reject.ts')).reject,
  },
  simulate: {
    summary: 'say what would be decided about an alert, without acting',
    load: async () => (await import('./simulate.ts')).simulate,
  },
  report: {
    summary: 'tell what was healed, comes back, waits, was left alone',
    load: async () => (await import('./report.ts')).report,
  },
  replay: {
    summary: 'say what another playbook file would have made of the past',
    load: async () => (await import('./replay.ts')).replay,
  },
  audit: {
    summary: 'list what people did, and why',
    load: async () => (await import('./audit.ts')).audit,
  },
  token: {
    summary: 'print the webhook or the admin token',
    load: async () => (await import('./token.ts')).token,
  },
};

/** Every command that there is. */
export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/**
 * Runs one command.
 * @returns the exit code: 0 done, 1 failed, 2 the command line or the configuration is wrong
 */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const around = {
    env,
    print: (text: string) => void process.stdout.write(`${forTerminal(text)}\n`),
    note: (text: string) => void process.stderr.write(`${forTerminal(text)}\n`),
  };
  // `alert-bot check | head` closes the pipe early; that is no failure of ours.
  process.stdout.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error;
  });
  try {
    const [name, ...rest] = args;
    if (name === undefined) throw misuse(`Which command? Here they are.\n\n${overview()}`);
    if (['help', '--help', '-h'].includes(name)) return await help(rest[0], around.print);
    if (rest.some((argument) => argument === '--help' || argument === '-h'))
      return await help(name, around.print);
    const command = await commandOf(name);
    return await command.run(rest, around);
  } catch (error) {
    return explain(error);
  }
}

/** @throws Failure with the name that comes nearest, where there is no such command */
export function commandOf(name: string): Promise<Command> {
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (found === undefined)
    throw misuse(`There is no command ${name}: ${didYouMean(name, Object.keys(COMMANDS))}`);
  return found.load();
}

async function help(name: string | undefined, print: (line: string) => void): Promise<number> {
  print(name === undefined ? overview() : withExitCodes((await commandOf(name)).help));
  return 0;
}

/** Those of every command, where it has none of its own to tell. */
const withExitCodes = (text: string): string =>
  text.includes('Exit code:')
    ? text
    : `${text}\n\nExit code: 0 done, 1 refused or failed, 2 the command line is wrong.`;

function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(13)}${summary}`);
  return [
    'Usage: alert-bot <command> [options]',
    '',
    ...lines,
    '',
    'alert-bot <command> --help says more.',
  ].join('\n');
}

/** Every failure is told in sentences, never as a stack: it is read by somebody who did not write this. */
function explain(error: unknown): number {
  const lines = error instanceof ConfigError ? error.problems : [messageOf(error)];
  for (const line of lines) process.stderr.write(`alert-bot: ${forTerminal(line)}\n`);
  if (error instanceof ConfigError) return EXIT_CONFIGURATION;
  return error instanceof Failure ? error.exitCode : 1;
}

/** Whatever a command prints may quote a file, an alert or an answer: of its signs only line breaks work. */
const forTerminal = (text: string): string => text.split('\n').map(plain).join('\n');

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
