// For the tests only: a log that nobody reads, for those outside of this package.
import { pino } from 'pino';

export const silent = pino({ level: 'silent' });
