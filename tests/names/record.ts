/**
 * Renews tests/names/recorded from the real programs: `npm exec -- node tests/names/record.ts`, with prometheus,
 * alertmanager, node_exporter, postgres_exporter and blackbox_exporter in PATH and the collector's image in Docker.
 * Each is started with the options of docker-compose.yml that decide what it exports, scraped once, and ended.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { freePort } from '../../packages/service/src/testing/free-port.ts';
import { until } from '../../scripts/stack/until.ts';
import { startPostgres } from '../support/postgres.ts';
import { catalogOf, parseExposition } from './support/catalog.ts';
import { recordedFolder, recordingText } from './support/recorded.ts';

const repository = resolve(import.meta.dirname, '../..');
const compose = z
  .object({ services: z.record(z.string(), z.looseObject({ command: z.array(z.string()).optional() })) })
  .parse(
    parse(readFileSync(join(repository, 'docker-compose.yml'), 'utf8'), { merge: true, maxAliasCount: -1 }),
  );

/** The options of a service that switch collectors on and off. */
const collectors = (service: string): string[] =>
  (compose.services[service]?.command ?? []).filter((option) => /^--(no-)?collector\.[a-z_]+$/.test(option));

const folder = mkdtempSync(join(tmpdir(), 'shop-record-'));
const started: ChildProcess[] = [];

/** Starts a program and answers its address once it serves metrics. */
async function start(command: string, args: (port: number) => string[], env: Record<string, string> = {}) {
  const port = await freePort();
  const child = spawn(command, args(port), {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  started.push(child);
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const address = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${address}/metrics`)).ok, {
    what: `${command} to serve metrics; it said: ${said.slice(-5).join('')}`,
  });
  return address;
}

function versionOf(command: string): string {
  // Some say it on their standard error.
  const { stdout, stderr } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return `${command} ${/version ([^\s+]+)/.exec(stdout + stderr)?.[1] ?? 'of unknown version'}`;
}

async function record(name: string, version: string, address: string): Promise<void> {
  const catalog = catalogOf(parseExposition(await (await fetch(address)).text()));
  const metrics = Object.fromEntries([...catalog].map(([metric, labels]) => [metric, [...labels]]));
  const source = new Date().toISOString().slice(0, 10);
  const text = recordingText({ how: 'recorded', version, source, metrics });
  writeFileSync(join(recordedFolder, `${name}.json`), text);
  console.log(`${name}: ${catalog.size} metrics of ${version}`);
}

/** The collector has passed on a trace and a log line, and could not pass on others: only then it has all its series. */
async function recordCollector(): Promise<void> {
  const backend = createHttpServer((request, response) => {
    request.resume();
    if (behaviour !== 'silent') response.writeHead(behaviour === 'taking' ? 200 : 400).end();
  }).listen(0, '127.0.0.1');
  let behaviour: 'taking' | 'refusing' | 'silent' = 'taking';
  await once(backend, 'listening');
  const [otlp, metrics] = [await freePort(), await freePort()];
  const config = parse(readFileSync(join(repository, 'deploy/collector/collector.yml'), 'utf8'));
  const { port: backendPort } = z.object({ port: z.number() }).parse(backend.address());
  config.receivers.otlp.protocols = { http: { endpoint: `127.0.0.1:${otlp}` } };
  for (const exporter of Object.values<{ endpoint: string; sending_queue: object }>(config.exporters)) {
    exporter.endpoint = `http://127.0.0.1:${backendPort}`;
    // So small that it can be filled.
    exporter.sending_queue = { num_consumers: 1, queue_size: 1 };
  }
  config.service.telemetry.metrics.readers[0].pull.exporter.prometheus = { host: '127.0.0.1', port: metrics };
  const file = join(folder, 'collector.yml');
  writeFileSync(file, stringify(config));
  const image = z
    .string()
    .parse(compose.services['otel-collector']?.['image'])
    .replace(/\$\{\w+:-([^}]+)\}/, '$1');
  const name = `shop-record-${process.pid}`;
  chmodSync(folder, 0o755);
  const options = ['--rm', `--name=${name}`, '--network=host', `--volume=${file}:/etc/collector.yml:ro`];
  const child = spawn('docker', ['run', ...options, image, '--config=/etc/collector.yml'], {
    stdio: 'inherit',
  });
  try {
    const send = async (path: string, body: object) =>
      (
        await fetch(`http://127.0.0.1:${otlp}/v1/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).ok;
    const trace = {
      resourceSpans: [
        { scopeSpans: [{ spans: [{ traceId: '1'.repeat(32), spanId: '1'.repeat(16), name: 'recorded' }] }] },
      ],
    };
    const line = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'recorded' } }] }] }] };
    const exported = async (series: string) =>
      (await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()).includes(series);
    await until(() => send('traces', trace), { what: 'the collector to take a trace' });
    await send('logs', line);
    await until(() => exported('otelcol_exporter_sent_spans'), { what: 'the collector to have sent it' });
    await until(() => exported('otelcol_exporter_sent_log_records'), {
      what: 'the collector to have sent a line',
    });
    behaviour = 'refusing';
    await send('traces', trace);
    await send('logs', line);
    await until(() => exported('otelcol_exporter_send_failed_log_records'), {
      what: 'a failure of the collector',
    });
    behaviour = 'silent';
    for (const signal of ['spans', 'log_records'])
      await until(
        async () => {
          await (signal === 'spans' ? send('traces', trace) : send('logs', line));
          return exported(`otelcol_exporter_enqueue_failed_${signal}`);
        },
        { what: 'the queue of the collector to be full' },
      );
    const said = spawnSync('docker', ['run', '--rm', image, '--version'], { encoding: 'utf8' }).stdout.trim();
    await record('otel-collector', said, `http://127.0.0.1:${metrics}/metrics`);
  } finally {
    spawnSync('docker', ['rm', '-f', name]);
    await once(child, 'exit').catch(() => undefined);
    backend.closeAllConnections();
    backend.close();
  }
}

/** A database with pg_stat_statements that has been asked something. */
async function database() {
  const postgres = await startPostgres();
  const run = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  await run("alter system set shared_preload_libraries = 'pg_stat_statements'");
  await postgres.restart();
  await run('create extension pg_stat_statements', 'create table kept (id int)', 'select count(*) from kept');
  return postgres;
}

const postgres = await database();
try {
  const node = await start('node_exporter', (port) => [
    `--web.listen-address=127.0.0.1:${port}`,
    ...collectors('node-exporter'),
  ]);
  await record('node-exporter', versionOf('node_exporter'), `${node}/metrics`);

  const ofPostgres = await start(
    'postgres_exporter',
    (port) => [`--web.listen-address=127.0.0.1:${port}`, ...collectors('postgres-exporter')],
    { DATA_SOURCE_NAME: `${postgres.url}?sslmode=disable` },
  );
  await record('postgres-exporter', versionOf('postgres_exporter'), `${ofPostgres}/metrics`);

  writeFileSync(join(folder, 'blackbox.yml'), 'modules: { http_2xx: { prober: http } }\n');
  const blackbox = await start('blackbox_exporter', (port) => [
    `--config.file=${join(folder, 'blackbox.yml')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const probed = encodeURIComponent(`${node}/metrics`);
  await record(
    'blackbox-exporter',
    versionOf('blackbox_exporter'),
    `${blackbox}/probe?module=http_2xx&target=${probed}`,
  );

  writeFileSync(
    join(folder, 'alertmanager.yml'),
    'route: { receiver: hook }\nreceivers: [{ name: hook, webhook_configs: [{ url: "http://127.0.0.1:1" }] }]\n',
  );
  const alertmanager = await start('alertmanager', (port) => [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]);
  await record('alertmanager', versionOf('alertmanager'), `${alertmanager}/metrics`);

  writeFileSync(
    join(folder, 'rules.yml'),
    'groups: [{ name: g, rules: [{ alert: A, expr: "vector(1)" }] }]\n',
  );
  const target = alertmanager.slice('http://'.length);
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ['${target}'] }] }] }
scrape_configs: [{ job_name: alertmanager, static_configs: [{ targets: ['${target}'] }] }]
`,
  );
  const prometheus = await start('prometheus', (port) => [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    '--enable-feature=exemplar-storage',
    // Its first alert finds no Alertmanager yet.
    '--rules.alert.resend-delay=1s',
  ]);
  const sent = async () => {
    const text = await (await fetch(`${prometheus}/metrics`)).text();
    return /^prometheus_notifications_sent_total\{.*\} [1-9]/m.test(text);
  };
  await until(sent, { what: 'Prometheus to have sent an alert' });
  await recordCollector();
  await record('prometheus', versionOf('prometheus'), `${prometheus}/metrics`);
} finally {
  for (const child of started) child.kill();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
