/** Mutations of a document as a tree: fields missing, renamed, of another type, copied to where they do not belong. */
import fc from 'fast-check';
import { type Json, ODD_KEYS, oddJson } from './odd.ts';

export interface Graft {
  /** Which of all values of the tree, modulo their number. */
  slot: number;
  other: number;
  how: 'replace' | 'remove' | 'rename' | 'copy' | 'wrap' | 'many';
  value: Json;
  key: string;
}

export const graft: fc.Arbitrary<Graft> = fc.record({
  slot: fc.nat(10_000),
  other: fc.nat(10_000),
  how: fc.constantFrom<Graft['how']>('replace', 'replace', 'remove', 'rename', 'copy', 'wrap', 'many'),
  value: oddJson,
  key: fc.constantFrom(...ODD_KEYS, 'status', 'labels', 'alerts', 'name', 'by'),
});

type Slot = { parent: Json[]; key: number } | { parent: { [key: string]: Json }; key: string };

/** A changed copy. */
export function change(document: Json, grafts: readonly Graft[]): Json {
  const top: Json[] = [structuredClone(document)];
  let multiplied = false;
  for (const one of grafts) {
    // Once: many of many of many would be more than this process holds.
    if (one.how === 'many' && multiplied) continue;
    multiplied ||= one.how === 'many';
    const slots = slotsOf(top);
    const slot = slots[one.slot % slots.length];
    const other = slots[one.other % slots.length];
    if (slot !== undefined && other !== undefined) apply(slot, other, one);
  }
  return top[0] ?? null;
}

function apply(slot: Slot, other: Slot, { how, value, key }: Graft): void {
  const here = read(slot);
  if (how === 'replace') set(slot, value);
  else if (how === 'copy') set(slot, structuredClone(read(other)));
  else if (how === 'wrap') set(slot, key === '' ? [here] : { [key]: here });
  else if (how === 'many') set(slot, Array<Json>(key.length * 40 + 2).fill(here));
  else if (how === 'remove') remove(slot);
  else if (!Array.isArray(slot.parent)) {
    remove(slot);
    define(slot.parent, key, here);
  }
}

function slotsOf(top: Json[]): Slot[] {
  const found: Slot[] = [];
  const walk = (value: Json, depth: number): void => {
    // Enough to choose from, and no stack to run out of.
    if (depth > 30 || found.length > 2_000) return;
    if (Array.isArray(value))
      value.forEach((item, key) => {
        found.push({ parent: value, key });
        walk(item, depth + 1);
      });
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) {
        found.push({ parent: value, key });
        walk(item, depth + 1);
      }
  };
  walk(top, 0);
  return found;
}

function read(slot: Slot): Json {
  return (Array.isArray(slot.parent) ? slot.parent[Number(slot.key)] : slot.parent[slot.key]) ?? null;
}
function set(slot: Slot, value: Json): void {
  if (Array.isArray(slot.parent)) slot.parent[Number(slot.key)] = value;
  else define(slot.parent, String(slot.key), value);
}
function remove(slot: Slot): void {
  if (Array.isArray(slot.parent)) slot.parent.splice(Number(slot.key), 1);
  else delete slot.parent[slot.key];
}
/** Also where the key is `__proto__`. */
function define(parent: { [key: string]: Json }, key: string, value: Json): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}
