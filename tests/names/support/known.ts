/** Everything that Prometheus can know of, by the profile that is running. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Catalog, catalogOf, union } from './catalog.ts';
import type { Live } from './live.ts';
import { recordedCatalog } from './recorded.ts';
import { checkRules, readRules } from './rules.ts';
import { readConfiguration, scraped } from './scraped.ts';

export const root = resolve(import.meta.dirname, '../../..');
export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Files of rules, those of the root first: the others may use what it records. */
export function ruleFiles(): string[] {
  const more = readdirSync(join(root, 'deploy/prometheus/rules')).filter((name) => name.endsWith('.yml'));
  return ['alert_rules.yml', ...more.map((name) => `deploy/prometheus/rules/${name}`)];
}

/** Jobs whose metrics come from somebody else's program, with the recording that has them. */
const RECORDED: Readonly<Record<string, string>> = {
  prometheus: 'prometheus',
  alertmanager: 'alertmanager',
  'otel-collector': 'otel-collector',
  loki: 'loki',
  tempo: 'tempo',
  alloy: 'alloy',
  grafana: 'grafana',
  'node-exporter': 'node-exporter',
  cadvisor: 'cadvisor',
  'postgres-exporter': 'postgres-exporter',
  probe: 'blackbox-exporter',
};

/** @param configuration the file that says what is scraped */
export function knownTo(configuration: string, live: Live) {
  const exported = new Map<string, Catalog>(
    [...live.exported].map(([job, series]) => [job, catalogOf(series)]),
  );
  for (const [job, recording] of Object.entries(RECORDED)) exported.set(job, recordedCatalog(recording));
  // Of itself it says what any Go program says.
  exported.set('blackbox-exporter', new Map());
  const { unknown, catalog } = scraped(readConfiguration(join(root, configuration)), exported);
  const rules = ruleFiles().flatMap((file) => readRules(join(root, file)));
  const all = union(catalog, recordedCatalog('tempo-metrics-generator'));
  return { unknown, ...checkRules(rules, all) };
}
