import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { askApi, type startBot } from './bot.ts';
import { shoot } from './shoot.ts';

type Bot = Awaited<ReturnType<typeof startBot>>;

/** What a log has that is asked about. */
export interface Sample {
  /** An incident of the middle of the log. */
  middle: number | string;
  /** One that was acted on: its story is long, and it has evidence. */
  acted: number | string;
  evidence: number | string;
  /** Days around those on which the log was made. */
  from: string;
  to: string;
}

/** What a path is called, whichever log it is asked of. */
export const NAMES: Sample = {
  ...{ middle: 'N', acted: 'ACTED', evidence: 'EVIDENCE', from: 'FROM', to: 'TO' },
};

const DAY = 24 * 3_600_000;
const STORY = { alertname: 'Acted', service: 'p-1', from: 0, upTo: 200, byHand: true };

const list = z.object({ incidents: z.array(z.object({ id: z.number() })) });
const detail = z.object({ openedAt: z.string(), evidence: z.array(z.object({ id: z.number() })) });

/** Has the bot act once, about two hundred alerts of one target. @param incidents how many the log has */
export async function sampleOf(bot: Bot, incidents: number): Promise<Sample> {
  const middle = Math.floor(incidents / 2);
  const { openedAt } = detail.parse(await askApi(bot, `/incidents/${middle}`));
  const token = bot.token('webhook');
  await shoot({ url: bot.url, token, connections: 1, alerts: 100, seconds: 60, ...STORY });
  for (let i = 0; i < 600; i++) {
    await delay(100);
    const [one] = list.parse(await askApi(bot, `/incidents?service=${STORY.service}&limit=1`)).incidents;
    if (one === undefined) continue;
    const [piece] = detail.parse(await askApi(bot, `/incidents/${one.id}`)).evidence;
    if (piece === undefined) continue;
    const [from = '', to = ''] = [-DAY, 2 * DAY].map((by) =>
      new Date(Date.parse(openedAt) + by).toISOString().slice(0, 10),
    );
    return { middle, acted: one.id, evidence: piece.id, from, to };
  }
  throw new Error(`${STORY.service} was not acted on within a minute`);
}
