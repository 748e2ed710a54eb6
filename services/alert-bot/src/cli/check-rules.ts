import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Labels } from '../domain/alert.ts';
import type { Playbook } from '../domain/playbook.ts';
import { compileMatcher } from '../policy/matchers.ts';
import { longestRange } from '../signals/promql.ts';
import { Failure } from './failure.ts';

const rulesFile = z.looseObject({
  groups: z.array(
    z.looseObject({
      rules: z.array(
        z.looseObject({
          alert: z.string().optional(),
          record: z.string().optional(),
          expr: z.string(),
          labels: z.record(z.string(), z.coerce.string()).default({}),
        }),
      ),
    }),
  ),
});

/**
 * Compares Prometheus' rules with the playbooks. Labels that only the alert will have are not known here:
 * a matcher on one of these counts as one that may match.
 * @returns warnings, a sentence each
 */
export async function checkRules(file: string, playbooks: readonly Playbook[]): Promise<string[]> {
  const rules = await readRules(file);
  const recording = new Map<string, string[]>();
  for (const { record, expr } of rules)
    if (record !== undefined) recording.set(record, [...(recording.get(record) ?? []), expr]);
  const alerts = rules.flatMap(({ alert, expr, labels }): { expr: string; labels: Labels }[] =>
    alert === undefined ? [] : [{ expr, labels: { ...labels, alertname: alert } }],
  );
  const warnings = playbooks
    .filter((playbook) => !alerts.some(({ labels }) => mayMatch(playbook, labels)))
    .map(({ name }) => `${name} matches no alert of ${file}: mend its matchers, or add the alert.`);
  for (const { expr, labels } of alerts) {
    const by = playbooks.find((playbook) => mayMatch(playbook, labels));
    if (by === undefined && labels['remediation'] === 'auto')
      warnings.push(
        `no playbook matches ${labels['alertname']}, which is labelled remediation="auto": write one.`,
      );
    if (by !== undefined && longestRange(expr, recording) === null)
      warnings.push(
        `how far ${labels['alertname']} looks back cannot be told, so that ${by.name} takes 10m for its proof: write its ranges out.`,
      );
  }
  return warnings;
}

function mayMatch({ matchers }: Playbook, known: Labels): boolean {
  return matchers.every((text) => {
    const [name = ''] = /[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(text) ?? [];
    const value = known[name];
    // A templated label has its value only in the alert.
    return value === undefined || value.includes('{{') || compileMatcher(text).matches(known);
  });
}

async function readRules(file: string) {
  try {
    const parsed = rulesFile.safeParse(parse(await readFile(file, 'utf8')));
    if (parsed.success) return parsed.data.groups.flatMap(({ rules }) => rules);
    const { path, message } = parsed.error.issues[0] ?? { path: [], message: '' };
    throw new Failure(
      `${file} is no rule file (${path.join('.')}: ${message}): check it with promtool check rules.`,
    );
  } catch (error) {
    if (error instanceof Failure) throw error;
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new Failure(`${file} cannot be read (${why}): check it with promtool check rules.`);
  }
}
