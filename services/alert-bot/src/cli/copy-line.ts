import type { CopyFacts } from '../store/backup-check.ts';

/** What is in a copy of the log, for a person: `3 incidents up to …, log version 3`. */
export function copyLine({ incidents, until, version }: CopyFacts): string {
  const many = incidents === 1 ? '1 incident' : `${incidents} incidents`;
  // A log in which nothing happened yet has no latest time.
  const latest = until > 0 ? ` up to ${new Date(until).toISOString()}` : '';
  return `${many}${latest}, log version ${version}`;
}
