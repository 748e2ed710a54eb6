import type { YAMLError } from 'yaml';

/** No playbook file nests deeper than ten levels; what does is built to exhaust whoever reads it. */
export const DEEPEST = 50;
/** Well above what regular expressions in quotes may hold without closing it. */
const FAR_TOO_DEEP = 500;
/** Values and keys of a file, aliases followed: a few aliases of each other make billions of a few lines. */
export const MOST_VALUES = 200_000;

/** The file is one that no person writes; the message says how. */
export class HostileYaml extends Error {
  override name = 'HostileYaml';
}

export const tooDeep = () =>
  new HostileYaml(
    `nests deeper than ${DEEPEST} levels, or has an alias of what it stands in: write it flat, as docs/playbooks.md shows`,
  );
export const tooLarge = () =>
  new HostileYaml(`has over ${MOST_VALUES} values when its aliases are followed: write it without aliases`);

/**
 * Where brackets, or dashes in one line, stand far deeper in each other than any file's; null where they do not. Brackets in
 * quotes count too, which only a file of many hundred unequal ones would notice. The parser takes seconds to give up.
 */
export function tooDeepAt(text: string): number | null {
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '[' || sign === '{') open += 1;
    else if (sign === ']' || sign === '}') open = Math.max(0, open - 1);
    if (open > FAR_TOO_DEEP) return at;
  }
  const dashes = /(?:[-?] +){100}/.exec(text);
  return dashes?.index ?? null;
}

/** What is wrong, and what to write instead: in our words wherever the parser's are none that a person can use. */
export function explainYaml({ code, message }: YAMLError): string {
  switch (code) {
    case 'MULTIPLE_DOCS':
      return 'begins a second document: leave the line out, a file is one document';
    case 'RESOURCE_EXHAUSTION':
      return tooDeep().message;
    case 'TAG_RESOLVE_FAILED':
      return `is not YAML: ${firstLine(message)}: leave the tag out`;
    case 'BAD_DIRECTIVE':
      return `is not YAML: ${firstLine(message)}: leave the line out`;
    case 'TAB_AS_INDENT':
      return 'is not YAML: a tab indents it: write blanks instead';
    default:
      return `is not YAML: ${firstLine(message)}; mend the indentation, quotes or brackets here or in the line above`;
  }
}

/** Some of the parser's messages quote what they found, however much that is. */
const firstLine = (message: string): string => {
  const [line = ''] = message.split('\n');
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
};
