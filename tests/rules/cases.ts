import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const repository = join(import.meta.dirname, '../..');
export const testFolder = 'deploy/prometheus/tests';

const testFile = z.strictObject({
  rule_files: z.array(z.string()).min(1),
  evaluation_interval: z.string(),
  tests: z
    .array(
      z.looseObject({
        name: z.string(),
        alert_rule_test: z.array(
          z.looseObject({
            alertname: z.string(),
            exp_alerts: z.array(
              z.strictObject({ exp_labels: z.record(z.string(), z.string()), exp_annotations: z.unknown() }),
            ),
          }),
        ),
      }),
    )
    .min(1),
});

export type RuleTestFile = z.infer<typeof testFile> & { file: string; alert: string };

/** The files beside the rules, each about one alert: `<alert>.test.yml` or `<alert>.<more>.test.yml`. */
export function ruleTestFiles(): RuleTestFile[] {
  return readdirSync(join(repository, testFolder)).map((file) => ({
    // failsafe: `0x24` is promtool's notation for 25 zeroes, not a number.
    ...testFile.parse(
      parse(readFileSync(join(repository, testFolder, file), 'utf8'), { schema: 'failsafe' }),
    ),
    file,
    alert: basename(file).split('.')[0] ?? file,
  }));
}

/** Where the rules are, as the repository has them. alert_rules.yml is the one that every stack has. */
export const ruleFiles = [
  'alert_rules.yml',
  ...readdirSync(join(repository, 'deploy/prometheus/rules')).map(
    (name) => `deploy/prometheus/rules/${name}`,
  ),
];

const length = z.string().regex(/^\d+[smhd]$/);

const alertingRule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: length.optional(),
  keep_firing_for: length.optional(),
  labels: z.strictObject({
    severity: z.enum(['critical', 'warning', 'none']),
    remediation: z.enum(['auto', 'none']).optional(),
    service: z.string().optional(),
  }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
const recordingRule = z.strictObject({
  record: z.string(),
  expr: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
});
const ruleFile = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      interval: length.optional(),
      rules: z.array(z.union([alertingRule, recordingRule])),
    }),
  ),
});

export type RuleFile = z.infer<typeof ruleFile>;
export type AlertingRule = z.infer<typeof alertingRule> & { file: string };

/** Every rule file by its path in the repository. */
export function shippedRules(): Record<string, RuleFile> {
  return Object.fromEntries(
    ruleFiles.map((file) => [file, ruleFile.parse(parse(readFileSync(join(repository, file), 'utf8')))]),
  );
}

export function shippedAlerts(): AlertingRule[] {
  return Object.entries(shippedRules()).flatMap(([file, { groups }]) =>
    groups.flatMap(({ rules }) => rules.flatMap((rule) => ('alert' in rule ? [{ ...rule, file }] : []))),
  );
}
