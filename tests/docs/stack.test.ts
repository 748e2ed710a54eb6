import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keyPaths, reaches, read, readYaml, services } from './support/stack-files.ts';

const prometheus = z.object({
  global: z.unknown(),
  rule_files: z.array(z.string()),
  alerting: z.unknown(),
  scrape_configs: z.array(
    z.looseObject({
      job_name: z.string(),
      static_configs: z.array(
        z.object({ targets: z.array(z.string()), labels: z.record(z.string(), z.string()) }),
      ),
    }),
  ),
});
const core = prometheus.parse(readYaml('deploy/prometheus/prometheus.yml'));
const all = prometheus.parse(readYaml('deploy/prometheus/prometheus.all.yml'));

/** `host:port` of what each part of the stack listens on, as its own settings or its image have it. */
const LISTENERS = [
  'api:8000',
  'payments:8010',
  'traffic:8020',
  'alert-bot:5000',
  'prometheus:9090',
  'alertmanager:9093',
  'otel-collector:4318',
  'otel-collector:8888',
  'loki:3100',
  'tempo:3200',
  'tempo:4318',
  'alloy:12345',
  'alloy-socket-proxy:2375',
  'cadvisor-socket-proxy:2375',
  'socket-proxy:2375',
  'grafana:3000',
  'node-exporter:9100',
  'cadvisor:8080',
  'postgres:5432',
  'postgres-exporter:9187',
  'probes:9115',
];

const wrongAddresses = (from: string, text: string) =>
  [...text.matchAll(/(?:https?|tcp|postgres):\/\/(?:[\w-]+@)?([\w-]+:\d+)/g)]
    .map(([, address = '']) => address)
    .filter((address) => !LISTENERS.includes(address) || !reaches(from, address.split(':')[0] ?? ''));

describe('Prometheus with the profile all', () => {
  it('holds all that it has without it, first and unchanged', () => {
    expect(all).toMatchObject({ global: core.global, rule_files: core.rule_files, alerting: core.alerting });
    expect(all.scrape_configs.slice(0, core.scrape_configs.length)).toEqual(core.scrape_configs);
  });

  it('scrapes what listens there, over a network that both are in', () => {
    const targets = all.scrape_configs.flatMap(({ job_name, static_configs }) =>
      static_configs.flatMap((one) => one.targets.map((target) => ({ job_name, target }))),
    );
    const direct = targets.filter(({ job_name }) => job_name !== 'probe');
    expect(
      direct.filter(
        ({ target }) => !LISTENERS.includes(target) || !reaches('prometheus', target.split(':')[0] ?? ''),
      ),
    ).toEqual([]);
    const probed = targets.filter(({ job_name }) => job_name === 'probe').map(({ target }) => target);
    expect(probed.flatMap((target) => wrongAddresses('blackbox-exporter', target))).toEqual([]);
    expect(probed.length).toBeGreaterThan(3);
  });

  it('scrapes every part that lasts, but the proxies, which have no figures', () => {
    const jobs = all.scrape_configs.map(({ job_name }) => job_name);
    const lasting = Object.entries(services).filter(([, { restart }]) => restart !== 'no');
    const unseen = lasting.map(([name]) => name).filter((name) => !jobs.includes(name));
    expect(unseen.toSorted()).toEqual([
      'alloy-socket-proxy',
      'cadvisor-socket-proxy',
      'postgres',
      'socket-proxy',
    ]);
  });

  it('G8: gives `up` the name of a service only where it is that service’s own', () => {
    const named = all.scrape_configs.flatMap(({ job_name, static_configs }) =>
      static_configs
        .filter(({ labels }) => labels['service'] !== undefined && labels['service'] !== job_name)
        .map(() => job_name),
    );
    expect(named).toEqual([]);
  });

  it('says of each that is only in the profile that it is of the platform', () => {
    const added = all.scrape_configs.slice(core.scrape_configs.length);
    for (const { job_name, static_configs } of added)
      for (const { labels } of static_configs) expect(labels['tier'], job_name).toBe('platform');
  });
});

describe('the addresses in', () => {
  it.each([
    ['deploy/collector/collector.yml', 'otel-collector'],
    ['deploy/tempo/tempo.yml', 'tempo'],
    ['deploy/alloy/config.alloy', 'alloy'],
    ['deploy/grafana/provisioning/datasources/datasources.yml', 'grafana'],
  ])('%s are those of parts that %s reaches', (file, from) => {
    const text = read(file).replaceAll(/^\s*(\/\/|#).*$/gm, '');
    expect(text).toMatch(/(http|tcp):\/\//);
    expect(wrongAddresses(from, text)).toEqual([]);
  });

  it('docker-compose.yml are those of parts that the service reaches', () => {
    for (const [name, { environment }] of Object.entries(services)) {
      const values = Object.values(environment).map((value) =>
        value.replaceAll(/\$\{COMPOSE_PROFILES:\+([^}]*)\}/g, '$1'),
      );
      const outside = values.filter((value) => !value.includes('127.0.0.1'));
      expect(wrongAddresses(name, outside.join('\n')), name).toEqual([]);
    }
  });
});

/**
 * What ran on the real Loki 3.4, Tempo 3.0 and Collector 0.141, key by key (2026-11-20); what was not in that run, with
 * the page that has it. None of the three can be started where this test runs.
 */
describe('every key was read by the real product, or is in its documentation:', () => {
  it('Loki', () => {
    const paths = keyPaths(readYaml('deploy/loki/loki.yml'));
    expect(paths.toSorted()).toEqual(
      [
        'auth_enabled',
        'server.http_listen_port',
        'server.log_level',
        'common.instance_addr',
        'common.path_prefix',
        'common.replication_factor',
        'common.ring.kvstore.store',
        'common.storage.filesystem.chunks_directory',
        'common.storage.filesystem.rules_directory',
        'schema_config.configs[].from',
        'schema_config.configs[].store',
        'schema_config.configs[].object_store',
        'schema_config.configs[].schema',
        'schema_config.configs[].index.prefix',
        'schema_config.configs[].index.period',
        'compactor.working_directory',
        'compactor.retention_enabled',
        'compactor.delete_request_store',
        'limits_config.retention_period',
        'limits_config.otlp_config.resource_attributes.ignore_defaults',
        'limits_config.otlp_config.resource_attributes.attributes_config[].action',
        'limits_config.otlp_config.resource_attributes.attributes_config[].attributes[]',
        'analytics.reporting_enabled',
        // grafana.com/docs/loki/latest/operations/storage/retention
        'limits_config.retention_stream[].selector',
        'limits_config.retention_stream[].priority',
        'limits_config.retention_stream[].period',
      ].toSorted(),
    );
  });

  it('Tempo', () => {
    const receivers = 'distributor.receivers.otlp.protocols';
    const generator = 'metrics_generator';
    expect(keyPaths(readYaml('deploy/tempo/tempo.yml')).toSorted()).toEqual(
      [
        'server.http_listen_port',
        'server.log_level',
        `${receivers}.grpc.endpoint`,
        `${receivers}.http.endpoint`,
        'storage.trace.backend',
        'storage.trace.wal.path',
        'storage.trace.local.path',
        'backend_scheduler.provider.compaction.compaction.block_retention',
        'backend_worker.compaction.block_retention',
        `${generator}.registry.external_labels.source`,
        `${generator}.registry.collection_interval`,
        `${generator}.storage.path`,
        `${generator}.storage.remote_write[].url`,
        `${generator}.storage.remote_write[].send_exemplars`,
        `${generator}.processor.service_graphs.peer_attributes[]`,
        `${generator}.processor.span_metrics.dimensions[]`,
        'overrides.defaults.metrics_generator.processors[]',
        'stream_over_http_enabled',
        'usage_report.reporting_enabled',
      ].toSorted(),
    );
  });
});

describe('Alloy', () => {
  const text = read('deploy/alloy/config.alloy').replaceAll(/^\s*\/\/.*$/gm, '');

  it('names only components that are there', () => {
    const made = [...text.matchAll(/^([a-z]+(?:\.[a-z]+)+) "(\w+)" \{$/gm)].map(
      ([, kind, name]) => `${kind}.${name}`,
    );
    const used = [...text.matchAll(/\b((?:discovery|loki)\.[a-z_.]+)\.(?:receiver|targets|rules)\b/g)].map(
      ([, name]) => name,
    );
    expect(made.length).toBeGreaterThan(3);
    expect(used.filter((name) => !made.includes(name ?? ''))).toEqual([]);
    expect(made.filter((name) => !used.includes(name) && !name.startsWith('loki.source'))).toEqual([]);
  });

  it('reads only variables that Compose sets, and closes what it opens', () => {
    const variables = [...text.matchAll(/sys\.env\("(\w+)"\)/g)].map(([, name]) => name ?? '');
    expect(variables.filter((name) => services['alloy']?.environment[name] === undefined)).toEqual([]);
    // The two of a template or an expression stand in quotes, and in pairs.
    const count = (sign: string) => text.split(sign).length;
    expect([count('{'), count('['), count('(')]).toEqual([count('}'), count(']'), count(')')]);
  });

  it('gives usage events the label that Loki keeps longer by', () => {
    expect(text).toContain('values = { usage = "true" }');
    expect(read('deploy/loki/loki.yml')).toContain(`selector: '{usage="true"}'`);
  });
});

it('what is written in Go collects its garbage before its container’s limit is reached', () => {
  const MiB = (text: string) => Number(/^(\d+)(?:MiB|m)$/.exec(text)?.[1]);
  const told = Object.entries(services).filter(([, { environment }]) => environment['GOMEMLIMIT']);
  expect(told.length).toBeGreaterThan(4);
  for (const [name, { environment, mem_limit = '' }] of told) {
    const share = MiB(environment['GOMEMLIMIT'] ?? '') / MiB(mem_limit);
    expect(share, name).toBeGreaterThan(0.7);
    expect(share, name).toBeLessThan(0.95);
  }
});
