/** Writes docs/alerts.md: every alert of the rule files, with who acts on it. `npm run alerts`; a test compares. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const repository = join(import.meta.dirname, '..');
const page = join(repository, 'docs/alerts.md');
const mark = '<!-- npm run alerts writes what follows -->';

const ruleFile = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string().optional(),
          for: z.string().default('0s'),
          labels: z.record(z.string(), z.string()).default({}),
          annotations: z.record(z.string(), z.string()).default({}),
        }),
      ),
    }),
  ),
});

/** The page as it should be: what people wrote above the mark, and a table for each rule file below it. */
export function alertsPage(written: string): string {
  const [head = ''] = written.split(mark);
  const more = readdirSync(join(repository, 'deploy/prometheus/rules')).map(
    (name) => `deploy/prometheus/rules/${name}`,
  );
  return `${[`${head}${mark}`, ...['alert_rules.yml', ...more].map(tableOf)].join('\n\n')}\n`;
}

function tableOf(file: string): string {
  const { groups } = ruleFile.parse(parse(readFileSync(join(repository, file), 'utf8')));
  const rows = groups.flatMap(({ rules }) =>
    rules.flatMap(({ alert, labels, annotations, for: wait }) =>
      alert === undefined
        ? []
        : [
            `| [${alert}](runbooks/${alert}.md) | ${plain(annotations['summary'] ?? '')} | ${labels['severity']} | ${wait} | ${labels['remediation'] === 'auto' ? 'restarts it' : ''} |`,
          ],
    ),
  );
  return [
    `## ${file}\n`,
    '| Alert | What it says | Severity | After | The bot |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** Labels by their name: what they are is known when it fires. */
function plain(summary: string): string {
  return summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '($1)');
}

if (import.meta.main) writeFileSync(page, alertsPage(readFileSync(page, 'utf8')));
