import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A test that has to fail on a mutation: its file, and a part of its full name. */
export interface LinkedTest {
  file: string;
  name: string;
}

/** A small break of the product on purpose, and what has to notice it. */
export interface Mutation {
  /** Two digits or three, which `--only` takes. */
  number: string;
  name: string;
  /** The path of its patch. */
  patch: string;
  guarantees: readonly string[];
  guards: readonly string[];
  /** One sentence: what goes wrong for a user. */
  breaks: string;
  proof: LinkedTest | 'simulation';
  /** The files that it changes. */
  changes: readonly string[];
  /** Lines that it takes away or adds. */
  lines: number;
}

const HEADERS = ['Guarantee', 'Guard', 'Breaks', 'Test', 'Simulation'] as const;
const HOW =
  'the header has Guarantee:, Breaks:, Test: <file> -t <name> (or Simulation: yes), and perhaps Guard:';

/**
 * Reads every mutation of a folder, in the order of their numbers.
 * @throws Error that names each patch that cannot be read, and what is to be written
 */
export function readMutations(folder: string): Mutation[] {
  const problems: string[] = [];
  const mutations: Mutation[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.patch'))) {
    const read = parseMutation(join(folder, file), readFileSync(join(folder, file), 'utf8'));
    if (typeof read === 'string') problems.push(`${file}: ${read}`);
    else mutations.push(read);
  }
  const seen = new Set<string>();
  for (const { number, name } of mutations)
    if (seen.size === seen.add(number).size) problems.push(`${name}: another mutation has number ${number}`);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return mutations.sort((a, b) => Number(a.number) - Number(b.number));
}

/** @returns the mutation, or a sentence that tells what is wrong with its file */
export function parseMutation(patch: string, text: string): Mutation | string {
  const name = basename(patch, '.patch');
  const number = /^(\d{2,3})-/.exec(name)?.[1];
  if (number === undefined)
    return 'its name does not begin with a number and a dash, such as 07-full-id.patch';
  const start = text.search(/^diff --git /m);
  if (start < 0) return 'it has no "diff --git" line; make it with git diff';

  const header = new Map<string, string>();
  for (const line of text
    .slice(0, start)
    .split('\n')
    .filter((one) => one !== '')) {
    const [, key = '', value = ''] = /^([A-Za-z]+): (.+)$/.exec(line) ?? [];
    if (!HEADERS.some((known) => known === key)) return `"${line}" is no line of a header: ${HOW}`;
    header.set(key, value.trim());
  }
  const guarantees = list(header.get('Guarantee'));
  if (guarantees.length === 0 || !guarantees.every((one) => /^G([1-9]|1[0-4])$/.test(one)))
    return 'Guarantee: names none of G1 to G14';
  const breaks = header.get('Breaks');
  if (breaks === undefined) return 'Breaks: is missing; say in a sentence what goes wrong';
  const proof = header.get('Simulation') === 'yes' ? 'simulation' : linkedTest(header.get('Test'));
  if (proof === null) return `Test: is missing or names no test: ${HOW}`;

  const diff = text.slice(start).split('\n');
  return {
    ...{ number, name, patch, guarantees, breaks, proof },
    guards: list(header.get('Guard')),
    changes: diff.flatMap((line) => /^\+\+\+ b\/(.+)$/.exec(line)?.[1] ?? []),
    lines: diff.filter((line) => /^[+-](?!\+\+ |-- )/.test(line)).length,
  };
}

const list = (text: string | undefined): string[] => text?.split(/, */).filter((one) => one !== '') ?? [];

function linkedTest(text: string | undefined): LinkedTest | null {
  const [, file, name] = /^(\S+\.test\.ts) -t (.+)$/.exec(text ?? '') ?? [];
  return file === undefined || name === undefined ? null : { file, name };
}
