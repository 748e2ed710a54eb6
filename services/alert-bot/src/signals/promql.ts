import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Millis } from '../domain/duration.ts';
import { parseDuration } from '../domain/duration.ts';

/** Expressions of the recording rules by name; several rules may record one name with different labels. */
export type RecordingRules = ReadonlyMap<string, readonly string[]>;

/** Series that Prometheus writes from alerting rules: what they look back at is another rule's business. */
const FROM_ALERTS = new Set(['ALERTS', 'ALERTS_FOR_STATE']);

/**
 * How far back an expression looks: ranges, subqueries (added to what is inside) and offsets, recording
 * rules followed by name, the longest of all branches. A negative offset takes nothing off.
 *
 * A plain selector counts as 0: Prometheus' lookback (5m) does not keep a dead process' series alive, since
 * the scrape that fails ends them at once.
 * @returns null where it cannot be told: not PromQL, `@`, a length that is not a literal, a selector that may
 *   take in any recording rule, or rules that use each other in a circle
 */
export function longestRange(expr: string, rules: RecordingRules): Millis | null {
  return rangeOf(expr, { rules, known: new Map(), following: new Set() });
}

interface Walk {
  rules: RecordingRules;
  /** Ranges of recording rules already resolved: without it, rules that share rules cost exponential time. */
  known: Map<string, Millis | null>;
  /** Names on the way here, to notice circles. */
  following: Set<string>;
}

function rangeOf(expr: string, walk: Walk): Millis | null {
  const tree = parser.parse(expr);
  let broken = false;
  tree.iterate({
    enter: (node) => {
      broken ||= node.type.isError;
    },
  });
  const [top] = operands(tree.topNode);
  if (broken || top === undefined) return null;
  return reach(top, 0, { ...walk, text: (node) => expr.slice(node.from, node.to) });
}

interface Reading extends Walk {
  text(node: SyntaxNode): string;
}

/**
 * @param further what postfixes further out add. Prometheus binds `[5m]` and `offset` to the operand right
 *   before them, this grammar to everything before them (`a + b offset 5m` is read as `(a + b) offset 5m`), so
 *   they are carried down the right side to where they belong.
 */
function reach(node: SyntaxNode, further: Millis, reading: Reading): Millis | null {
  switch (node.name) {
    case 'StepInvariantExpr':
      return null;
    case 'MatrixSelector':
    case 'SubqueryExpr':
    case 'OffsetExpr': {
      const [inner] = operands(node);
      const length = node.getChild('DurationExpr') ?? node.getChild('OffsetDurationExpr');
      const added = length === null ? null : lengthOf(length, reading);
      return inner === undefined || added === null
        ? null
        : reach(inner, further + Math.max(0, added), reading);
    }
    case 'BinaryExpr':
    case 'UnaryExpr':
      return longest(operands(node), (operand, last) => reach(operand, last ? further : 0, reading));
    case 'AnchoredExpr':
    case 'SmoothedExpr':
      return longest(operands(node), (operand) => reach(operand, further, reading));
    case 'VectorSelector':
      return plus(selected(node, reading), further);
    default:
      return plus(
        longest(operands(node), (operand) => reach(operand, 0, reading)),
        further,
      );
  }
}

const NOT_OPERANDS = new Set([
  'AggregateOp',
  'AggregateModifier',
  'FunctionIdentifier',
  'MatchingModifierClause',
  'FillModifier',
  'BoolModifier',
  'UnaryOp',
  'LineComment',
]);

function operands(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (!NOT_OPERANDS.has(child.name)) found.push(child);
  return found;
}

function longest(
  nodes: readonly SyntaxNode[],
  of: (node: SyntaxNode, last: boolean) => Millis | null,
): Millis | null {
  let most: Millis = 0;
  for (const [i, node] of nodes.entries()) {
    const one = of(node, i === nodes.length - 1);
    if (one === null) return null;
    most = Math.max(most, one);
  }
  return most;
}

const plus = (a: Millis | null, b: Millis): Millis | null => (a === null ? null : a + b);

/** What a selector takes in: 0 for a scraped series, the range of its rule for a recorded one. */
function selected(node: SyntaxNode, reading: Reading): Millis | null {
  const name = nameOf(node, reading);
  if (name === null) return reading.rules.size === 0 ? 0 : null;
  if (FROM_ALERTS.has(name)) return null;
  const known = reading.known.get(name);
  if (known !== undefined) return known;
  if (reading.following.has(name)) return null;
  const following = new Set([...reading.following, name]);
  const ranges = (reading.rules.get(name) ?? []).map((expr) => rangeOf(expr, { ...reading, following }));
  const range = ranges.reduce<Millis | null>(
    (most, one) => (most === null || one === null ? null : Math.max(most, one)),
    0,
  );
  reading.known.set(name, range);
  return range;
}

/** The metric name: `a`, `{__name__="a"}` or `{"a"}`; null where it is a pattern, absent or escaped. */
function nameOf(selector: SyntaxNode, reading: Reading): string | null {
  const identifier = selector.getChild('Identifier');
  if (identifier !== null) return reading.text(identifier);
  const matchers = selector.getChild('LabelMatchers');
  if (matchers === null) return null;
  const quoted = matchers.getChild('QuotedLabelName');
  if (quoted !== null) return unquote(reading.text(quoted));
  for (const matcher of matchers.getChildren('UnquotedLabelMatcher')) {
    const label = matcher.getChild('LabelName');
    const operator = matcher.getChild('MatchOp');
    const value = matcher.getChild('StringLiteral');
    if (label === null || operator === null || value === null) continue;
    if (reading.text(label) === '__name__' && reading.text(operator) === '=')
      return unquote(reading.text(value));
  }
  return null;
}

const unquote = (text: string): string | null => (text.includes('\\') ? null : text.slice(1, -1));

/**
 * A literal length, signed or in brackets. Arithmetic on lengths and `step()` (experimental in Prometheus 3)
 * are not worked out.
 */
function lengthOf(node: SyntaxNode, reading: Reading): Millis | null {
  if (node.name === 'NumberDurationLiteralInDurationContext') {
    const text = reading.text(node);
    return parseDuration(text) ?? seconds(text);
  }
  const parts = operands(node);
  const [part] = parts;
  if (part === undefined || parts.length > 1) return null;
  const length = lengthOf(part, reading);
  const sign = node.getChild('UnaryOp');
  return length !== null && sign !== null && reading.text(sign) === '-' ? -length : length;
}

/** Prometheus 3 also takes plain numbers of seconds: `[300]`, `[0x10]`, `[1_000]`, `[1.5]`. */
function seconds(text: string): Millis | null {
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? value * 1_000 : null;
}
