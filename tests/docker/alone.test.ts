import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { until } from '../../scripts/stack/until.ts';
import { ComposeProject, docker, repository, requireEngine } from './support/compose-project.ts';
import { NODE_IMAGE } from './support/containers.ts';

/** Somebody's service: it answers Prometheus with 404, which is what ServiceDown calls down. */
const WEB = `require('node:http').createServer((_, response) => response.writeHead(404).end()).listen(80);
process.on('SIGTERM', () => process.exit(0));`;

const PROMETHEUS = `
global: { scrape_interval: 2s, evaluation_interval: 2s }
rule_files: [/etc/prometheus/alert_rules.yml]
alerting: { alertmanagers: [ { static_configs: [ { targets: ['alertmanager:9093'] } ] } ] }
scrape_configs:
  - job_name: web
    static_configs: [ { targets: ['web:80'], labels: { service: web, tier: workload } } ]
`;

describe('the bot beside somebody’s own Prometheus and Alertmanager', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alone-'));
  const file = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o644 });
  let project: ComposeProject;

  beforeAll(async () => {
    await requireEngine();
    project = new ComposeProject(join(folder, 'compose.yml'), {}, 'beside');
    const shipped = join(repository, 'deploy/alert-bot.compose.yml');
    file('.env', 'ALERTMANAGER_URL=http://alertmanager:9093\nPROMETHEUS_URL=http://prometheus:9090\n');
    file('prometheus.yml', PROMETHEUS);
    file('alertmanager.yml', JSON.stringify(pasted(readFileSync(shipped, 'utf8'))));
    const services = {
      web: {
        image: NODE_IMAGE,
        command: ['node', '-e', WEB],
        labels: { 'alert-bot.enable': 'true' },
        mem_limit: '64m',
      },
      prometheus: {
        image: `prom/prometheus:\${PROMETHEUS_VERSION:-v3.14.0}`,
        volumes: [
          './prometheus.yml:/etc/prometheus/prometheus.yml:ro',
          `${repository}/alert_rules.yml:/etc/prometheus/alert_rules.yml:ro`,
        ],
        tmpfs: ['/prometheus:uid=65534'],
        mem_limit: '256m',
      },
      alertmanager: {
        image: `prom/alertmanager:\${ALERTMANAGER_VERSION:-v0.34.0}`,
        volumes: [
          './alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro',
          './token:/run/secrets/alert-bot:ro',
        ],
        tmpfs: ['/alertmanager:uid=65534'],
        mem_limit: '64m',
      },
    };
    file('compose.yml', JSON.stringify({ include: [shipped], services }));
    // As the head of the file says: the bot first, its token to Alertmanager.
    await project.up('--build', 'alert-bot');
    file('token', await project.exec('alert-bot', 'alert-bot', 'token', 'webhook'));
    await project.up();
  });
  afterAll(async () => {
    await project?.down();
    rmSync(folder, { recursive: true });
  });

  const startedAt = () =>
    docker(['container', 'inspect', '--format', '{{.State.StartedAt}}', `${project.name}-web-1`]);
  const log = () => project.compose('logs', '--no-color', '--no-log-prefix', 'alert-bot');

  test('says what it would do, and does nothing', async () => {
    const before = await startedAt();
    const said = await until(
      async () => (await log()).split('\n').find((line) => line.includes('"observe_only"')),
      { what: 'the bot to decide about ServiceDown', withinMs: 90_000, everyMs: 500 },
    );
    expect(JSON.parse(said)).toMatchObject({
      target: `docker:service:${project.name}/web`,
      alert: 'ServiceDown',
      decision: 'skip',
      because: expect.stringContaining('first_attempt'),
    });
    const deadline = performance.now() + 20_000;
    while (performance.now() < deadline) {
      expect(await startedAt()).toBe(before);
      await delay(500);
    }
    expect(await log()).not.toContain('"verb"');
  });

  test('the doctor says that all is well', async () => {
    const says = await until(
      async () => {
        // Its exit code alone would not say what it complains of.
        const all = await project.exec('alert-bot', 'sh', '-c', 'alert-bot doctor || true');
        // That it only watches is what it says, rightly.
        if (/^(warn|FAIL) {2}(?!playbooks: .* 0 of them in mode act)/m.test(all)) throw new Error(all);
        return all;
      },
      { what: 'a doctor without a complaint', withinMs: 150_000, everyMs: 2_000 },
    );
    expect(says).toMatch(/^All well\.$/m);
    expect(says).not.toMatch(/^ok {4}target (?!.*\/web: )/m);
  });

  test('down -v leaves nothing', async () => {
    await project.down();
    expect(await project.leftovers()).toEqual({ containers: [], volumes: [], networks: [], images: [] });
  });
});

/** What the head of the file tells people to paste, in a configuration that has only people. */
function pasted(head: string): unknown {
  const lines = head.slice(0, head.indexOf('x-hardened')).split('\n');
  const from = lines.findIndex((line) => /^# {6}route:/.test(line));
  const to = lines.findIndex((line) => line.startsWith('# 6.'));
  const config = z
    .object({ route: z.object({ routes: z.array(z.unknown()) }), receivers: z.array(z.unknown()) })
    .parse(
      parse(
        lines
          .slice(from, to)
          .map((line) => line.slice('#      '.length))
          .join('\n'),
      ),
    );
  return {
    route: { receiver: 'people', ...config.route },
    receivers: [{ name: 'people' }, ...config.receivers],
  };
}
