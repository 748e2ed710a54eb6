import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Labels } from '../domain/alert.ts';
import { formatDuration, type Millis, parseDuration } from '../domain/duration.ts';
import type { Playbook } from '../domain/playbook.ts';
import { compileMatcher } from '../policy/matchers.ts';
import { longestRange } from '../signals/promql.ts';
import { Failure } from './failure.ts';
import { lacksLabel, type Recorded } from './rule-labels.ts';

/** A length of time as Prometheus reads it; 0 where it is left out. */
const length = z
  .string()
  .transform((text) => parseDuration(text) ?? 0)
  .default(0);

const rulesFile = z.looseObject({
  groups: z.array(
    z.looseObject({
      interval: length,
      rules: z.array(
        z.looseObject({
          alert: z.string().optional(),
          record: z.string().optional(),
          // A rule such as `vector(1)` may stand without quotes as a number.
          expr: z.coerce.string(),
          for: length,
          keep_firing_for: length,
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
  const recorded = new Map<string, { expr: string; labels: Labels }[]>();
  for (const { record, expr, labels } of rules)
    if (record !== undefined) recorded.set(record, [...(recorded.get(record) ?? []), { expr, labels }]);
  const recording = new Map([...recorded].map(([name, all]) => [name, all.map(({ expr }) => expr)]));
  const alerts = rules.flatMap(({ alert, expr, labels, holds }): Alert[] =>
    alert === undefined ? [] : [{ expr, holds, labels: { ...labels, alertname: alert } }],
  );
  const warnings = playbooks
    .filter((playbook) => !alerts.some(({ labels }) => mayMatch(playbook, labels)))
    .map(({ name }) => `${name} matches no alert of ${file}: mend its matchers, or add the alert.`);
  for (const alert of alerts) {
    const { expr, labels } = alert;
    const by = playbooks.find((playbook) => mayMatch(playbook, labels));
    if (by === undefined && labels['remediation'] === 'auto')
      warnings.push(
        `no playbook matches ${labels['alertname']}, which is labelled remediation="auto": write one.`,
      );
    if (by !== undefined)
      warnings.push(...ofProof(by, alert, longestRange(expr, recording)), ...ofTarget(by, alert, recorded));
  }
  return warnings;
}

interface Alert {
  expr: string;
  labels: Labels;
  /** How long it fires on after its expression lets go: for, keep_firing_for, and two evaluations of its group. */
  holds: Millis;
}

/** A proof takes at least as long as its rule needs to let go (design §6); the file should say so. */
function ofProof({ name, prove }: Playbook, { labels, holds }: Alert, range: Millis | null): string[] {
  const alertname = labels['alertname'];
  if (range === null)
    return [
      `how far ${alertname} looks back cannot be told, so that ${name} takes 10m for its proof: write its ranges out.`,
    ];
  const needs = range + holds;
  if (prove.within >= needs) return [];
  return [
    `${name} gives a proof ${formatDuration(prove.within)}, and ${alertname} may fire for ${formatDuration(needs)} after the cure; the bot waits that long: write prove.within: ${formatDuration(needs)} or more, or shorten the ranges of the rule.`,
  ];
}

/** A label that the playbook's target needs, and that no alert of the rule can have. */
function ofTarget({ name, service }: Playbook, { expr, labels }: Alert, recorded: Recorded): string[] {
  const needed = [...service.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label ?? '');
  return [...new Set(needed)]
    .filter((label) => labels[label] === undefined && lacksLabel(expr, label, recorded))
    .map(
      (label) =>
        `${labels['alertname']} names no target: ${name} needs its label ${label}, which its expression sums away; write sum by (${label}) or the like, or ${label} under the rule's labels.`,
    );
}

function mayMatch({ matchers }: Playbook, known: Labels): boolean {
  return matchers.every((text) => {
    const { name, test } = compileMatcher(text);
    const value = Object.hasOwn(known, name) ? known[name] : undefined;
    // A templated label has its value only in the alert.
    return value === undefined || value.includes('{{') || test(value);
  });
}

async function readRules(file: string) {
  try {
    const parsed = rulesFile.safeParse(parse(await readFile(file, 'utf8')));
    if (parsed.success)
      return parsed.data.groups.flatMap(({ rules, interval }) =>
        // Where the group has no interval, Prometheus' own holds, which is not known here.
        rules.map((rule) => ({ ...rule, holds: rule.for + rule.keep_firing_for + 2 * interval })),
      );
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
