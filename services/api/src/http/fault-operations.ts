import { z } from 'zod';
import { faultSchema, lastingFaultSchema } from '../faults/fault.ts';
import type { Operations } from './operation.ts';

const shown = z.object({ faults: z.array(lastingFaultSchema) });
const errors = ['unauthorized', 'forbidden'] as const;

export const faultOperations: Operations = {
  'GET /faults': {
    summary: 'The faults that are set',
    secured: true,
    answers: { 200: { description: 'All of them', body: shown } },
    errors,
  },
  'POST /faults': {
    summary: 'Breaks something, on purpose',
    secured: true,
    body: faultSchema,
    answers: {
      200: { description: 'In force', body: shown },
      202: { description: 'About to crash', body: shown.extend({ crashing: z.literal(true) }) },
    },
    errors: ['invalid_request', 'body_broken_off', 'payload_too_large', 'database_unavailable', ...errors],
  },
  'DELETE /faults': {
    summary: 'Ends every fault',
    secured: true,
    answers: { 200: { description: 'All are ended', body: shown } },
    errors: ['database_unavailable', ...errors],
  },
};
