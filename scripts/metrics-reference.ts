/** Writes docs/metrics.md: every metric of the bot, from the code that makes them. `npm run metrics`; a test compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createMetrics, NO_INCIDENTS } from '../services/alert-bot/src/observe/metrics.ts';

const page = join(import.meta.dirname, '../docs/metrics.md');
const mark = '<!-- npm run metrics writes what follows -->';

/** Labels whose values are not known beforehand, and what they hold. */
const OPEN_LABELS: Readonly<Record<string, string>> = {
  target: 'the id of a target that may be acted on, as `alert-bot targets` prints it',
  per: 'the length of a window of its budgets, as in `30m`',
};

/** What prom-client keeps of a metric: the labels are declared even where there is no series yet. */
const declared = z.object({
  name: z.string(),
  help: z.string(),
  labelNames: z.array(z.string()),
});
const sampled = z.object({
  name: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram', 'summary']),
  values: z.array(z.object({ labels: z.record(z.string(), z.union([z.string(), z.number()])) })),
});

export interface Described {
  name: string;
  type: string;
  help: string;
  labels: readonly string[];
  /** The labels of each series that is there from the start: all that a closed label can have. */
  series: readonly Readonly<Record<string, string>>[];
  /** Upper bounds of a histogram. */
  buckets: readonly string[];
}

/** The bot's own metrics as a bot has them that has seen nothing yet. */
export async function describeMetrics(): Promise<readonly Described[]> {
  const { registry } = createMetrics({
    incidents: () => NO_INCIDENTS,
    pendingDeliveries: () => 0,
    heartbeatAt: () => 0,
    paused: () => false,
  });
  const samples = z.array(sampled).parse(await registry.getMetricsAsJSON());
  return registry
    .getMetricsAsArray()
    .map((metric) => declared.parse(metric))
    .filter(({ name }) => name.startsWith('alert_bot_'))
    .map(({ name, help, labelNames }) => {
      const sample = samples.find((one) => one.name === name);
      const labelled = (sample?.values ?? []).map(({ labels }) =>
        Object.fromEntries(Object.entries(labels).map(([label, value]) => [label, String(value)])),
      );
      return {
        ...{ name, help, labels: labelNames, type: sample?.type ?? 'untyped' },
        series: labelled.filter((labels) => labelNames.some((label) => label in labels)),
        buckets: [...new Set(labelled.flatMap(({ le }) => le ?? []))],
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The page as it should be: what people wrote above the mark, and the tables below it.
 * @throws Error where a label has no value from the start and nobody said what it holds
 */
export function metricsPage(written: string, metrics: readonly Described[]): string {
  const [head = ''] = written.split(mark);
  const rows = metrics.map(
    ({ name, type, help, labels }) => `| \`${name}\` | ${type} | ${help} | ${codes(labels)} |`,
  );
  return [
    `${head}${mark}\n`,
    '## Every metric\n',
    '| Metric | Type | What it says | Labels |',
    '|---|---|---|---|',
    ...rows,
    '\n## What the labels hold\n',
    '| Metric | Label | Values |',
    '|---|---|---|',
    ...metrics.flatMap(valueRows),
    '',
  ].join('\n');
}

function valueRows(metric: Described): string[] {
  const { name, labels, series, buckets } = metric;
  const [first = '', second] = labels;
  const row = (label: string, holds: string) => `| \`${name}\` | ${label} | ${holds} |`;
  if (buckets.length > 0) return [row('`le`', `seconds: ${codes(buckets)}`)];
  if (labels.length === 0) return [];
  const firsts = valuesOf(series, first);
  const seconds = second === undefined ? [] : valuesOf(series, second);
  // Where not every pair exists, each value of the first label has a row with its own of the second.
  if (second !== undefined && series.length < firsts.length * seconds.length)
    return firsts.map((value) => {
      const own = series.filter((one) => one[first] === value);
      return row(`\`${second}\` where \`${first}\` is \`${value}\``, codes(valuesOf(own, second)));
    });
  return labels.map((label) => row(`\`${label}\``, holdsOf(metric, label)));
}

function holdsOf({ name, series }: Described, label: string): string {
  const values = valuesOf(series, label);
  if (values.length > 0) return codes(values);
  const open = OPEN_LABELS[label];
  if (open !== undefined) return open;
  throw new Error(
    `${name} has the label ${label} without a value at the start: say in OPEN_LABELS what it holds`,
  );
}

const valuesOf = (series: Described['series'], label: string): string[] => [
  ...new Set(series.flatMap((one) => one[label] ?? [])),
];
const codes = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

if (import.meta.main) writeFileSync(page, metricsPage(readFileSync(page, 'utf8'), await describeMetrics()));
