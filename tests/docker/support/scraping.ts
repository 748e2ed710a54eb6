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
