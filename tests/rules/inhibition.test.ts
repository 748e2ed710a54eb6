/** One cause is one page: what the shipped configuration holds back, asked of real Alertmanagers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePorts } from '../../scripts/stack/ports.ts';
import { answersWell, until } from '../../scripts/stack/until.ts';
import { generations } from '../support/generations.ts';
import { repository, shippedAlerts } from './cases.ts';

type Labels = Record<string, string>;
const rules = shippedAlerts();
const held = z.array(
  z.object({ labels: z.record(z.string(), z.string()), status: z.object({ state: z.string() }) }),
);

/** `HighErrorRate api`, `ErrorBudgetBurns api slo=latency`: with the labels that its rule gives it. */
function labelsOf(text: string): Labels {
  const [alertname = '', ...more] = text.split(' ');
  const given = more.map((one) => (one.includes('=') ? one.split('=') : ['service', one]));
  const labels: Labels = { alertname, ...Object.fromEntries(given) };
  if (alertname === 'RemediationEscalated') return { ...labels, origin: 'alert-bot' };
  const rule = rules.find(({ alert }) => alert === alertname);
  if (rule === undefined) throw new Error(`no rule makes ${alertname}`);
  for (const [name, value] of Object.entries(rule.labels)) if (value !== undefined) labels[name] = value;
  return labels;
}

const cases: { when: string; silent: string[]; told: string[] }[] = [
  {
    when: 'DatabaseDown',
    silent: [
      'DatabaseSlow',
      'DatabaseConnectionsNearMax postgres',
      'DatabaseRollbacks postgres',
      'PostgresExporterFailing postgres',
      'ContainerDown postgres',
      'HighErrorRate api',
      'HighLatency api',
      'ProbeFailed api',
      'ErrorBudgetBurnsFast api slo=availability',
    ],
    told: [
      'DatabaseDown',
      'HighErrorRate payments',
      'ServiceDown payments',
      'HighMemory api',
      'NodeDiskFull',
    ],
  },
  {
    when: 'DatabaseSlow',
    silent: ['HighErrorRate api', 'HighLatency api', 'DatabasePoolExhausted api', 'ProbeSlow api'],
    told: [
      'DatabaseSlow',
      'HighUpstreamLatency payments',
      'HighLatency payments',
      'HighMemory api',
      'ServiceDown payments',
    ],
  },
  {
    when: 'ServiceDown api',
    silent: [
      'HighErrorRate api',
      'HighLatency api',
      'HighMemory api',
      'EventLoopBlocked api',
      'ProbeFailed api',
      'ContainerDown api',
      'TrafficDropped api',
      'ErrorBudgetBurns api slo=availability',
    ],
    told: ['ServiceDown api', 'HighErrorRate payments', 'ProbeFailed payments', 'DatabaseDown'],
  },
  {
    when: 'HighUpstreamErrorRate payments',
    silent: [
      'HighErrorRate payments',
      'HighLatency payments',
      'HighUpstreamLatency payments',
      'ProbeFailed payments',
    ],
    told: ['HighUpstreamErrorRate payments', 'HighErrorRate api', 'HighLatency api'],
  },
  {
    when: 'HighErrorRate api',
    silent: [
      'HighLatency api',
      'EventLoopBlocked api',
      'ErrorBudgetBurnsFast api slo=availability',
      'ProbeFailed api',
    ],
    told: [
      'HighErrorRate api',
      'HighMemory api',
      'HighLatency payments',
      'ErrorBudgetBurns payments slo=availability',
    ],
  },
  {
    when: 'HighMemory api',
    silent: ['ContainerMemoryHigh api', 'EventLoopBlocked api'],
    told: ['HighMemory api', 'HighLatency api', 'ContainerMemoryHigh payments', 'TrafficDropped api'],
  },
  {
    when: 'TargetDown loki',
    silent: ['LokiDiscarding loki', 'LokiRequestErrors loki', 'ContainerDown loki', 'ProbeFailed loki'],
    told: ['TargetDown loki', 'TargetDown tempo', 'AlloyDropping alloy', 'PrometheusTsdbFailing prometheus'],
  },
  {
    when: 'AlertBotDown alert-bot',
    silent: [
      'AlertBotBlind alert-bot',
      'ProbeFailed alert-bot',
      'AlertmanagerNotificationsFailing alertmanager integration=webhook',
    ],
    told: [
      'AlertBotDown alert-bot',
      'AlertmanagerNotificationsFailing alertmanager integration=email',
      'HighErrorRate api',
      'ProbeFailed api',
    ],
  },
  {
    when: 'ErrorBudgetBurnsFast api slo=availability',
    silent: ['ErrorBudgetBurns api slo=availability'],
    told: [
      'ErrorBudgetBurnsFast api slo=availability',
      'ErrorBudgetBurns api slo=latency',
      'HighErrorRate payments',
    ],
  },
  {
    when: 'RemediationEscalated payments',
    silent: ['HighErrorRate api', 'HighLatency api'],
    told: ['RemediationEscalated payments', 'HighErrorRate payments', 'ServiceDown api', 'HighMemory api'],
  },
];

describe.each(await generations())('with $name', ({ alertmanager }) => {
  let folder: string;
  let child: ChildProcess | undefined;
  let address: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'shop-inhibition-'));
    const { alertmanager: port } = await freePorts();
    address = `http://127.0.0.1:${port}`;
    const args = [
      `--config.file=${join(repository, 'alertmanager.yml')}`,
      `--storage.path=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ];
    const { path, cwd, env } = alertmanager;
    child = spawn(path, args, { cwd, env: { ...process.env, ...env }, stdio: 'ignore' });
    await until(() => answersWell(`${address}/-/ready`), { what: 'Alertmanager' });
  });
  afterAll(async () => {
    if (child?.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill();
      // It writes its files as it ends.
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function post(alerts: readonly string[], endsAt: Date): Promise<void> {
    const body = JSON.stringify(
      alerts.map((text) => ({ labels: labelsOf(text), startsAt: new Date(Date.now() - 60_000), endsAt })),
    );
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${address}/api/v2/alerts`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
  }

  /** Those of the alerts that Alertmanager holds back. */
  async function suppressed(): Promise<Labels[]> {
    const all = held.parse(await (await fetch(`${address}/api/v2/alerts`)).json());
    return all.filter(({ status }) => status.state === 'suppressed').map(({ labels }) => labels);
  }

  it.each(cases)('$when', async ({ when, silent, told }) => {
    // Each by itself: those that are told may be a cause of others.
    for (const other of [...silent, ...told.filter((text) => text !== when)]) {
      const both = [when, other];
      await post(both, new Date(Date.now() + 60_000));
      const all = async () => held.parse(await (await fetch(`${address}/api/v2/alerts`)).json()).length === 2;
      await until(all, { what: 'Alertmanager to hold both' });
      const expected = silent.includes(other) ? [labelsOf(other)] : [];
      // What is to be held back is so a moment after the cause has come; what is not never is.
      if (expected.length > 0)
        await until(async () => (await suppressed()).length > 0, {
          what: `${other} to be held back by ${when}`,
        });
      expect(await suppressed(), other).toEqual(expected);
      await post(both, new Date(Date.now() - 1_000));
      await until(
        async () => held.parse(await (await fetch(`${address}/api/v2/alerts`)).json()).length === 0,
        {
          what: 'Alertmanager to forget both',
        },
      );
    }
  });
});
