import { z } from 'zod';
import type { Replays } from '../apart/replays.ts';
import { type Instant, type Millis, parseDuration } from '../domain/duration.ts';
import { replayAnswerShape } from '../replay/answer-shape.ts';
import { HttpError } from './errors.ts';
import { strict, time } from './input.ts';
import type { Register } from './operation.ts';
import { SILENT_AT_MOST } from './server.ts';

/** It is answered at once or not at all, and a connection on which nothing is said for longer is ended. */
const AT_MOST: Millis = SILENT_AT_MOST - 10_000;

const SEND = 'send {"playbooks":"the text of a playbook file"}';
const LENGTH = 'a length of time such as 7d';
const replayBody = strict(
  {
    playbooks: z.string({ error: 'the text of a playbook file' }).min(1, 'the text of a playbook file'),
    overrides: z
      .string({ error: 'the text of an overrides file, or leave it out' })
      .optional()
      .meta({ description: 'The text of an overrides file; else the one that the bot was started with' }),
    since: z
      .string({ error: LENGTH })
      .refine((text) => (parseDuration(text) ?? 0) > 0, LENGTH)
      .optional()
      .meta({ description: 'So far back from the end of the record; 7d where nothing is said' }),
    from: time.optional().meta({ description: 'Incidents opened then or later' }),
    to: time.optional().meta({ description: 'Incidents opened before; else the end of the record' }),
  },
  SEND,
);

/** The recorded past under another playbook file, as `alert-bot replay --json` answers it. Writes nothing. */
export function replayRoute(replays: Replays, on: Register): void {
  on.post(
    {
      path: '/replay',
      name: 'replay',
      summary: 'What another playbook file would have made of the recorded past; nothing is written',
      remedy: SEND,
      body: replayBody,
      answer: replayAnswerShape,
      problems: ['conflict', 'too_long', 'overloaded'],
    },
    async ({ body: { from, to, ...asked } }) => {
      if (asked.since !== undefined && from !== undefined)
        throw new HttpError('invalid', 'since: send it or "from", not both', 'since');
      if (from !== undefined && to !== undefined && to <= from)
        throw new HttpError('invalid', 'to: it is not after "from", so that nothing is between them', 'to');
      const result = await replays.run({ ...asked, from: written(from), to: written(to) }, AT_MOST);
      if ('replayed' in result) return result.replayed;
      if ('refused' in result) throw REFUSED[result.refused];
      if ('failed' in result) throw new HttpError('conflict', result.failed);
      const { errors } = result;
      const [first] = errors;
      const count = errors.length === 1 ? 'one error' : `${errors.length} errors`;
      const field = first === undefined || first.file === 'playbooks' ? 'playbooks' : 'overrides';
      throw new HttpError('invalid', `${field}: ${count}; the bot would not start with this`, field, errors);
    },
  );
}

const REFUSED = {
  busy: new HttpError('overloaded', 'another replay is under way: ask again when it has ended'),
  too_long: new HttpError(
    'too_long',
    'it took too long, or too much memory, or would have said too much: replay a shorter time, or run alert-bot replay on another machine with a copy of the log',
  ),
};

/** The last moment that has four digits for its year. */
const LAST: Instant = Date.UTC(10_000, 0) - 1;
/** As the command line reads it; an offset may lead out of what it can write. */
const written = (at: Instant | undefined): string | undefined =>
  at === undefined ? undefined : new Date(Math.min(Math.max(0, at), LAST)).toISOString();
