import { z } from 'zod';
import type { AlertingRule } from '../domain/signals.ts';
import { longestRange } from './promql.ts';
import { instant } from './time.ts';

const seconds = z.number().transform((value) => Math.round(value * 1_000));

const alertShape = z.object({
  labels: z.record(z.string(), z.string()),
  state: z.enum(['pending', 'firing', 'inactive']),
});

const alertingShape = z.object({
  type: z.literal('alerting'),
  name: z.string(),
  query: z.string(),
  duration: seconds,
  // Since 2.42.
  keepFiringFor: seconds.default(0),
  lastEvaluation: instant,
  health: z.string(),
  alerts: z.array(alertShape).nullish(),
});

const recordingShape = z.object({ type: z.literal('recording'), name: z.string(), query: z.string() });

const groupShape = z.object({
  interval: seconds,
  rules: z.array(z.discriminatedUnion('type', [alertingShape, recordingShape])),
});

/** The answer of `/api/v1/rules`, recording rules included. */
export const rulesShape = z.object({
  status: z.literal('success'),
  data: z.object({ groups: z.array(groupShape) }),
});

/** Alerting rules of all groups; ranges are resolved through the recording rules of all groups. */
export function toAlertingRules(groups: readonly z.infer<typeof groupShape>[]): AlertingRule[] {
  const recording = new Map<string, string[]>();
  for (const rule of groups.flatMap((group) => group.rules))
    if (rule.type === 'recording')
      recording.set(rule.name, [...(recording.get(rule.name) ?? []), rule.query]);

  return groups.flatMap((group) =>
    group.rules.flatMap((rule) =>
      rule.type === 'recording'
        ? []
        : [
            {
              name: rule.name,
              query: rule.query,
              holds: rule.duration,
              keepFiringFor: rule.keepFiringFor,
              interval: group.interval,
              lastEvaluation: rule.lastEvaluation,
              healthy: rule.health === 'ok',
              alerts: (rule.alerts ?? []).flatMap(({ labels, state }) =>
                state === 'inactive' ? [] : [{ labels, state }],
              ),
              range: longestRange(rule.query, recording),
            },
          ],
    ),
  );
}
