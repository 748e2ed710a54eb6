import type { Instant } from '../domain/duration.ts';
import type { CopyFacts } from '../store/backup-check.ts';

/** What is in a copy of the log, for a program. */
export const copyFields = ({ incidents, until, version, size }: CopyFacts) => ({
  incidents,
  until: latestOf(until),
  version,
  bytes: size,
});

/** A log in which nothing happened yet has no latest time. */
const latestOf = (until: Instant): string | null => (until > 0 ? new Date(until).toISOString() : null);

/** What is in a copy of the log, for a person: `3 incidents up to …, log version 3`. */
export function copyLine({ incidents, until, version }: CopyFacts): string {
  const many = incidents === 1 ? '1 incident' : `${incidents} incidents`;
  const latest = latestOf(until);
  return `${many}${latest === null ? '' : ` up to ${latest}`}, log version ${version}`;
}
