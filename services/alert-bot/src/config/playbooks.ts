import type { z } from 'zod';
import type { Playbook, PlaybookFile } from '../domain/playbook.ts';
import { disagreements } from './agreement.ts';
import { compilePlaybook, compileWindow } from './compile.ts';
import { didYouMean } from './nearest.ts';
import { overridesSchema, playbookFileSchema } from './playbook-schema.ts';
import { keysAt } from './schema-keys.ts';
import {
  BUILT_IN,
  BUILT_IN_LIMITS,
  differences,
  type Overridden,
  overlay,
  overlayLimits,
} from './settings.ts';
import { type Layer, unreachable } from './unreachable.ts';
import { warningsOf } from './warnings.ts';
import { type PlaybookError, readYaml, type Source, shorten } from './yaml-source.ts';

export type { Overridden } from './settings.ts';
export type { PlaybookError } from './yaml-source.ts';

/** A file's text and the name that its errors carry. */
export interface FileText {
  text: string;
  fileName: string;
}

export type Loaded =
  | {
      file: PlaybookFile;
      overridden: Overridden[];
      /** What is legal and probably not meant. */
      warnings: PlaybookError[];
    }
  | { errors: PlaybookError[] };

/**
 * Reads, checks and compiles a playbook file, all errors at once. The overrides may replace only `defaults`
 * and `limits`; they apply wherever a playbook does not set the value itself.
 */
export function loadPlaybooks(text: string, fileName: string, overrides?: FileText): Loaded {
  const main = read({ text, fileName }, playbookFileSchema, (source) => disagreements(source));
  const over = overrides === undefined ? null : read(overrides, overridesSchema, () => []);
  if ('errors' in main || (over !== null && 'errors' in over))
    return { errors: [main, over].flatMap((part) => (part !== null && 'errors' in part ? part.errors : [])) };

  const { written } = main;
  const before = {
    defaults: overlay(BUILT_IN, written.defaults),
    limits: overlayLimits(BUILT_IN_LIMITS, written.limits),
  };
  const defaults = overlay(before.defaults, over?.written.defaults);
  const limits = overlayLimits(before.limits, over?.written.limits);

  const layers: Layer[] = [{ source: main.source, path: ['defaults'], written: written.defaults }];
  if (over !== null)
    layers.unshift({ source: over.source, path: ['defaults'], written: over.written.defaults });
  const errors = unreachable(defaults, layers);
  const playbooks: Playbook[] = [];
  for (const [index, playbook] of written.playbooks.entries()) {
    const settled = overlay(defaults, playbook);
    const own: Layer = { source: main.source, path: ['playbooks', index], written: playbook };
    // What is wrong with the defaults alone was said once already.
    errors.push(...unreachable(settled, [own]));
    playbooks.push(compilePlaybook(playbook, settled, limits));
  }
  if (errors.length > 0) return { errors };
  const { deferAtMost: _, approveWithin: __, settle: ___, ...fleet } = limits;
  const file = {
    playbooks,
    limits: fleet,
    maintenance: (written.maintenance ?? []).map(compileWindow),
    text,
  };
  return {
    file,
    warnings: warningsOf(file, main, over),
    overridden: differences(before, { defaults, limits }),
  };
}

/** One line a person can act on: `file:line: path: `value` what is wrong: what to write instead`. */
export function formatPlaybookError({ file, line, path, value, message }: PlaybookError): string {
  const place = [line > 0 ? `${file}:${line}` : file, ...(path === '' ? [] : [path])].join(': ');
  return `${place}: ${value === '' ? '' : `\`${value}\` `}${message}`;
}

/** Twenty-five times the shipped one. The bot reads it beside its other work, which waits meanwhile. */
const LARGEST_FILE = 128 * 1024;
const tooLarge = `is over ${LARGEST_FILE / 1024} kB: write fewer playbooks; a matcher may take in several alerts`;

type Read<Schema extends z.ZodType> =
  | { source: Source; written: z.output<Schema> }
  | { errors: PlaybookError[] };

function read<Schema extends z.ZodType>(
  { text, fileName }: FileText,
  schema: Schema,
  check: (source: Source) => PlaybookError[],
): Read<Schema> {
  if (text.length > LARGEST_FILE)
    return {
      errors: [{ file: fileName, line: 0, path: '', value: '', message: tooLarge }],
    };
  const { source, errors } = readYaml(text, fileName);
  if (source === null) return { errors };
  const parsed = schema.safeParse(source.value);
  const issues = (parsed.error?.issues ?? []).flatMap(eachKey);
  const found = [
    ...errors,
    ...issues.slice(0, MOST_TOLD).flatMap((issue) => explain(source, schema, issue)),
    ...check(source),
  ].sort((a, b) => a.line - b.line);
  if (parsed.success && found.length === 0) return { source, written: parsed.data };
  const left = Math.max(0, issues.length - MOST_TOLD) + Math.max(0, found.length - MOST_TOLD);
  const more = {
    file: fileName,
    line: 0,
    path: '',
    value: '',
    message: `has ${left} more: mend these first`,
  };
  return { errors: [...found.slice(0, MOST_TOLD), ...(left > 0 ? [more] : [])] };
}

/** More at once help nobody, and finding the line of each of some thousand takes seconds. */
const MOST_TOLD = 100;

const eachKey = (issue: z.core.$ZodIssue): z.core.$ZodIssue[] =>
  issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ ...issue, keys: [key] })) : [issue];

function explain(source: Source, schema: z.ZodType, issue: z.core.$ZodIssue): PlaybookError[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  if (issue.code !== 'unrecognized_keys') return [source.error(path, issue.message)];
  const known = keysAt(schema, path);
  const remedy = (key: string) => {
    // The one thing people try in the second file: a playbook. A guess at a key would not help them.
    if (schema === overridesSchema && key === 'playbooks') return 'write playbooks in the playbook file';
    return known.length === 0 ? 'leave it out' : didYouMean(key, known);
  };
  return issue.keys.map((key) =>
    source.error([...path, key], `is not known here: ${remedy(key)}`, shorten(key)),
  );
}
