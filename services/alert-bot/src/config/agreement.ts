import { z } from 'zod';
import { didYouMean } from './nearest.ts';
import type { PlaybookError, Source } from './yaml-source.ts';

// What several values must agree on. It looks at the file as it was written, each part by itself, so that it
// is told in the same run as the errors of single values.

const item = z.looseObject({
  name: z.string().optional().catch(undefined),
  target: z.looseObject({ service: z.string() }).optional().catch(undefined),
  steps: z.array(z.unknown()).catch([]),
  prove: z
    .looseObject({ query: z.unknown().optional(), above: z.unknown().optional() })
    .optional()
    .catch(undefined),
});
type Item = z.output<typeof item>;
const window = z.looseObject({
  name: z.string().optional().catch(undefined),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
  playbooks: z.array(z.unknown()).catch([]),
});
const file = z.looseObject({
  playbooks: z.array(z.unknown()).catch([]),
  maintenance: z.array(z.unknown()).catch([]),
});
const stepShape = z.record(z.string(), z.unknown());

/** Playbooks of one name, ladders that make no sense, halves of a proof, windows for nothing. */
export function disagreements(source: Source): PlaybookError[] {
  const parsed = file.safeParse(source.value);
  return [...ofPlaybooks(source, parsed.data?.playbooks ?? []), ...ofWindows(source, parsed.data)];
}

function ofWindows(source: Source, parsed: z.output<typeof file> | undefined): PlaybookError[] {
  const names = (parsed?.playbooks ?? []).flatMap((raw) => item.safeParse(raw).data?.name ?? []);
  const seen = new Set<string>();
  return (parsed?.maintenance ?? []).flatMap((raw, index) => {
    const found = window.safeParse(raw).data;
    if (found === undefined) return [];
    const path = ['maintenance', index];
    const errors: PlaybookError[] = [];
    if (found.from !== undefined && found.from === found.to)
      errors.push(
        source.error(
          [...path, 'to'],
          'is where the window begins, so that it has no length: write another time, or from "00:00" to "24:00" for whole days',
        ),
      );
    for (const [at, name] of found.playbooks.entries())
      if (typeof name === 'string' && name !== '' && !names.includes(name))
        errors.push(
          source.error(
            [...path, 'playbooks', at],
            `is the name of no playbook: ${names.length === 0 ? 'leave it out' : didYouMean(name, names)}`,
          ),
        );
    if (found.name !== undefined && seen.has(found.name))
      errors.push(source.error([...path, 'name'], 'is the name of a window above: write another name'));
    if (found.name !== undefined) seen.add(found.name);
    return errors;
  });
}

function ofPlaybooks(source: Source, playbooks: readonly unknown[]): PlaybookError[] {
  const seen = new Set<string>();
  return playbooks.flatMap((raw, index) => {
    const found = item.safeParse(raw).data;
    if (found === undefined) return [];
    const errors = [...ofSteps(source, found, index), ...ofProof(source, found, index)];
    if (found.name !== undefined && seen.has(found.name))
      errors.push(
        source.error(['playbooks', index, 'name'], 'is the name of a playbook above: write another name'),
      );
    if (found.name !== undefined) seen.add(found.name);
    return errors;
  });
}

function ofSteps(source: Source, { steps }: Item, index: number): PlaybookError[] {
  const path = ['playbooks', index, 'steps'];
  const kinds = steps.map((step) => Object.keys(stepShape.safeParse(step).data ?? {}));
  const errors = kinds.flatMap((keys, at) => {
    if (keys.length === 1 || stepShape.safeParse(steps[at]).success === false) return [];
    const why = keys.length === 0 ? 'says nothing' : 'says several things';
    return [source.error([...path, at], `${why}: write one step an entry, restart: {} or escalate: {}`)];
  });
  const end = kinds.findIndex((keys) => keys.includes('escalate'));
  if (end >= 0 && end < kinds.length - 1)
    errors.push(
      source.error(
        [...path, end + 1],
        'comes after escalate and is never reached: write escalate as the last step',
      ),
    );
  if (kinds.length > 0 && kinds.every((keys) => keys.length === 1 && keys[0] === 'escalate'))
    errors.push(source.error(path, 'has no step that acts: write restart: {} before escalate: {}'));
  return errors;
}

function ofProof(source: Source, { prove, target }: Item, index: number): PlaybookError[] {
  const path = ['playbooks', index, 'prove'];
  const { query, above } = prove ?? {};
  if (query !== undefined && above === undefined)
    return [
      source.error([...path, 'query'], 'has no limit: write above: and a number, such as 0.2, beside it'),
    ];
  if (above !== undefined && query === undefined)
    return [
      source.error([...path, 'above'], 'is a limit of no query: write query: beside it, or leave above out'),
    ];
  // Such a query blames this target for what another one does.
  if (
    typeof query === 'string' &&
    !query.includes('$labels.') &&
    target?.service.includes('$labels.') === true
  )
    return [
      source.error(
        [...path, 'query'],
        'asks the same of every target: write a label of the alert into it, such as service="{{ $labels.service }}"',
      ),
    ];
  return [];
}
