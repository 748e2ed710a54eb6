import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { faultSchema } from '../../services/api/src/faults/fault.ts';
import { troubles } from '../../services/api/src/shop/faults.js';

const root = resolve(import.meta.dirname, '../..');
const file = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.looseObject({ alert: z.string().optional(), labels: z.record(z.string(), z.string()).default({}) }),
      ),
    }),
  ),
});
const rules = [join(root, 'alert_rules.yml'), ...globSync(join(root, 'deploy/prometheus/rules/*.yml'))]
  .flatMap((path) => file.parse(parse(readFileSync(path, 'utf8'))).groups)
  .flatMap((group) => group.rules);

test.each(troubles)('the shop page says of $title what the rule $alert says', ({ alert, acts }) => {
  const found = rules.filter((rule) => rule.alert === alert);
  expect(found).not.toEqual([]);
  expect(found.every(({ labels }) => labels['remediation'] === 'auto')).toBe(acts);
});

// The other two are no faults of the api.
const kinds = troubles.filter(({ kind }) => kind !== 'burst' && kind !== 'payments');

test.each(kinds)('the shop page asks for $title as the API takes it', ({ kind, fields, sticky }) => {
  for (const pick of ['value', 'min', 'max'] as const) {
    const values = fields.map((field) => [field.name, field[pick] / (field.scale ?? 1)] as const);
    const asked = { kind, ...Object.fromEntries(values), ...(sticky ? { sticky: true } : {}) };
    // Both at their least or most cannot be had: a blocked event loop that is never free.
    if (kind === 'block' && pick !== 'value') continue;
    expect(faultSchema.parse(asked)).toMatchObject(asked);
  }
});

test('the shop page has every fault that the API has', () => {
  const known = faultSchema.options.map((option) => option.shape.kind.value);
  expect(kinds.map(({ kind }) => kind).toSorted()).toEqual(known.toSorted());
});
