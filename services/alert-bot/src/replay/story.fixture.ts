// For the tests only.
import type { Story } from './stories.ts';

/** An incident of the past that was healed by one restart, with what is changed of it; times in seconds are the reader's. */
export const story = (change: Partial<Story> = {}): Story => ({
  ...{ id: 1, target: 'sim:api', service: 'api', title: 'HighErrorRate', playbook: 'errors' },
  ...{ openedAt: 0, closedAt: 60_000, end: 'healed', escalated: null, isStorm: false },
  actions: [{ at: 1_000, instance: 'api-1' }],
  asked: [],
  ended: [40_000],
  decisions: [{ at: 1_000, kind: 'act', reason: 'first_attempt' }],
  ...change,
});
