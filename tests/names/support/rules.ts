/** The rules of Prometheus: what they say and what they add to the metrics that exist. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Catalog, union } from './catalog.ts';
import { readPromql } from './promql.ts';

const rule = z.looseObject({
  alert: z.string().optional(),
  record: z.string().optional(),
  expr: z.coerce.string(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});
const file = z.looseObject({ groups: z.array(z.looseObject({ name: z.string(), rules: z.array(rule) })) });

export type Rule = z.output<typeof rule> & { name: string };

export function readRules(path: string): Rule[] {
  const { groups } = file.parse(parse(readFileSync(path, 'utf8')));
  return groups.flatMap(({ rules }) =>
    rules.map((one) => ({ ...one, name: one.alert ?? one.record ?? 'a rule without a name' })),
  );
}

/** `{{ $labels.service }}` in a text. */
const USED = /\$labels\.(\w+)/g;

/**
 * Reads the rules in their order against what is scraped.
 * @returns what is wrong, with the rule's name before it, and the metrics with what the rules record and alert
 */
export function checkRules(rules: readonly Rule[], scraped: Catalog) {
  const problems: string[] = [];
  const used = new Set<string>();
  let catalog = scraped;
  // Recorded ones first: an alert may stand in a file before the one that records what it reads.
  for (const one of [...rules.filter((r) => r.record), ...rules.filter((r) => r.alert)]) {
    const { labels, problems: found, metrics } = readPromql(one.expr, catalog);
    problems.push(...found.map((problem) => `${one.name}: ${problem}`));
    for (const metric of metrics) used.add(metric);
    const result = new Set([...labels, ...Object.keys(one.labels)]);
    for (const text of [...Object.values(one.annotations), ...Object.values(one.labels)])
      for (const [, label = ''] of text.matchAll(USED))
        if (!result.has(label))
          problems.push(`${one.name}: its text uses the label ${label}, which it has not`);
    catalog = union(
      catalog,
      one.record
        ? new Map([[one.record, result]])
        : new Map(
            ['ALERTS', 'ALERTS_FOR_STATE'].map((n) => [n, new Set([...result, 'alertname', 'alertstate'])]),
          ),
    );
  }
  return { problems, catalog, used };
}
