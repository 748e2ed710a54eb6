import { ConfigError, EXIT_CONFIGURATION } from '../config/config-error.ts';
import { didYouMean } from '../config/nearest.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { Failure, misuse } from './failure.ts';
import { pause, reset, resume } from './orders.ts';
import { send } from './send.ts';
import { serve } from './serve.ts';
import { token } from './token.ts';

const COMMANDS: readonly Command[] = [serve, check, send, pause, resume, reset, token];

/**
 * Runs one command.
 * @returns the exit code: 0 done, 1 failed, 2 the command line or the configuration is wrong
 */
export async function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const around = { env, print: (line: string) => void process.stdout.write(`${line}\n`) };
  // `alert-bot check | head` closes the pipe early; that is no failure of ours.
  process.stdout.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error;
  });
  try {
    const [name, ...rest] = args;
    if (name === undefined) throw misuse(`Which command? Here they are.\n\n${overview()}`);
    if (['help', '--help', '-h'].includes(name)) return help(rest[0], around.print);
    const command = find(name);
    if (rest.some((argument) => argument === '--help' || argument === '-h'))
      return help(command.name, around.print);
    return await command.run(rest, around);
  } catch (error) {
    return explain(error);
  }
}

function find(name: string): Command {
  const command = COMMANDS.find((one) => one.name === name);
  if (command !== undefined) return command;
  const names = COMMANDS.map((one) => one.name);
  throw misuse(`There is no command ${name}: ${didYouMean(name, names)}`);
}

function help(name: string | undefined, print: (line: string) => void): number {
  print(name === undefined ? overview() : find(name).help);
  return 0;
}

function overview(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)}${summary}`);
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
  for (const line of lines) process.stderr.write(`alert-bot: ${line}\n`);
  if (error instanceof ConfigError) return EXIT_CONFIGURATION;
  return error instanceof Failure ? error.exitCode : 1;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
