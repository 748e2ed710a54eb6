import { expect, test } from 'vitest';
import { faultSchema } from '../../services/api/src/faults/fault.ts';
import { troubles } from '../../services/api/src/shop/faults.js';

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
