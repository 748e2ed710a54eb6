/** How each option is read from its text: the value, or what is to be given instead. */
import { z } from 'zod';
import type { Burst } from '../users/demand.ts';
import { parseDuration } from './duration.ts';

export function wholeNumber(least: number, most: number) {
  const remedy = `give a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, { error: remedy, abort: true })
    .transform(Number)
    .pipe(z.int().min(least, remedy).max(most, remedy));
}

/** More than 0. */
export function positiveNumber(most: number) {
  const remedy = `give a number above 0, at most ${most}`;
  return z
    .string()
    .regex(/^\d+(\.\d+)?$/, { error: remedy, abort: true })
    .transform(Number)
    .pipe(z.number().positive(remedy).max(most, remedy));
}

/** In whole milliseconds, at least one. */
export const duration = z.string().transform((text, context) => {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  context.addIssue('give a duration, for example 30s, 2m or 1h30m');
  return z.NEVER;
});

/** One that a timer takes: Node fires at once where it is longer than 24.8 days. */
export const shortDuration = duration.refine(
  (milliseconds) => milliseconds <= 86_400_000,
  'give 24h or less',
);

export const httpAddress = z
  .string()
  .refine(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text) && isPlain(new URL(text)),
    'give http://host:port, without a password, a query or a fragment',
  )
  .transform((text) => text.replace(/\/+$/, ''));

/** `5x10s/1m`: five times the rate for the last 10 s of each minute; `none`: at no time. */
export const burst = z.string().transform((text, context): Burst | undefined => {
  if (text === 'none') return undefined;
  const [, factor = '', forText = '', everyText = ''] =
    /^(\d+(?:\.\d+)?)x([0-9.a-z]+)\/([0-9.a-z]+)$/.exec(text) ?? [];
  const [forMs, everyMs] = [parseDuration(forText), parseDuration(everyText)];
  if (!forMs || !everyMs || Number(factor) < 1) {
    context.addIssue(
      'give none, or FACTORxDURATION/EVERY such as 5x10s/1m: five times the rate for 10 s of each minute',
    );
    return z.NEVER;
  }
  if (forMs >= everyMs) {
    context.addIssue('give bursts that are shorter than the time from one to the next, such as 5x10s/1m');
    return z.NEVER;
  }
  return { factor: Number(factor), forMs, everyMs };
});

/** `buy=30,view=10`: the weight of each name; a name that is left out has none. */
export function weights<const Name extends string>(names: readonly [Name, ...Name[]]) {
  return z.string().transform((text, context): Record<Name, number> => {
    const refuse = (why: string) => {
      context.addIssue(
        `${why}: give weights such as ${names[0]}=3,${names.at(-1)}=1, of ${names.join(', ')}`,
      );
      return z.NEVER;
    };
    const given = new Map<string, number>();
    for (const part of text.split(',')) {
      const [, name = '', weight = ''] = /^\s*([a-z_]+)=(\d{1,6}(?:\.\d+)?)\s*$/.exec(part) ?? [];
      if (name === '') return refuse(`${JSON.stringify(part)} is not a name with its weight`);
      if (!names.some((known) => known === name)) return refuse(`there is no ${name}`);
      if (given.has(name)) return refuse(`${name} is given twice`);
      given.set(name, Number(weight));
    }
    if ([...given.values()].every((weight) => weight === 0)) return refuse('nothing is left to do');
    return weightsOf(names, (name) => given.get(name) ?? 0);
  });
}

function weightsOf<Name extends string>(
  names: readonly Name[],
  of: (name: Name) => number,
): Record<Name, number> {
  const complete = (found: Partial<Record<Name, number>>): found is Record<Name, number> =>
    names.every((name) => name in found);
  const found: Partial<Record<Name, number>> = {};
  for (const name of names) found[name] = of(name);
  if (!complete(found)) throw new Error('a name is missing');
  return found;
}

function isPlain({ username, password, search, hash }: URL): boolean {
  return username + password + search + hash === '';
}
