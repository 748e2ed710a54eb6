/** What Prometheus scrapes: the metrics of each job, with the labels that the scrape configuration adds. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Catalog, union, withLabels } from './catalog.ts';

const configuration = z.looseObject({
  global: z.looseObject({ scrape_interval: z.string() }),
  rule_files: z.array(z.string()),
  scrape_configs: z.array(
    z.looseObject({
      job_name: z.string(),
      static_configs: z
        .array(
          z.looseObject({
            targets: z.array(z.string()),
            labels: z.record(z.string(), z.string()).optional(),
          }),
        )
        .default([]),
      relabel_configs: z.array(z.looseObject({ target_label: z.string().optional() })).default([]),
      metric_relabel_configs: z.array(z.looseObject({ target_label: z.string().optional() })).default([]),
    }),
  ),
});

export function readConfiguration(file: string) {
  return configuration.parse(parse(readFileSync(file, 'utf8')));
}

type Configuration = ReturnType<typeof readConfiguration>;

/** Labels of the targets of a job. Those that begin with `__` are gone before anything is stored. */
export function targetLabels(job: Configuration['scrape_configs'][number]): Set<string> {
  const labels = ['job', 'instance'];
  for (const { labels: more = {} } of job.static_configs) labels.push(...Object.keys(more));
  for (const { target_label: label } of [...job.relabel_configs, ...job.metric_relabel_configs])
    if (label !== undefined) labels.push(label);
  return new Set(labels.filter((label) => !label.startsWith('__')));
}

/** What Prometheus itself stores for every target. */
const OF_EVERY_TARGET = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
];

/** @param exported what each job's targets export; a job that is not here has to be known by somebody */
export function scraped(config: Configuration, exported: ReadonlyMap<string, Catalog>) {
  const unknown = config.scrape_configs.map((job) => job.job_name).filter((name) => !exported.has(name));
  const catalogs = config.scrape_configs.map((job) => {
    const labels = targetLabels(job);
    const own = exported.get(job.job_name) ?? new Map();
    const always = new Map(OF_EVERY_TARGET.map((name) => [name, new Set<string>()]));
    return withLabels(union(own, always), labels);
  });
  return { unknown, catalog: union(...catalogs) };
}
