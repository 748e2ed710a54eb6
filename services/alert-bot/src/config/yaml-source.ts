import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';

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
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const errors = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    file,
    line: lineAt(pos[0]),
    path: '',
    value: shorten(/^[^\s:]*/.exec(text.slice(pos[0]))?.[0] ?? ''),
    message:
      code === 'DUPLICATE_KEY'
        ? 'stands here for the second time: keep one of the two'
        : `is not YAML: ${message}; mend the indentation, quotes or brackets here or in the line above`,
  }));
  const wrong = (path: Path, message: string, value?: string): PlaybookError => ({
    file,
    line: lineAt(offsetOf(document, path)),
    path: printPath(path),
    value: value ?? show(document, path),
    message,
  });
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { source: null, errors };
  try {
    return { source: { value: plain(document), error: wrong }, errors };
  } catch (error) {
    // An alias of nothing, of what it stands in, or too many: a file built to swell.
    const why = error instanceof Error ? error.message : String(error);
    const line = lineAt(unresolved(document) ?? offsetOf(document, []));
    return {
      source: null,
      errors: [...errors, { ...wrong([], `cannot be read: ${why}; write it without aliases`), line }],
    };
  }
}

/** `playbooks[0].steps[1].restart` */
export const printPath = (path: Path): string =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${key}`)).join('');

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

function fromMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromMaps);
  if (!(value instanceof Map)) return value;
  const entries = [...value].map(([key, item]) => [
    typeof key === 'object' ? JSON.stringify(fromMaps(key)) : String(key),
    fromMaps(item),
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

const LONGEST = 60;
const shorten = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
};
