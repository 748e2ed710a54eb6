import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { COMMAND_NAMES } from '../../services/alert-bot/src/cli/run.ts';
import { VARIABLES } from '../../services/alert-bot/src/config/env.ts';
import { explain, REASONS } from '../../services/alert-bot/src/domain/reason.ts';
import { createMetrics, NO_INCIDENTS } from '../../services/alert-bot/src/observe/metrics.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const all = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? match[0])),
];

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'services')).map((name) => `services/${name}/README.md`),
];

const packageJson = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(read('package.json')));

describe.each(pages)('%s', (page) => {
  const text = read(page);

  it('links only to files that exist', () => {
    const links = all(text, /\]\((?!https?:|#)([^)#]+)/g).filter(
      (link) => !existsSync(resolve(root, page, '..', link)),
    );
    expect(links).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const named = all(text, /npm run ([a-z][a-z:]*)/g);
    expect(named.filter((name) => packageJson.scripts[name] === undefined)).toEqual([]);
  });

  it('names only variables of the bot that exist', () => {
    expect(all(text, /\bALERT_BOT_[A-Z_]+\b/g).filter((name) => !VARIABLES.includes(name))).toEqual([]);
  });

  it('names only commands of the bot that exist', () => {
    expect(all(text, /-- alert-bot ([a-z]+)/g).filter((name) => !COMMAND_NAMES.includes(name))).toEqual([]);
  });

  it('names only metrics of the bot that exist', async () => {
    const { registry } = createMetrics({
      incidents: () => NO_INCIDENTS,
      pendingDeliveries: () => 0,
      heartbeatAt: () => 0,
      paused: () => false,
    });
    const exported = all(await registry.metrics(), /^# TYPE (\S+)/gm);
    expect(all(text, /\balert_bot_[a-z_]+\b/g).filter((name) => !exported.includes(name))).toEqual([]);
  });

  it('names only alerts that a rule makes', () => {
    const rules = z.object({
      groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string().optional() })) })),
    });
    const files = readdirSync(join(root, 'deploy/prometheus/rules')).map(
      (name) => `deploy/prometheus/rules/${name}`,
    );
    const known = ['alert_rules.yml', ...files.filter((file) => file.endsWith('.yml'))].flatMap((file) =>
      rules
        .parse(parse(read(file)))
        .groups.flatMap((group) => group.rules.flatMap(({ alert }) => alert ?? [])),
    );
    // Ours, sent into Alertmanager by the bot itself.
    known.push('RemediationEscalated', 'RemediationApprovalRequired');
    const shape = /\b((?:High|Service|AlertBot|Remediation|Container|Watch)[A-Z]?[a-z]+(?:[A-Z][a-z]+)*)\b/g;
    const named = all(text, shape).filter((name) => /[a-z][A-Z]/.test(name) || name === 'Watchdog');
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('the bot', () => {
  it('has each of its variables in the README', () => {
    const text = read('README.md');
    expect(VARIABLES.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('has each of its variables in the help of serve', async () => {
    const { serve } = await import('../../services/alert-bot/src/cli/serve.ts');
    const own = VARIABLES.filter((name) => name !== 'ALERT_BOT_URL');
    expect(
      own.filter((name) => !serve.help.includes(`  ${name} `) && !serve.help.includes(`  ${name}\n`)),
    ).toEqual([]);
  });

  it('has each of its metrics in its README', async () => {
    const { registry } = createMetrics({
      incidents: () => NO_INCIDENTS,
      pendingDeliveries: () => 0,
      heartbeatAt: () => 0,
      paused: () => false,
    });
    const text = read('services/alert-bot/README.md');
    const exported = all(await registry.metrics(), /^# TYPE (alert_bot_\S+)/gm);
    expect(exported.filter((name) => !text.includes(name))).toEqual([]);
  });

  it('has each reason with its sentence in docs/reasons.md, and no other', () => {
    const rows = all(read('docs/reasons.md'), /^\| (`.*) \|$/gm);
    const expected = Object.values(REASONS)
      .flat()
      .map((reason) => `\`${reason}\` | ${explain(reason)}`);
    expect(rows.toSorted()).toEqual([...new Set(expected)].toSorted());
  });

  it('answers each endpoint that the README lists', () => {
    const sources = readdirSync(join(root, 'services/alert-bot/src/http'))
      .filter((name) => !name.endsWith('.test.ts'))
      .map((file) => read(`services/alert-bot/src/http/${file}`));
    const code = sources.join('\n');
    const table = read('README.md').split('## alert-bot')[1]?.split('| variable |')[0] ?? '';
    const listed = all(table, /`(?:(?:GET|POST) )?(\/[^`]*)`/g);
    expect(listed.length).toBeGreaterThan(7);
    const missing = listed.filter((path) => !code.includes(`'${path.replace('/api/v1', '')}'`));
    expect(missing).toEqual([]);
  });
});
