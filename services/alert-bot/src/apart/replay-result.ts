import { z } from 'zod';
import type { PlaybookError } from '../config/playbooks.ts';
import type { ReplayAnswer } from '../replay/answer.ts';
import { replayAnswerShape } from '../replay/answer-shape.ts';
import type { Ended } from './replay-command.ts';

/** What became of a replay. */
export type ReplayResult =
  | { replayed: ReplayAnswer }
  /** The file does not compile; `file` is what it was given as: playbooks or overrides. */
  | { errors: readonly PlaybookError[] }
  | { refused: 'busy' | 'too_long' }
  /** In a sentence: nothing is recorded of that time, or it is none. */
  | { failed: string };

const wrong = z.object({
  errors: z.array(
    z.object({
      ...{ file: z.string(), line: z.number(), path: z.string() },
      ...{ value: z.string(), message: z.string() },
    }),
  ),
});

/**
 * What the command said, understood.
 * @param names what each file that was made for it was given as: whoever asked knows no such file
 */
export function resultOf(
  { code, said, complained }: Ended,
  names: ReadonlyMap<string, string>,
): ReplayResult {
  if (code === null) return { refused: 'too_long' };
  if (code === 0) return { replayed: replayAnswerShape.parse(JSON.parse(said)) };
  if (said !== '') {
    const { errors } = wrong.parse(JSON.parse(said));
    return { errors: errors.map((error) => ({ ...error, file: names.get(error.file) ?? error.file })) };
  }
  return { failed: complained.trim().replace(/^alert-bot: /, '') };
}
