import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { Settings } from './config/settings.ts';

/** One JSON object a line on stdout, in the same words as the workload's own logs. */
export function createLogger(level: Settings['logLevel']): Logger {
  return pino({
    level,
    // No pid and hostname of ours: a pid in these lines is always that of a process we own.
    base: { service: 'supervisor' },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
