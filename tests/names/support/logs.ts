/** LogQL and TraceQL: which labels and attributes a query uses. */
import { parser as logParser } from '@grafana/lezer-logql';
import { parser as traceParser } from '@grafana/lezer-traceql';

interface Node {
  type: { name: string; isError: boolean };
  from: number;
  to: number;
}

/** @returns labels of stream selectors, and those of label filters and groupings, which may also be parsed fields */
export function readLogql(query: string) {
  const stream = new Set<string>();
  const fields = new Set<string>();
  const problems: string[] = [];
  let inSelector = 0;
  let inLabels = false;
  logParser.parse(query).iterate({
    enter: ({ type, from, to }: Node) => {
      if (type.isError) problems.push(`does not parse at "${query.slice(from, Math.max(to, from + 20))}"`);
      if (type.name === 'Selector') inSelector++;
      if (type.name === 'Labels' || type.name === 'Matcher') inLabels = true;
      if (type.name === 'Identifier' && inLabels)
        (inSelector > 0 ? stream : fields).add(query.slice(from, to));
    },
    leave: ({ type }: Node) => {
      if (type.name === 'Selector') inSelector--;
      if (type.name === 'Labels' || type.name === 'Matcher') inLabels = false;
    },
  });
  return { stream, fields, problems };
}

/** @returns attributes with their scope, such as `resource.service.name`, and what is wrong */
export function readTraceql(query: string) {
  const attributes = new Set<string>();
  const problems: string[] = [];
  traceParser.parse(query).iterate({
    enter: ({ type, from, to }: Node) => {
      if (type.isError) problems.push(`does not parse at "${query.slice(from, Math.max(to, from + 20))}"`);
      if (type.name === 'AttributeField') attributes.add(query.slice(from, to));
    },
  });
  return { attributes, problems };
}

/** The labels that Alloy's configuration gives to a line, and what it keeps beside it. */
export function labelsOfAlloy(config: string) {
  const labels = new Set<string>();
  for (const [, label = ''] of config.matchAll(/target_label\s*=\s*"(\w+)"/g)) labels.add(label);
  for (const [, values = ''] of config.matchAll(/stage\.(?:static_)?labels\s*\{\s*values\s*=\s*\{([^}]*)\}/g))
    for (const [, label = ''] of values.matchAll(/(\w+)\s*=/g)) labels.add(label);
  const metadata = new Set<string>();
  for (const [, values = ''] of config.matchAll(
    /stage\.structured_metadata\s*\{\s*values\s*=\s*\{([^}]*)\}/g,
  ))
    for (const [, label = ''] of values.matchAll(/(\w+)\s*=/g)) metadata.add(label);
  return { labels, metadata };
}
