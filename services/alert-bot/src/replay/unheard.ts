import type { Events } from '../observe/events.ts';

const nothing = (): void => {};

/** What the bot reports of itself, to nobody; failures are kept, as each is a defect or something that the record lacks. */
export const unheard = (failed: Events['failed']): Events => ({
  delivered: nothing,
  refused: nothing,
  refusedAdmin: nothing,
  truncated: nothing,
  triaged: nothing,
  decided: nothing,
  acting: nothing,
  called: nothing,
  attemptEnded: nothing,
  escalated: nothing,
  storm: nothing,
  closed: nothing,
  escalationSent: nothing,
  escalationFailed: nothing,
  swept: nothing,
  sourceAway: nothing,
  clockJumped: nothing,
  person: nothing,
  configuration: { reloaded: nothing, refused: nothing, unwatched: nothing },
  pruned: nothing,
  logTooLarge: nothing,
  noticeSent: nothing,
  noticeFailed: nothing,
  noticeGivenUp: nothing,
  failed,
});
