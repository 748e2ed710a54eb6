import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { check } from '../support/check.ts';
import { generations } from '../support/generations.ts';
import {
  type RuleFile,
  repository,
  ruleFiles,
  ruleTestFiles,
  shippedAlerts,
  shippedRules,
  testFolder,
} from './cases.ts';

const files = ruleTestFiles();
const rules = shippedRules();
const names = shippedAlerts().map(({ alert }) => alert);
const alwaysFiring = ['Watchdog'];
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'shop-rules-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

describe('the tests of the rules', () => {
  it.each(names)('say of %s when it fires, with labels and annotations, and when it does not', (alert) => {
    const said = files
      .flatMap((file) => (file.alert === alert ? file.tests : []))
      .flatMap((test) => test.alert_rule_test);

    expect(said.filter((one) => one.alertname !== alert)).toEqual([]);
    expect(said.filter((one) => one.exp_alerts.length > 0)).not.toEqual([]);
    if (!alwaysFiring.includes(alert)) {
      expect(said.filter((one) => one.exp_alerts.length === 0)).not.toEqual([]);
    }
  });

  it('are about rules that exist', () => {
    expect(names).toEqual(expect.arrayContaining(files.map((file) => file.alert)));
  });
});

/** Lays out what promtool needs as the repository does, with one test only, so that each has its own result. */
async function layOut(
  name: string,
  shipped: Record<string, RuleFile>,
  tests: object,
): Promise<{ folder: string; file: string }> {
  const folder = await mkdtemp(join(work, `${name}-`));
  const file = join(testFolder, 'one.test.yml');
  await mkdir(join(folder, testFolder), { recursive: true });
  for (const [path, content] of Object.entries(shipped)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), stringify(content));
  }
  await writeFile(join(folder, file), stringify(tests, { aliasDuplicateObjects: false }));
  return { folder, file };
}

/** What is recorded, and of the alerts only those: all others would be evaluated all the same, for days of a burn rate. */
function withAlerts(...kept: string[]): Record<string, RuleFile> {
  return Object.fromEntries(
    Object.entries(rules).map(([file, { groups }]) => {
      const left = groups.map((group) => ({
        ...group,
        rules: group.rules.filter((rule) => !('alert' in rule) || kept.includes(rule.alert)),
      }));
      return [file, { groups: left }];
    }),
  );
}

describe.each(await generations())('with $name', ({ promtool }) => {
  it.each(ruleFiles)('%s is well-formed', async (file) => {
    const verdict = await check(promtool, ['check', 'rules', file], repository);
    expect(verdict.passed, verdict.said).toBe(true);
    const count = rules[file]?.groups.flatMap((group) => group.rules).length;
    expect(verdict.said).toContain(`SUCCESS: ${count} rules found`);
  });

  describe.each(files)('$file', ({ file: _, alert, ...content }) => {
    it.concurrent.each(content.tests)('$name', async (test) => {
      const { folder, file } = await layOut(alert, withAlerts(alert), { ...content, tests: [test] });
      const verdict = await check(promtool, ['test', 'rules', file], folder);
      expect(verdict.passed, verdict.said).toBe(true);
    });
  });

  it.concurrent.each(names)('the tests of %s fail without it', async (alert) => {
    const tests = files.filter((one) => one.alert === alert && one.file === `${alert}.test.yml`);
    expect(tests).toHaveLength(1);

    for (const { file: _, alert: __, ...content } of tests) {
      const { folder, file } = await layOut(`without-${alert}`, withAlerts(), content);
      const verdict = await check(promtool, ['test', 'rules', file], folder);
      expect(verdict.said).toContain(`alertname: ${alert}`);
      expect(verdict.passed).toBe(false);
    }
  });
});
