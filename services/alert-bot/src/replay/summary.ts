import type { ReplayAnswer } from './answer.ts';

const times = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** What another file would have made of the past, before any detail. */
export function inOneSentence({ totals: { was, now }, differences, undecided, same }: ReplayAnswer): string {
  const open = undecided.length === 0 ? '' : ` Of ${times(undecided.length, 'incident')} it cannot be known.`;
  if (differences.length === 0 && undecided.length === 0 && same === 0)
    return 'There was no incident in this time, and there would have been none.';
  if (differences.length === 0)
    return `Nothing would have gone otherwise: ${times(same, 'incident')}.${open}`;
  const acted =
    was.actions === now.actions
      ? `It would have acted as often: ${times(now.actions, 'time')}.`
      : `It would have acted ${times(now.actions, 'time')}, not ${was.actions}.`;
  const asked = differences.filter((one) => one.now?.askedAt != null && one.was?.askedAt == null).length;
  const waits = asked === 0 ? '' : ` ${times(asked, 'incident')} would have waited for a person.`;
  return `${acted}${waits} ${times(differences.length, 'incident')} would have gone otherwise, ${same} the same.${open}`;
}
