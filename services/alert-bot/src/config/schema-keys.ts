import { z } from 'zod';
import type { Path } from './yaml-source.ts';

/** A JSON schema as far as it is looked into here. */
const node = z.object({
  get properties() {
    return z.record(z.string(), node).optional();
  },
  get items() {
    return node.optional();
  },
});
type Node = z.output<typeof node>;

/** Asked once for each unknown key, and a file may have thousands. */
const known = new WeakMap<z.ZodType, Node>();
function read(schema: z.ZodType): Node {
  const found = known.get(schema) ?? node.parse(z.toJSONSchema(schema, { io: 'input' }));
  known.set(schema, found);
  return found;
}

/** The keys that a map at this path may have. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  let at: Node | undefined = read(schema);
  for (const key of path) at = typeof key === 'number' ? at?.items : at?.properties?.[key];
  return Object.keys(at?.properties ?? {});
}

/** Every key of a schema, such as `playbooks[].prove.query`. */
export function allKeys(schema: z.ZodType): string[] {
  const walk = (at: Node, prefix: string): string[] =>
    Object.entries(at.properties ?? {}).flatMap(([key, child]) => {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      return [
        path,
        ...walk(child, path),
        ...(child.items === undefined ? [] : walk(child.items, `${path}[]`)),
      ];
    });
  return walk(read(schema), '');
}
