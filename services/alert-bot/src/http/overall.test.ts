import { describe, expect, test } from 'vitest';
import { NOON } from '../testing/log.ts';
import { overall, type Seen } from './overall.ts';

const WELL: Seen = {
  now: NOON,
  problems: [],
  counts: { closed: 100 },
  questions: 0,
  pages: 0,
  paused: null,
  otherPauses: 0,
  storm: null,
  heartbeatAt: NOON - 30_000,
};
const MINUTE = 60_000;

describe('the whole in one sentence', () => {
  test.each<[string, Partial<Seen>, string, string]>([
    ['nothing open', {}, 'healthy', 'All is well: nothing is open.'],
    [
      'never a heartbeat',
      { heartbeatAt: 0 },
      'healthy',
      'Nothing is open. The heartbeat has not arrived yet.',
    ],
    ['one at work', { counts: { proving: 1 } }, 'healing', 'The bot is at work on one incident.'],
    [
      'some at work, one with a person',
      { counts: { acting: 1, deferred: 2, escalated: 1 } },
      'healing',
      'The bot is at work on 3 incidents; one more is with a person.',
    ],
    [
      'one acknowledged',
      { counts: { escalated: 1 } },
      'healing',
      'One incident is with a person; nothing else is open.',
    ],
    [
      'paused',
      { paused: { by: 'ada', until: null } },
      'paused',
      'Ada paused the bot: it decides and records, and does nothing.',
    ],
    [
      'a storm',
      { storm: { phase: 'held', incidents: 12 }, counts: { deferred: 12 } },
      'storm_held',
      'A storm is held: 12 incidents at once, so nothing is done until it is calm.',
    ],
    [
      'a released storm',
      { storm: { phase: 'released', incidents: 12 }, counts: { deferred: 2 } },
      'healing',
      'The bot is at work on 2 incidents.',
    ],
    [
      'no heartbeat for seven minutes',
      { heartbeatAt: NOON - 7 * MINUTE - 20_000 },
      'needs_you',
      'It needs you: nothing has arrived from Alertmanager for 7m, not even the heartbeat.',
    ],
    [
      'five minutes are not yet too late',
      { heartbeatAt: NOON - 5 * MINUTE },
      'healthy',
      'All is well: nothing is open.',
    ],
    [
      'a page',
      { pages: 1, counts: { escalated: 1 } },
      'needs_you',
      'It needs you: one incident was handed to a person.',
    ],
    [
      'questions and pages',
      { pages: 2, questions: 2, counts: { awaiting_approval: 2, escalated: 2 } },
      'needs_you',
      'It needs you: 2 questions wait for your answer, and 2 incidents were handed to a person.',
    ],
    [
      'it cannot work',
      { problems: ['the incident log cannot be written: disk full'], pages: 3 },
      'needs_you',
      'It needs you: the bot cannot do its work. The incident log cannot be written: disk full.',
    ],
  ])('%s', (_, change, level, sentence) => {
    expect(overall({ ...WELL, ...change })).toEqual({ state: level, sentence });
  });

  test('what is worst is said: a question before a storm before a pause before work', () => {
    const storm = { phase: 'held', incidents: 3 } as const;
    const paused = { by: 'ada', until: null };
    const all = { ...WELL, storm, paused, questions: 1, counts: { awaiting_approval: 1, acting: 1 } };
    expect(overall(all).state).toBe('needs_you');
    expect(overall({ ...all, questions: 0, counts: { acting: 1 } }).state).toBe('storm_held');
    expect(overall({ ...all, questions: 0, storm: null, counts: { acting: 1 } }).state).toBe('paused');
  });
});
