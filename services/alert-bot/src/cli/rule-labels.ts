import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** The recording rules of one name: what each asks and the labels it adds. */
export type Recorded = ReadonlyMap<
  string,
  readonly { expr: string; labels: Readonly<Record<string, string>> }[]
>;

/**
 * Whether no result of an expression can have a label: it is summed away, or there was none. Says so only where it is
 * sure; a plain series may have any label.
 */
export function lacksLabel(expr: string, label: string, recorded: Recorded): boolean {
  return lacksIn(expr, { label, recorded, following: new Set() });
}

interface Asked {
  label: string;
  recorded: Recorded;
  /** Recording rules on the way here: a circle is followed once. */
  following: ReadonlySet<string>;
}
interface Reading extends Asked {
  text(node: SyntaxNode): string;
}

function lacksIn(expr: string, asked: Asked): boolean {
  const tree = parser.parse(expr);
  let broken = false;
  tree.iterate({
    enter: (node) => {
      broken ||= node.type.isError;
    },
  });
  const top = tree.topNode.firstChild;
  if (broken || top === null) return false;
  return lacks(top, { ...asked, text: (node) => expr.slice(node.from, node.to) });
}

const SCALARS = new Set(['NumberDurationLiteral', 'StringLiteral']);
const WITHOUT_LABELS = new Set(['Vector', 'Time', 'Scalar', 'Pi']);
const KEEP_ALL = new Set(['Topk', 'Bottomk', 'LimitK', 'LimitRatio']);

function lacks(node: SyntaxNode, reading: Reading): boolean {
  if (SCALARS.has(node.name)) return true;
  switch (node.name) {
    case 'AggregateExpr':
      return ofAggregate(node, reading);
    case 'BinaryExpr':
      return ofBinary(node, reading);
    case 'FunctionCall':
      return ofFunction(node, reading);
    case 'VectorSelector':
      return ofSelector(node, reading);
    default: {
      const inner = children(node).filter(({ name }) => /(?:Expr|Selector|Call|Literal)$/.test(name));
      const first = inner.find(({ name }) => !/Duration/.test(name) || SCALARS.has(name));
      return first !== undefined && lacks(first, reading);
    }
  }
}

function ofAggregate(node: SyntaxNode, reading: Reading): boolean {
  const operation = node.getChild('AggregateOp')?.firstChild?.name ?? '';
  const body = node.getChild('FunctionCallBody');
  const inner = body === null ? [] : children(body);
  const vector = inner.at(-1);
  if (vector === undefined) return false;
  if (KEEP_ALL.has(operation)) return lacks(vector, reading);
  const [first] = inner;
  if (
    operation === 'CountValues' &&
    first !== undefined &&
    reading.text(first).slice(1, -1) === reading.label
  )
    return false;
  const modifier = node.getChild('AggregateModifier');
  if (modifier === null) return true;
  const named = names(modifier, reading).includes(reading.label);
  if (modifier.getChild('By') !== null) return !named || lacks(vector, reading);
  return named || lacks(vector, reading);
}

function ofFunction(node: SyntaxNode, reading: Reading): boolean {
  const name = node.getChild('FunctionIdentifier')?.firstChild?.name ?? '';
  if (WITHOUT_LABELS.has(name)) return true;
  const body = node.getChild('FunctionCallBody');
  const args = body === null ? [] : children(body);
  if (name === 'Info') return false;
  // absent() takes labels out of its selector, and these two write the ones that they name.
  const writes = /^(?:Absent|Label)/.test(name);
  if (writes && body !== null && reading.text(body).includes(reading.label)) return false;
  if (name.startsWith('Absent')) return true;
  return args.every((arg) => lacks(arg, reading));
}

function ofBinary(node: SyntaxNode, reading: Reading): boolean {
  const left = node.firstChild;
  const right = node.lastChild;
  if (left === null || right === null) return false;
  if (node.getChild('Or') !== null) return lacks(left, reading) && lacks(right, reading);
  if (node.getChild('And') !== null || node.getChild('Unless') !== null) return lacks(left, reading);
  if (isScalar(left)) return lacks(right, reading);
  if (isScalar(right)) return lacks(left, reading);
  const matching = node.getChild('MatchingModifierClause');
  if (matching === null) return lacks(left, reading);
  const many =
    matching.getChild('GroupLeft') !== null ? left : matching.getChild('GroupRight') !== null ? right : null;
  const named = names(matching, reading).includes(reading.label);
  if (many !== null) return !named && lacks(many, reading);
  if (matching.getChild('On') !== null) return !named || lacks(left, reading);
  return named || lacks(left, reading);
}

function isScalar(node: SyntaxNode): boolean {
  if (SCALARS.has(node.name)) return true;
  if (node.name === 'FunctionCall')
    return ['Time', 'Scalar', 'Pi'].includes(node.getChild('FunctionIdentifier')?.firstChild?.name ?? '');
  const inner = children(node);
  if (node.name === 'BinaryExpr')
    return [inner[0], inner.at(-1)].every((one) => one !== undefined && isScalar(one));
  const last = inner.at(-1);
  return ['ParenExpr', 'UnaryExpr'].includes(node.name) && last !== undefined && isScalar(last);
}

function ofSelector(node: SyntaxNode, reading: Reading): boolean {
  const identifier = node.getChild('Identifier');
  const name = identifier === null ? null : reading.text(identifier);
  const rules = name === null ? undefined : reading.recorded.get(name);
  if (name === null || rules === undefined || reading.following.has(name)) return false;
  const following = new Set([...reading.following, name]);
  return rules.every(
    ({ expr, labels }) => !Object.hasOwn(labels, reading.label) && lacksIn(expr, { ...reading, following }),
  );
}

/** The labels that a clause names. */
const names = (node: SyntaxNode, reading: Reading): string[] =>
  node
    .getChildren('GroupingLabels')
    .flatMap((list) => children(list).map((label) => reading.text(label).replace(/^["'`]|["'`]$/g, '')));

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'LineComment') found.push(child);
  return found;
}
