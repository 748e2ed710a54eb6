import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from './config.ts';

/** One JSON object per line on stdout, or on the given stream; `service` is the name that all signals carry. */
export function createLogger(service: string, level: LogLevel, stream?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // Synchronous: the last line before a crash is the one that is needed.
    stream ?? destination({ dest: 1, sync: true }),
  );
}
