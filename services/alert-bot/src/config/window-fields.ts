import { z } from 'zod';
import { WEEKDAYS, type Weekday } from '../domain/playbook.ts';
import { text } from './fields.ts';
import { nearest } from './nearest.ts';

const ZONE = 'the name of a time zone, such as Europe/Berlin';

/** The name of an IANA time zone that the runtime knows. */
export const zone = text(ZONE).transform((written, context) => {
  // An offset has no summer time: the window would move by an hour twice a year.
  if (/^[+-]/.test(written)) {
    context.addIssue(`is an offset, which knows no summer time: write ${ZONE}`);
    return written;
  }
  try {
    return new Intl.DateTimeFormat('en', { timeZone: written }).resolvedOptions().timeZone;
  } catch {
    const known = ['UTC', ...Intl.supportedValuesOf('timeZone')];
    const guess = nearest(written, known) ?? nearest(written, known.map(city));
    const meant = known.find((name) => name === guess || city(name) === guess);
    context.addIssue(
      `is not a time zone: ${meant === undefined ? `write ${ZONE}, or UTC` : `did you mean ${meant}?`}`,
    );
    return written;
  }
});

const city = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

const DAY = `one of ${WEEKDAYS.join(', ')}`;

/** A day of the week in three letters. */
export const weekday = text(DAY).transform((written, context): Weekday => {
  const day = WEEKDAYS.find((one) => one === written);
  if (day !== undefined) return day;
  const meant = WEEKDAYS.find((one) => written.toLowerCase().startsWith(one));
  context.addIssue(`is not a day: ${meant === undefined ? `write ${DAY}` : `did you mean ${meant}?`}`);
  return z.NEVER;
});

const SHAPE = /^([01]\d|2[0-3]):([0-5]\d)$/;
const MIDNIGHT_AT_THE_END = '24:00';

/** Minutes since midnight, from a text such as `02:00`. @param end whether `24:00` may stand here */
export const timeOfDay = (example: string, end: boolean) =>
  z
    .string({
      error: ({ input }) =>
        `${input === undefined ? 'is missing' : 'is not a time of day'}: write one in quotes, such as "${example}"`,
    })
    .transform((written, context): number => {
      const [, hours, minutes] = SHAPE.exec(written) ?? [];
      if (hours !== undefined && minutes !== undefined) return Number(hours) * 60 + Number(minutes);
      if (end && written === MIDNIGHT_AT_THE_END) return 24 * 60;
      context.addIssue(`is not a time of day: write hours and minutes of 24 hours, such as "${example}"`);
      return z.NEVER;
    });
