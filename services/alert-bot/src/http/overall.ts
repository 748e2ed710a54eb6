import { HEARTBEAT_LATE } from '../domain/alert.ts';
import { formatDuration, type Instant } from '../domain/duration.ts';
import type { Status } from '../domain/incident.ts';

/** From the worst to the best: the first that holds is what is said. */
export const STATES = ['needs_you', 'storm_held', 'paused', 'healing', 'healthy'] as const;
export type State = (typeof STATES)[number];

/** What the sentence is made of. */
export interface Seen {
  now: Instant;
  /** Why the bot cannot do its work. */
  problems: readonly string[];
  /** Incidents that are not closed, by status. */
  counts: Readonly<Partial<Record<Status, number>>>;
  /** Questions that wait for an answer. */
  questions: number;
  /** Incidents with a page that nobody has acknowledged. */
  pages: number;
  paused: { by: string; until: Instant | null } | null;
  /** Pauses of a single target or playbook. */
  otherPauses: number;
  storm: { phase: 'held' | 'released'; incidents: number } | null;
  /** When the Watchdog last arrived; 0 is never. */
  heartbeatAt: Instant;
}

/** The whole in one sentence. */
export function overall(seen: Seen): { state: State; sentence: string } {
  const { counts } = seen;
  const count = (...of: Status[]): number => of.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  const [problem] = seen.problems;
  if (problem !== undefined)
    return { state: 'needs_you', sentence: `It needs you: the bot cannot do its work. ${capital(problem)}.` };
  const handed = count('escalated', 'lost');
  const needs = [
    ...(seen.questions > 0
      ? [`${things(seen.questions, 'question waits', 'questions wait')} for your answer`]
      : []),
    ...(seen.pages > 0 ? [`${things(seen.pages, 'incident was', 'incidents were')} handed to a person`] : []),
  ];
  if (needs.length > 0) return { state: 'needs_you', sentence: `It needs you: ${needs.join(', and ')}.` };
  const silent = seen.now - seen.heartbeatAt;
  if (seen.heartbeatAt > 0 && silent > HEARTBEAT_LATE)
    return {
      state: 'needs_you',
      sentence: `It needs you: nothing has arrived from Alertmanager for ${roughly(silent)}, not even the heartbeat.`,
    };
  if (seen.storm?.phase === 'held')
    return {
      state: 'storm_held',
      sentence: `A storm is held: ${things(seen.storm.incidents, 'incident', 'incidents')} at once, so nothing is done until it is calm.`,
    };
  if (seen.paused !== null)
    return {
      state: 'paused',
      sentence: `${capital(seen.paused.by)} paused the bot: it decides and records, and does nothing.`,
    };
  const healing = count('new', 'deferred', 'queued', 'acting', 'proving');
  const more =
    seen.otherPauses > 0 ? ` ${capital(things(seen.otherPauses, 'pause holds', 'pauses hold'))}.` : '';
  if (healing > 0)
    return {
      state: 'healing',
      sentence: `The bot is at work on ${things(healing, 'incident', 'incidents')}${handed > 0 ? `; ${things(handed, 'more is', 'more are')} with a person` : ''}.${more}`,
    };
  if (handed > 0)
    return {
      state: 'healing',
      sentence: `${capital(things(handed, 'incident is', 'incidents are'))} with a person; nothing else is open.${more}`,
    };
  if (seen.heartbeatAt === 0)
    return { state: 'healthy', sentence: `Nothing is open. The heartbeat has not arrived yet.${more}` };
  return { state: 'healthy', sentence: `All is well: nothing is open.${more}` };
}

const things = (count: number, one: string, many: string): string =>
  count === 1 ? `one ${one}` : `${count} ${many}`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Of a long time the seconds say nothing. */
const roughly = (length: number): string => formatDuration(Math.floor(length / 60_000) * 60_000);
