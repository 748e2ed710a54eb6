/**
 * Which labels the result of a PromQL expression has, worked out from the labels of its metrics, and what is wrong
 * on the way: an expression that does not parse, a metric or a label that does not exist.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Catalog } from './catalog.ts';

export interface Reading {
  /** Labels that the result may have. */
  labels: ReadonlySet<string>;
  problems: string[];
  /** Metrics that it names. */
  metrics: Set<string>;
}

export function readPromql(expr: string, catalog: Catalog): Reading {
  const problems: string[] = [];
  const metrics = new Set<string>();
  const tree = parser.parse(expr);
  tree.iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) problems.push(`does not parse at "${expr.slice(from, Math.max(to, from + 20))}"`);
    },
  });
  const top = tree.topNode.firstChild;
  if (problems.length > 0 || top === null) return { labels: new Set(), problems, metrics };
  const text = (node: SyntaxNode | null) => (node === null ? '' : expr.slice(node.from, node.to));
  const labels = labelsOf(top, { catalog, problems, metrics, text });
  return { labels, problems, metrics };
}

interface Context {
  catalog: Catalog;
  problems: string[];
  metrics: Set<string>;
  text(node: SyntaxNode | null): string;
}

type Labels = ReadonlySet<string>;
const NONE: Labels = new Set();

function labelsOf(node: SyntaxNode, context: Context): Labels {
  switch (node.name) {
    case 'VectorSelector':
      return ofSelector(node, context);
    case 'AggregateExpr':
      return ofAggregate(node, context);
    case 'BinaryExpr':
      return ofBinary(node, context);
    case 'FunctionCall':
      return ofCall(node, context);
    default:
      return children(node).reduce<Labels>((all, child) => join(all, labelsOf(child, context)), NONE);
  }
}

function ofSelector(node: SyntaxNode, context: Context): Labels {
  const { catalog, problems, metrics, text } = context;
  const matchers = descendants(node, 'UnquotedLabelMatcher').map((matcher) => ({
    label: text(matcher.getChild('LabelName')),
    operator: text(matcher.getChild('MatchOp')),
    value: unquoted(text(matcher.getChild('StringLiteral'))),
  }));
  const named = matchers.find(({ label }) => label === '__name__');
  const name = text(node.getChild('Identifier')) || (named?.operator === '=' ? named.value : '');
  const found =
    name !== ''
      ? [name].filter((one) => catalog.has(one))
      : [...catalog.keys()].filter(
          (one) => named === undefined || new RegExp(`^(?:${named.value})$`).test(one),
        );
  if (found.length === 0) {
    problems.push(`no metric ${name || `like ${named?.value}`}`);
    return new Set(matchers.map(({ label }) => label));
  }
  for (const one of found) metrics.add(one);
  const labels = found.reduce<Labels>((all, one) => join(all, catalog.get(one) ?? NONE), NONE);
  for (const { label } of matchers) {
    if (label !== '__name__' && !labels.has(label))
      problems.push(`${name || named?.value} has no label ${label}`);
  }
  return labels;
}

function ofAggregate(node: SyntaxNode, context: Context): Labels {
  const body = node.getChild('FunctionCallBody');
  const inner = body === null ? NONE : labelsOf(body, context);
  const operation = context.text(node.getChild('AggregateOp'));
  const modifier = node.getChild('AggregateModifier');
  const given = groupingLabels(modifier, context);
  const missing = given.filter((label) => !inner.has(label));
  for (const label of missing)
    context.problems.push(`nothing in ${context.text(body)} has the label ${label}`);
  if (modifier?.getChild('Without')) return without(inner, given);
  if (modifier !== null) return new Set(given);
  return ['topk', 'bottomk', 'limitk'].includes(operation) ? inner : NONE;
}

function ofBinary(node: SyntaxNode, context: Context): Labels {
  const [left, right] = children(node).map((side) => labelsOf(side, context));
  if (left === undefined || right === undefined) return NONE;
  const clause = node.getChild('MatchingModifierClause');
  const operator = ['And', 'Or', 'Unless'].find((one) => node.getChild(one) !== null);
  const matching = clause?.getChildren('GroupingLabels')[0] ?? null;
  const matched =
    clause?.getChild('On') || clause?.getChild('Ignoring') ? groupingLabels(clause, context, matching) : [];
  const both = join(left, right);
  for (const label of matched) {
    const absent = clause?.getChild('On') ? !left.has(label) || !right.has(label) : !both.has(label);
    if (absent) context.problems.push(`${context.text(node)}: not both sides have the label ${label}`);
  }
  if (operator === 'Or') return both;
  if (operator !== undefined) return left;
  const grouped = clause?.getChild('GroupLeft') ?? clause?.getChild('GroupRight') ?? null;
  if (grouped !== null) {
    const many = clause?.getChild('GroupLeft') ? left : right;
    return join(many, both);
  }
  if (clause?.getChild('On')) return new Set(matched);
  if (clause?.getChild('Ignoring')) return without(left, matched);
  return left.size === 0 ? right : left;
}

function ofCall(node: SyntaxNode, context: Context): Labels {
  const name = context.text(node.getChild('FunctionIdentifier'));
  const body = node.getChild('FunctionCallBody');
  const operands = body === null ? [] : children(body);
  const inner = operands.reduce<Labels>((all, child) => join(all, labelsOf(child, context)), NONE);
  const strings =
    body === null ? [] : body.getChildren('StringLiteral').map((node) => unquoted(context.text(node)));
  switch (name) {
    case 'label_replace': {
      const [to = '', , from = ''] = strings;
      if (from !== '' && !inner.has(from))
        context.problems.push(`label_replace reads ${from}, which is not there`);
      return join(inner, new Set([to]));
    }
    case 'label_join':
      return join(inner, new Set(strings.slice(0, 1)));
    case 'histogram_quantile':
      if (!inner.has('le')) context.problems.push('histogram_quantile needs the label le');
      return without(inner, ['le']);
    case 'scalar':
    case 'vector':
    case 'time':
      return NONE;
    default:
      return inner;
  }
}

function groupingLabels(owner: SyntaxNode | null, { text }: Context, list?: SyntaxNode | null): string[] {
  const labels = list ?? owner?.getChild('GroupingLabels') ?? null;
  return labels === null ? [] : labels.getChildren('LabelName').map(text);
}

const NOT_OPERANDS = new Set([
  'AggregateModifier',
  'MatchingModifierClause',
  'BoolModifier',
  'FunctionIdentifier',
]);

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (
      !NOT_OPERANDS.has(child.name) &&
      (child.firstChild !== null || child.name === 'VectorSelector' || child.name === 'NumberDurationLiteral')
    )
      found.push(child);
  return found;
}

function descendants(node: SyntaxNode, name: string): SyntaxNode[] {
  return node.getChildren('LabelMatchers').flatMap((list) => list.getChildren(name));
}

const join = (a: Labels, b: Labels): Labels => new Set([...a, ...b]);
const without = (labels: Labels, removed: readonly string[]): Labels =>
  new Set([...labels].filter((label) => !removed.includes(label)));
const unquoted = (text: string): string => text.slice(1, -1).replaceAll('\\\\', '\\');
