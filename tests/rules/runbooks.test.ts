import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { alertsPage } from '../../scripts/alerts.ts';
import { runCli } from '../../services/alert-bot/src/cli/run.ts';
import { readPlaybookFiles } from '../../services/alert-bot/src/config/playbook-files.ts';
import { repository, shippedAlerts, shippedRules } from './cases.ts';

const folder = join(repository, 'docs/runbooks');
const read = (file: string): string => readFileSync(join(repository, file), 'utf8');
const alerts = shippedAlerts();
const books = readdirSync(folder).map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));
const services = Object.keys(
  z
    .object({ services: z.record(z.string(), z.unknown()) })
    .parse(parse(read('docker-compose.yml'), { merge: true, maxAliasCount: -1 })).services,
);

/** Programs that a machine with Docker has, or that Compose's images have. */
const programs = ['docker', 'curl', 'df', 'free', 'top', 'timedatectl', 'npm'];

it('each alert names its runbook, and each runbook has its alert', () => {
  for (const { alert, annotations } of alerts)
    expect(annotations.runbook_url).toBe(`docs/runbooks/${alert}.md`);
  expect(books.map(({ file }) => file).toSorted()).toEqual(
    alerts.map(({ alert }) => `${alert}.md`).toSorted(),
  );
});

it('docs/alerts.md is what npm run alerts writes', () => {
  const written = read('docs/alerts.md');
  expect(written).toBe(alertsPage(written));
});

describe('the objectives', () => {
  const objectives = Object.values(shippedRules()).flatMap(({ groups }) =>
    groups.flatMap(({ rules }) =>
      rules.flatMap((rule) =>
        'record' in rule && rule.record === 'slo:objective:ratio'
          ? [{ slo: rule.labels?.['slo'], value: Number(/^vector\((.*)\)$/.exec(rule.expr)?.[1]) }]
          : [],
      ),
    ),
  );

  it('can be missed fast enough for the fastest page: a full outage burns more than 14.4 times', () => {
    expect(objectives).toHaveLength(4);
    for (const { value } of objectives) expect(1 / (1 - value)).toBeGreaterThan(14.4);
  });

  it('leave room for what the simulated gateway fails', () => {
    const simulated = Number(
      /PAYMENTS_FAILURE_RATE: share\('(.*)'\)/.exec(read('services/payments/src/config.ts'))?.[1],
    );
    expect(simulated).toBeGreaterThan(0);
    for (const { slo, value } of objectives)
      if (slo === 'availability') expect(1 - value).toBeGreaterThan(simulated);
  });
});

describe.each(books)('$file', ({ file, text }) => {
  const name = file.replace('.md', '');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  );
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, span = '']) => span);

  it('says what it means, what the bot does, how to look and how to mend', () => {
    expect([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      name,
      'What the bot does',
      'Look',
      'Mend',
    ]);
    expect(text.split('\n').length).toBeLessThan(60);
  });

  it('has commands to look with, of programs, services and commands that exist', async () => {
    expect(blocks).not.toEqual([]);
    expect(blocks.filter((line) => !programs.includes(line.split(' ')[0] ?? ''))).toEqual([]);
    for (const line of [...blocks, ...spans]) {
      const [, verb = '', rest = ''] = /^docker compose (?:-\S+ )*(\w+)(.*)$/.exec(line) ?? [];
      if (verb === '') continue;
      expect(['ps', 'logs', 'exec', 'up', 'start', 'restart', 'kill', 'stop']).toContain(verb);
      const words = rest.split(' ').filter((word) => /^[a-z]/.test(word) && !/^\d/.test(word));
      const named = verb === 'exec' ? words.slice(0, 1) : words.filter((word) => !/^\d+[smh]$/.test(word));
      expect(
        named.filter((word) => !services.includes(word)),
        line,
      ).toEqual([]);
    }
    const commands = [
      ...`${blocks.join('\n')}\n${spans.join('\n')}`.matchAll(/(?<!exec )\balert-bot ([a-z]+)/g),
    ];
    for (const [line, command = ''] of commands) expect(await helpOf(command), line).toBe(0);
  });

  it('links to files that exist, and speaks of files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(resolve(folder, link)))).toEqual([]);
    const paths = [...text.matchAll(/\b(?:docs|deploy)\/[\w./-]*\w/g)].map(([path]) => path);
    expect(paths.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });
});

it('the runbook of what the bot acts on names its playbook and how often it may', async () => {
  const loaded = await readPlaybookFiles({
    playbooks: join(repository, 'deploy/playbooks.yml'),
    overrides: null,
  });
  if ('errors' in loaded) throw new Error('deploy/playbooks.yml is wrong');
  for (const { alert, labels } of alerts) {
    const text = read(`docs/runbooks/${alert}.md`);
    const playbook = loaded.file.playbooks.find((one) =>
      one.matches({ alertname: alert, service: 'api', severity: labels.severity }),
    );
    const named = [...text.matchAll(/playbook `([\w-]+)`/g)].map(([, one = '']) => one);
    expect(named, alert).toEqual(playbook === undefined ? [] : [playbook.name]);
    const [step] = playbook?.steps ?? [];
    if (step?.kind === 'restart')
      expect(text.replaceAll('\n', ' '), alert).toContain(`up to ${step.attempts} restarts`);
  }
});

const helped = new Map<string, Promise<number>>();
function helpOf(command: string): Promise<number> {
  const known = helped.get(command) ?? runCli([command, '--help'], {});
  helped.set(command, known);
  return known;
}
