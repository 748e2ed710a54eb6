import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { decide } from '../../../services/alert-bot/src/policy/decide.ts';
import { factsRow } from '../../../services/alert-bot/src/store/facts-row.ts';

const at = z.iso.datetime().transform((text) => Date.parse(text));
const decision = z.object({
  at,
  kind: z.string(),
  reason: z.string(),
  until: at.nullable(),
  step: z.number().optional(),
  also: z.array(z.string()),
  guards: z.array(z.object({ guard: z.string(), answer: z.string(), because: z.string() })),
  facts: factsRow,
});
const incidents = z.array(z.object({ id: z.number(), decisions: z.array(decision) }));

/**
 * Every decision of a recorded run, as it was told and as `decide` takes it from the facts in its row alone.
 * @param file the incidents as the API shows them
 */
export function decidedTwice(file: string) {
  return incidents.parse(JSON.parse(readFileSync(file, 'utf8'))).flatMap(({ id, decisions }) =>
    decisions.map(({ at: then, facts, ...told }) => {
      const again = decide(facts, then);
      return { incident: id, told, again: { until: null, ...again } };
    }),
  );
}
