/** How a matcher compares. */
export type Operator = '=' | '!=' | '=~' | '!~';

export interface MatcherParts {
  name: string;
  operator: Operator;
  value: string;
}

const OPERATORS = ['=~', '!~', '!=', '='] as const;
/** What may stand in a name or a value without quotes: all but Alertmanager's own signs and blanks (Unicode's too). */
const BARE = /^[^\s\u0085{}!=~,\\"'`]+/;
const QUOTED = /^"((?:[^"\\]|\\.)*)"/s;
const CLASSIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/**
 * Takes one matcher in Alertmanager's spelling apart: its UTF-8 syntax, with the escapes of the classic one.
 *
 * Alertmanager reads what both syntaxes allow in the classic one, in which `"10\.0"` holds a backslash; a name that
 * only UTF-8 allows brings Go's escapes for its value (both tried with amtool 0.34). Stricter than Alertmanager: a value
 * without quotes holds none of its signs, so that `a=='x'` is told and not searched for.
 * @throws Error with the rest of a sentence about the text
 */
export function readMatcher(text: string): MatcherParts {
  const left = text.trim();
  if (left.startsWith('{')) throw new Error('stands in braces: leave them out');
  const quotedName = QUOTED.exec(left);
  const written = quotedName?.[0] ?? BARE.exec(left)?.[0];
  if (written === undefined) throw notOne();
  const afterName = left.slice(written.length).trimStart();
  const operator = OPERATORS.find((sign) => afterName.startsWith(sign));
  if (operator === undefined) throw notOne();
  const name = quotedName === null ? written : unescapeGo(quotedName[1] ?? '');
  if (name === '') throw new Error('names no label: write one such as severity="critical"');
  const rest = afterName.slice(operator.length).trim();
  const value = rest.startsWith('"')
    ? quotedValue(rest, quotedName === null && CLASSIC_NAME.test(name))
    : bareValue(rest);
  return { name, operator, value };
}

const notOne = () => new Error('is not a matcher: write one such as severity=~"critical|warning"');

function quotedValue(rest: string, classic: boolean): string {
  const match = QUOTED.exec(rest);
  if (match === null)
    throw new Error('is not a matcher: the quotes do not close; write one such as severity="critical"');
  const after = rest.slice(match[0].length).trim();
  if (after.startsWith(',')) throw several();
  if (after !== '')
    throw new Error(
      `is not a matcher: after the closing quote comes ${after.slice(0, 20)}; write \\" for a quote`,
    );
  const inside = match[1] ?? '';
  return classic ? unescapeClassic(inside) : unescapeGo(inside);
}

function bareValue(rest: string): string {
  const bare = BARE.exec(rest)?.[0] ?? '';
  if (rest.slice(bare.length).startsWith(',')) throw several();
  if (bare.length < rest.length) throw new Error('is not a matcher: put the value in double quotes');
  return bare;
}

const several = () => new Error('holds several matchers: write each as an entry of its own');

/** Only these three are escapes; before anything else a backslash is a backslash, which suits regular expressions. */
const unescapeClassic = (inside: string): string =>
  inside.replace(/\\(["\\n])/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));

const SINGLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};
const GO_ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|([^\\]+)/gsu;

/** Go's escapes in double quotes. `\x` and three octal digits are bytes of UTF-8. */
function unescapeGo(inside: string): string {
  if (inside.includes('\n')) throw new Error('breaks off in a line: write \\n for a new line');
  const bytes = [...inside.matchAll(GO_ESCAPE)].flatMap(([whole, hex, octal, short, long, single, plain]) => {
    if (plain !== undefined) return bytesOf(plain);
    const code = short ?? long;
    if (code !== undefined) return bytesOf(codePoint(Number.parseInt(code, 16), whole));
    const byte = hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16);
    if (byte <= 255) return [byte];
    const char = single === undefined ? undefined : SINGLE[single];
    if (char === undefined) throw notEscape(whole);
    return bytesOf(char);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch {
    throw new Error('holds bytes that are no UTF-8: write the characters themselves');
  }
}

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];

function codePoint(code: number, whole: string): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw notEscape(whole);
  return String.fromCodePoint(code);
}

const notEscape = (whole: string) =>
  new Error(`is not a matcher: ${whole} is not an escape here; write \\\\ for a backslash`);
