import { parser } from '@prometheus-io/lezer-promql';
import { fill } from '../policy/template.ts';

/** Stands for `{{ $since }}` while a query is looked at; nobody writes such a range. */
const SINCE = '13579s';
/** Stands for the value of a label. */
const VALUE = 'xvaluex';

/**
 * What is wrong with a prove query, or null. Apart from its syntax: every look back must end at the action,
 * else the errors from before a restart speak against it and a healthy service is restarted again.
 */
export function proveQueryError(query: string): string | null {
  const labels = [...query.matchAll(/\$labels\.(\w+)/g)].map(([, name]) => [name ?? '', VALUE]);
  const filled = fill(query, Object.fromEntries(labels), { $since: SINCE });
  if ('missing' in filled) return `names {{ ${filled.missing} }}, which is not known: write {{ $since }}`;
  const { text } = filled;
  let error: string | null = null;
  let quoted = 0;
  parser.parse(text).iterate({
    enter(node) {
      const part = text.slice(node.from, node.to);
      if (node.type.isError) error ??= syntaxError(text, node.from);
      else if (node.name === 'StringLiteral') quoted += occurrences(part);
      else if (/Matcher$/.test(node.name) && /[=!]~/.test(part) && part.includes(VALUE))
        error ??= 'compares a label of the alert with =~: a value such as .* would widen it; write =';
      else if (node.name === 'OffsetExpr')
        error ??= 'looks back with offset, to before the action: leave it out';
      else if (node.name === 'MatrixSelector' || node.name === 'SubqueryExpr') {
        const range = /\[([^[\]]*)\]$/.exec(part)?.[1] ?? '';
        if (range.split(':')[0]?.trim() !== SINCE)
          error ??= `looks back [${range}], which may reach to before the action: write [{{ $since }}]`;
      }
    },
  });
  if (error === null && quoted < occurrences(text))
    return 'has a label of the alert outside of quotes, where its value could change the query: quote it';
  return error;
}

const occurrences = (text: string): number => text.split(VALUE).length - 1;

function syntaxError(text: string, at: number): string {
  const near = text.slice(Math.max(0, at - 20), at + 10).replaceAll(SINCE, '{{ $since }}');
  return `is not PromQL near "${near.trim()}": write a query that Prometheus' own page accepts`;
}
