import { z } from 'zod';
import { OUTCOMES, STATUSES } from '../domain/incident.ts';
import { name } from './input.ts';
import { ALL_REASONS } from './shapes.ts';

const oneOf = (values: readonly string[]) => `one of ${values.join(', ')}`;
const ASKED = ['open', ...STATUSES] as const;

/** Which incidents, in a query: by whatever but a time. What is left out is any. */
export const incidentFilter = {
  status: z
    .enum(ASKED, { error: oneOf(ASKED) })
    .optional()
    .meta({ description: 'open: all but closed' }),
  target: name.optional(),
  service: name.optional(),
  playbook: name.optional(),
  reason: z.enum(ALL_REASONS, { error: 'one of docs/reasons.md' }).optional(),
  outcome: z.enum(OUTCOMES, { error: oneOf(OUTCOMES) }).optional(),
  severity: name.optional(),
};
