import { describe, expect, it } from 'vitest';
import { check } from '../support/check.ts';
import { generations } from '../support/generations.ts';
import { repository, shippedAlerts } from './cases.ts';

const heartbeat = 'alertname=Watchdog severity=none';
const routes: [what: string, labels: string, receivers: string][] = [
  ['what the bot says goes to people', 'alertname=RemediationEscalated origin=alert-bot', 'people'],
  [
    'what the bot says never comes back to it, even if it carries the label of a remediable alert',
    'alertname=RemediationEscalated origin=alert-bot remediation=auto',
    'people',
  ],
  ['the heartbeat goes to the bot alone', heartbeat, 'alert-bot'],
  [
    'what may be remediated goes to the bot, and to people',
    'alertname=Any remediation=auto',
    'alert-bot,people',
  ],
  ['everything else goes to people', 'alertname=Any severity=critical', 'people'],
  ['a value of the label other than auto is no leave to act', 'alertname=Any remediation=manual', 'people'],
];

const rules = shippedAlerts();

/** The bot may act on it; it is the heartbeat; or it is for people alone. */
function receivers({ alert, labels }: (typeof rules)[number]): string {
  if (alert === 'Watchdog') return 'alert-bot';
  return labels.remediation === 'auto' ? 'alert-bot,people' : 'people';
}

it('only rules that a restart may help with ask for one', () => {
  const auto = rules.filter(({ labels }) => labels.remediation === 'auto').map(({ alert }) => alert);
  expect(auto).toEqual([
    'HighUpstreamErrorRate',
    'HighUpstreamLatency',
    'HighErrorRate',
    'HighLatency',
    'ServiceDown',
    'HighMemory',
  ]);
});

describe.each(await generations())('with $name', ({ amtool }) => {
  it('the shipped file is well-formed', async () => {
    expect(await check(amtool, ['check-config', 'alertmanager.yml'], repository)).toMatchObject({
      passed: true,
    });
  });

  async function received(labels: string[]): Promise<string> {
    const args = ['config', 'routes', 'test', '--config.file=alertmanager.yml', ...labels];
    return (await check(amtool, args, repository)).answer.trim();
  }

  it.each(routes)('%s', async (_, labels, expected) => {
    expect(await received(labels.split(' '))).toBe(expected);
  });

  it.each(rules)('$alert reaches those it is meant for', async (rule) => {
    const pairs = Object.entries({ alertname: rule.alert, service: 'api', ...rule.labels });
    expect(await received(pairs.map(([key, value]) => `${key}=${value}`))).toBe(receivers(rule));
  });
});
