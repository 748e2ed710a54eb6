import { expect, test } from 'vitest';
import type { Playbook, PlaybookFile } from '../domain/playbook.ts';
import { longestMemory } from './memory.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const file = (change: Partial<Playbook['limits']> = {}, targetsPer = MINUTE): PlaybookFile => ({
  text: '',
  playbooks: [
    {
      name: 'restart',
      mode: 'act',
      matchers: [],
      matches: () => true,
      service: 'api',
      steps: [],
      limits: {
        cooldown: MINUTE,
        backoff: { initial: MINUTE, factor: 1, max: MINUTE },
        budgets: [],
        quarantine: MINUTE,
        deferAtMost: MINUTE,
        approveWithin: MINUTE,
        settle: MINUTE,
        ...change,
      },
      prove: { within: MINUTE, stable: 0, query: null },
    },
  ],
  limits: {
    concurrent: 1,
    targets: { count: 1, percent: 1, per: targetsPer },
    storm: { incidents: 1, per: MINUTE, calm: MINUTE },
  },
  maintenance: [],
});

// Each row: what looks back, and how far.
test.each<[string, PlaybookFile, Record<string, string>, number]>([
  ['nothing: a day, for what recurs', file(), {}, DAY],
  [
    'the longest of several budgets',
    file({
      budgets: [
        { attempts: 1, per: MINUTE },
        { attempts: 9, per: 3 * DAY },
      ],
    }),
    {},
    3 * DAY,
  ],
  ['a cooldown', file({ cooldown: 2 * DAY }), {}, 2 * DAY],
  ['a backoff', file({ backoff: { initial: MINUTE, factor: 2, max: 4 * DAY } }), {}, 4 * DAY],
  ['the limit of targets', file({}, 5 * DAY), {}, 5 * DAY],
  ["a target's own budget", file(), { 'alert-bot.budget': '2 per 7d' }, 7 * DAY],
  ["a target's own cooldown", file(), { 'alert-bot.cooldown': '36h' }, 1.5 * DAY],
  ['labels that cannot be read, which block the target', file(), { 'alert-bot.budget': 'many' }, DAY],
])('G4: the log remembers for %s', (_, playbooks, labels, expected) => {
  expect(longestMemory(playbooks, [{ labels: {} }, { labels }])).toBe(expected);
});
