import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import {
  DEEPEST,
  explainYaml,
  HostileYaml,
  MOST_VALUES,
  tooDeep,
  tooDeepAt,
  tooLarge,
} from './yaml-mistakes.ts';

/** Keys and list positions from the top of a file to a value. */
export type Path = readonly (string | number)[];

/** One thing that is wrong in a file, for a person who has to find and mend it. */
export interface PlaybookError {
  file: string;
  /** From 1; 0 where the file itself is the trouble. */
  line: number;
  /** Such as `playbooks[0].steps[1].restart.timeout`; empty for the file as a whole. */
  path: string;
  /** What stands there, shortened; empty where nothing does. */
  value: string;
  /** The rest of the sentence; ends with what to write instead. */
  message: string;
}

/** A YAML file that knows where everything in it stands. */
export interface Source {
  value: unknown;
  error(path: Path, message: string, value?: string): PlaybookError;
}

/**
 * Reads YAML so that each value can be traced back to its line.
 * @returns `source` where there is something to go on with, even when `errors` are found (a key given twice)
 */
export function readYaml(text: string, file: string): { source: Source | null; errors: PlaybookError[] } {
  const deep = tooDeepAt(text);
  if (deep !== null) {
    const line = text.slice(0, deep).split('\n').length;
    return { source: null, errors: [{ file, line, path: '', value: '', message: tooDeep().message }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    // Sets, dates and bytes are nothing that a key here takes.
    resolveKnownTags: false,
    // It compares each key with each other one, which takes seconds for some thousand.
    uniqueKeys: false,
  });
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const at = (offset: number, message: string): PlaybookError => ({
    file,
    line: lineAt(offset),
    path: '',
    value: shorten(/^[^\s:]*/.exec(text.slice(offset, offset + 2 * LONGEST))?.[0] ?? ''),
    message,
  });
  const errors = [
    ...[...document.errors, ...document.warnings].map((error) => at(error.pos[0], explainYaml(error))),
    ...repeatedKeys(document).map((offset) =>
      at(offset, 'stands here for the second time: keep one of the two'),
    ),
  ];
  const wrong = (path: Path, message: string, value?: string): PlaybookError => ({
    file,
    line: lineAt(offsetOf(document, path)),
    path: printPath(path),
    value: value ?? show(document, path),
    message: brief(message),
  });
  if (document.errors.length > 0) return { source: null, errors };
  try {
    return { source: { value: plain(document), error: wrong }, errors };
  } catch (error) {
    const told = (message: string, offset: number) => ({
      source: null,
      errors: [...errors, { ...wrong([], message), line: lineAt(offset) }],
    });
    if (error instanceof HostileYaml) return told(error.message, offsetOf(document, []));
    // The stack is at its end.
    if (error instanceof RangeError) return told(tooDeep().message, offsetOf(document, []));
    // The parser throws for one thing more: aliases of nothing, or too many of them, as in a file built to swell.
    const where = unresolved(document);
    return where === undefined
      ? told(
          'cannot be read: its aliases stand for too much; write it without aliases',
          offsetOf(document, []),
        )
      : told('cannot be read: an alias stands for nothing above it; write it without aliases', where);
  }
}

/** `playbooks[0].steps[1].restart` */
export const printPath = (path: Path): string =>
  path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${shorten(key)}`))
    .join('');

/** Where the key of a path stands, or the nearest thing above it that exists. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}

/** Where keys stand that their map has already. */
function repeatedKeys(document: Document.Parsed): number[] {
  const found: number[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) found.push(key.range?.[0] ?? 0);
        seen.add(key.value);
      }
    },
  });
  return found;
}

/** Where the first alias stands whose anchor is not above it. */
function unresolved(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return offset;
}

/** Maps with maps as keys (an unquoted template) are turned into text without a warning on stderr. */
const plain = (document: Document.Parsed): unknown => {
  const value: unknown = document.toJS({ mapAsMap: true });
  return fromMaps(value);
};

/** @throws HostileYaml where it is too deep, also for being in itself, or swells when aliases are followed */
function fromMaps(value: unknown, depth = 0, size = { values: 0 }): unknown {
  if (depth > DEEPEST) throw tooDeep();
  size.values += 1;
  if (size.values > MOST_VALUES) throw tooLarge();
  const inside = (item: unknown) => fromMaps(item, depth + 1, size);
  if (Array.isArray(value)) return value.map(inside);
  if (!(value instanceof Map)) return value;
  const entries = [...value].map(([key, item]) => [
    // Shortened: quoted in each other they would double in length with each level.
    typeof key === 'object' ? shorten(JSON.stringify(inside(key)), 200) : String(key),
    inside(item),
  ]);
  return Object.fromEntries(entries);
}

function show(document: Document.Parsed, path: Path): string {
  const node: unknown = path.length === 0 ? undefined : document.getIn(path, true);
  if (isScalar(node)) return node.value === null ? '' : shorten(node.source ?? String(node.value));
  if (isMap(node) || isSeq(node))
    return shorten(JSON.stringify(fromMaps(node.toJS(document, { mapAsMap: true }))));
  return '';
}

/** One line, with both its ends: what was found stands at the beginning, and the remedy in the end. */
function brief(message: string): string {
  const line = message.length > 500 ? `${message.slice(0, 250)}…${message.slice(-200)}` : message;
  return line.replaceAll(/\s+/g, ' ');
}

const LONGEST = 60;
/** One line of what stands in a file. */
export const shorten = (text: string, longest = LONGEST): string => {
  // What is far beyond is not looked at: a value may be as long as the file.
  const line = text
    .slice(0, 4 * longest)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
};
