import { RE2JS } from 're2js';
import type { Labels } from '../domain/alert.ts';

export interface Matcher {
  /** As written. */
  text: string;
  matches(labels: Labels): boolean;
}

const SHAPE = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s;

/**
 * Compiles one matcher in Alertmanager's spelling: `name="value"`, `!=`, `=~`, `!~`. Regular expressions
 * are RE2, anchored at both ends as Alertmanager does; a missing label is the empty string.
 * @throws Error with a sentence for a person
 */
export function compileMatcher(text: string): Matcher {
  const match = SHAPE.exec(text);
  const [, name, operator, written] = match ?? [];
  if (name === undefined || operator === undefined || written === undefined)
    throw new Error(`"${text}" is not a matcher: write one such as severity=~"critical|warning"`);
  const value = unquote(written, text);
  const negated = operator.startsWith('!');
  const test = operator.endsWith('~') ? regex(value, text) : (label: string) => label === value;
  return {
    text,
    matches: (labels) => test((Object.hasOwn(labels, name) ? labels[name] : undefined) ?? '') !== negated,
  };
}

function unquote(written: string, text: string): string {
  if (!written.startsWith('"')) {
    if (/[\s"{},]/.test(written)) throw new Error(`"${text}": put the value in double quotes`);
    return written;
  }
  if (!/^"(?:[^"\\]|\\.)*"$/s.test(written)) throw new Error(`"${text}": the quotes do not close`);
  return written.slice(1, -1).replace(/\\(.)/gs, (_, char: string) => {
    if (char === 'n') return '\n';
    if (char === '"' || char === '\\') return char;
    throw new Error(`"${text}": \\${char} is not an escape; only \\n, \\" and \\\\ are`);
  });
}

function regex(pattern: string, text: string): (label: string) => boolean {
  try {
    // DOTALL as in Prometheus 3 and Alertmanager: a label with a newline is still one value.
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    return (label) => compiled.matches(label);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`"${text}": not an RE2 regular expression: ${why}`);
  }
}
