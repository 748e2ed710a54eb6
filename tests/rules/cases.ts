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
            exp_alerts: z.array(z.object({ exp_labels: z.unknown(), exp_annotations: z.unknown() })),
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

const ruleFile = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.record(z.string(), z.string()),
          annotations: z.strictObject({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});

export type RuleFile = z.infer<typeof ruleFile>;

export function shippedRules(): RuleFile {
  return ruleFile.parse(parse(readFileSync(join(repository, 'alert_rules.yml'), 'utf8')));
}
