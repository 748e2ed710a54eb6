import { readFileSync } from 'node:fs';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { type Definition, processesSchema } from './definition.ts';
import { ConfigError, type Problem } from './problem.ts';
import { startOrder } from './start-order.ts';
import { type Path, substitute } from './substitution.ts';

/**
 * Reads processes.yml: its definitions, dependencies first. Throws a ConfigError with everything that is
 * wrong at once. Problems show values as written, never what a variable held: that may be a password.
 */
export function loadProcesses(file: string, variables: NodeJS.ProcessEnv): Definition[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const remedy = `cannot be read (${cause instanceof Error ? cause.message : cause}): check the path and its permissions`;
    throw new ConfigError('environment', [{ where: 'SUPERVISOR_PROCESSES', value: file, remedy }]);
  }
  return parseProcesses(file, text, variables);
}

export function parseProcesses(source: string, text: string, variables: NodeJS.ProcessEnv): Definition[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line;

  const problems: Problem[] = document.errors.map((error) => ({
    where: 'YAML',
    line: lineAt(error.pos[0]),
    value: text.split('\n')[lineAt(error.pos[0]) - 1]?.trim(),
    remedy: error.message,
  }));
  // After a syntax error the rest would be guesses; a key given twice leaves the rest as good as it was.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) throw new ConfigError(source, problems);

  const written: unknown = document.toJS();
  const report = (path: Path, remedy: string) => {
    const where = path.join('.') || 'the file';
    problems.push({ where, line: lineAt(offsetOf(document, path)), value: valueAt(written, path), remedy });
  };

  const unset = new Set<string>();
  const value = substitute(written, variables, (path, remedy) => {
    unset.add(path.join('.'));
    report(path, remedy);
  });
  const parsed = processesSchema.safeParse(value);
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    const path = issue.path.filter((key) => typeof key !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        report([...path, key], 'is not a key that is known here: remove it or mend its spelling');
    } else if (issue.code === 'invalid_key') {
      report(path, issue.issues[0]?.message ?? issue.message);
      // What could not be substituted has been told already.
    } else if (!unset.has(path.join('.'))) report(path, issue.message);
  }
  reportDependencies(value, report);

  if (problems.length > 0 || !parsed.success) {
    throw new ConfigError(
      source,
      problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    );
  }
  return startOrder(parsed.data).sorted;
}

// Looser than the schema, so that dependencies are checked even where something else is wrong.
const dependencies = z.object({
  processes: z.record(
    z.string(),
    z.object({ depends_on: z.array(z.string()).catch([]) }).catch({ depends_on: [] }),
  ),
});

function reportDependencies(value: unknown, report: (path: Path, remedy: string) => void): void {
  const parsed = dependencies.safeParse(value);
  if (!parsed.success) return;
  const all = Object.entries(parsed.data.processes).map(([name, found]) => ({
    name,
    dependsOn: found.depends_on,
  }));
  const names = new Set(all.map(({ name }) => name));
  for (const { name, dependsOn } of all) {
    for (const [index, dependency] of dependsOn.entries()) {
      if (!names.has(dependency))
        report(
          ['processes', name, 'depends_on', index],
          `names no process of this file: use one of ${[...names].join(', ')}`,
        );
    }
  }
  for (const cycle of startOrder(all).cycles) {
    const [first = ''] = cycle;
    report(
      ['processes', first, 'depends_on'],
      `is a cycle, ${cycle.join(' → ')}: remove one of its dependencies`,
    );
  }
}

/** Where the value stands in the text, or what encloses it if there is none. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((part, key) => {
    if (typeof part !== 'object' || part === null) return undefined;
    return Object.entries(part).find(([name]) => name === String(key))?.[1];
  }, value);
}
