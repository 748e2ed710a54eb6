/** docs/metrics.md is what the code makes of its registry. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { type Described, describeMetrics, metricsPage } from '../../scripts/metrics-reference.ts';
import { REASONS } from '../../services/alert-bot/src/domain/reason.ts';

const written = readFileSync(resolve(import.meta.dirname, '../../docs/metrics.md'), 'utf8');

const described = (more: Partial<Described>): Described => ({
  ...{ name: 'alert_bot_x', type: 'gauge', help: 'Help.', labels: [], series: [], buckets: [], ...more },
});
const tables = (...metrics: Described[]): string => metricsPage('', metrics);

it('is what npm run metrics writes', async () => {
  expect(written).toBe(metricsPage(written, await describeMetrics()));
});

it('has each reason of each kind of decision', () => {
  for (const [kind, reasons] of Object.entries(REASONS)) {
    const values = reasons.map((reason) => `\`${reason}\``).join(', ');
    expect(written).toContain(
      `| \`alert_bot_decisions_total\` | \`reason\` where \`kind\` is \`${kind}\` | ${values} |`,
    );
  }
});

it('has the values of two labels once each, where every pair exists', () => {
  const series = ['a', 'b'].flatMap((verb) => ['1', '2'].map((result) => ({ verb, result })));
  const page = tables(described({ labels: ['verb', 'result'], series }));
  expect(page).toContain('| `alert_bot_x` | `verb` | `a`, `b` |\n| `alert_bot_x` | `result` | `1`, `2` |');
});

it('is not written while nobody has said what an open label holds', () => {
  expect(() => tables(described({ labels: ['colour'] }))).toThrow('alert_bot_x has the label colour');
  expect(tables(described({ labels: ['target'] }))).toContain('| `target` | the id of a target');
});
