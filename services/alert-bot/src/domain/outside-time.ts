import type { Instant, Millis } from './duration.ts';

/**
 * A time that the platform or Prometheus gave, in log time. After the wall clock was set back log time is ahead of theirs
 * by `behind`; what lies ahead of their clock was written down before that, when both were the same.
 */
export const inLogTime = (at: Instant, behind: Millis, now: Instant): Instant =>
  at > now - behind ? at : at + behind;
