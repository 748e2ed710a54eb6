import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { didYouMean } from '../config/nearest.ts';
import { misuse } from './failure.ts';

/** What a command may use of the world around it. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  /** One line on stdout. */
  print(line: string): void;
  /** One line on stderr: what a program that reads stdout is not to be handed. */
  note(line: string): void;
}

export interface Command {
  /** What `--help` prints. */
  help: string;
  /** @returns the exit code; @throws Failure */
  run(args: readonly string[], around: Surroundings): Promise<number>;
}

/** For programs; what it prints is the command's own to say. */
export const JSON_OPTION = { json: { type: 'boolean' } } as const;

/**
 * Reads a command's arguments.
 * @param names the positional arguments, all of them required
 * @throws Failure that says which argument is wrong and what there is instead
 */
export function readArgs<const Options extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: Options,
  names: readonly string[] = [],
) {
  const known = Object.keys(options).map((name) => `--${name}`);
  const parsed = orMisuse(command, known, () =>
    parseArgs({ args: [...args], options, allowPositionals: true, strict: true }),
  );
  const { positionals } = parsed;
  const missing = names[positionals.length];
  if (missing !== undefined) throw misuse(`${command} needs <${missing}>: see alert-bot ${command} --help.`);
  if (positionals.length > names.length)
    throw misuse(
      `${command} does not know what to do with "${positionals[names.length]}": see alert-bot ${command} --help.`,
    );
  return parsed;
}

function orMisuse<T>(command: string, known: readonly string[], parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const unknown = /^Unknown option '([^']+)'/.exec(message)?.[1];
    if (unknown !== undefined)
      throw misuse(
        known.length === 0
          ? `${command} takes no options, and ${unknown} is one: leave it out.`
          : `${command} has no option ${unknown}: ${didYouMean(unknown, known)}`,
      );
    throw misuse(`${firstSentence(message)}: see alert-bot ${command} --help.`);
  }
}

const firstSentence = (text: string): string => (text.split('\n')[0] ?? text).replace(/[.:]$/, '');
