import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { repository } from './compose-project.ts';

const shape = z.looseObject({ global: z.looseObject({}), scrape_configs: z.array(z.unknown()) });

/** The shipped configuration with more to scrape, in JSON, which is YAML too. */
export function scraping(services: readonly string[]): string {
  const shipped = shape.parse(
    parse(readFileSync(join(repository, 'deploy/prometheus/prometheus.yml'), 'utf8')),
  );
  const jobs = services.map((service) => ({
    job_name: service,
    static_configs: [{ targets: [`${service}:80`], labels: { service, tier: 'workload' } }],
  }));
  const global = { ...shipped.global, scrape_interval: '2s', evaluation_interval: '2s' };
  return JSON.stringify({ ...shipped, global, scrape_configs: [...shipped.scrape_configs, ...jobs] });
}

const all = z.looseObject({
  scrape_configs: z.array(
    z.looseObject({
      job_name: z.string(),
      static_configs: z.array(z.looseObject({ labels: z.record(z.string(), z.string()) })),
    }),
  ),
});

/** The shipped configuration of the profile `all` without what a run leaves out: whole jobs, and single probes. */
export function scrapingAllBut(absent: readonly string[]): string {
  const path = join(repository, 'deploy/prometheus/prometheus.all.yml');
  const shipped = all.parse(parse(readFileSync(path, 'utf8')));
  const jobs = shipped.scrape_configs
    .filter(({ job_name }) => !absent.includes(job_name))
    .map((job) => ({
      ...job,
      static_configs: job.static_configs.filter(({ labels }) => !absent.includes(labels['probe'] ?? '')),
    }));
  return JSON.stringify({ ...shipped, scrape_configs: jobs });
}
