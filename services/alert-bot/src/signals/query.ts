import { z } from 'zod';

/** Prometheus writes numbers as text, as Go does: `0.5`, `1e-05`, `NaN`, `+Inf`, `-Inf`. */
const goNumber = z.string().transform((text, context) => {
  if (text === 'NaN') return Number.NaN;
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isNaN(value)) return value;
  context.addIssue({ code: 'custom', message: `"${text}" is not a number` });
  return z.NEVER;
});

/** `[seconds, "value"]` */
const sample = z.tuple([z.number(), goNumber]).transform(([at, value]) => ({
  at: Math.round(at * 1_000),
  value,
}));

const metric = z.record(z.string(), z.string());

/** The answer of `/api/v1/query`. A series of native histograms has `histogram(s)` in place of `value(s)`. */
export const queryShape = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('scalar'), result: sample }),
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric, value: sample.optional() })),
    }),
    z.object({
      resultType: z.literal('matrix'),
      result: z.array(z.object({ metric, values: z.array(sample).default([]) })),
    }),
    z.object({ resultType: z.literal('string'), result: z.unknown() }),
  ]),
});
