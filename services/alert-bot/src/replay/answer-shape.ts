import { z } from 'zod';
import { type ReplayAnswer, UNKNOWN_NAMES } from './answer.ts';
import { ENDS } from './stories.ts';

const at = z.iso.datetime();
const count = z.int();
const totals = z.object({
  ...{ incidents: count, actions: count, escalated: count, asked: count },
  ...{ deferred: count, healed: count, recovered: count, dismissed: count },
});
const thenAndNow = { was: totals, now: totals };
const story = z.object({
  incident: z.int().nullable().meta({ description: 'Its number in the log; null where there was none' }),
  playbook: z.string().nullable(),
  openedAt: at,
  closedAt: at.nullable(),
  end: z.enum(ENDS),
  actions: z.array(at).meta({ description: 'When something was done' }),
  askedAt: at.nullable(),
  escalated: z.string().nullable().meta({ description: 'Why a person was told' }),
  decisions: z.array(z.object({ at, kind: z.string(), reason: z.string() })),
});
const difference = z
  .object({
    at,
    target: z.string().nullable(),
    alert: z.string(),
    was: story.nullable(),
    now: story.nullable(),
    because: z.string().nullable().meta({ description: 'The first decision that is another one, in words' }),
    notKnown: z.array(z.enum(UNKNOWN_NAMES)),
  })
  .meta({ id: 'ReplayDifference' });

/** What `answerOf` makes, as whoever reads it checks it, and as it is described. */
export const replayAnswerShape: z.ZodType<ReplayAnswer, ReplayAnswer> = z
  .object({
    from: at,
    to: at,
    began: at.meta({ description: 'Replayed from then on, so that budgets and cooldowns of before count' }),
    read: z.object({ deliveries: count, alerts: count, observations: count, commands: count }),
    totals: z.object(thenAndNow),
    playbooks: z.array(z.object({ name: z.string(), ...thenAndNow })),
    same: count,
    differences: z.array(difference),
    undecided: z.array(difference).meta({ description: 'Which way these would have gone cannot be known' }),
    notKnown: z.array(z.object({ why: z.enum(UNKNOWN_NAMES), text: z.string(), count })),
    assumptions: z.array(z.object({ text: z.string(), count: count.nullable() })),
    gaps: z.array(z.string()).meta({ description: 'What of the time could not be replayed, and why' }),
  })
  .meta({ id: 'Replay' });
