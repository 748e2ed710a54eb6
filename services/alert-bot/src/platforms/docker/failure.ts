import { z } from 'zod';
import type { Millis } from '../../domain/duration.ts';
import { PlatformError, type PlatformErrorCode } from '../../domain/platform.ts';

export interface Ask {
  /** For the whole exchange, the body of the answer included. */
  atMost: Millis;
  /** What is asked for, to complete "… did not answer when asked to ___". */
  purpose: string;
  /** It changes nothing, so it does not matter whether it arrived. */
  harmless: boolean;
}

/** How far a call came. */
export interface Stage {
  connected: boolean;
  outOfTime: boolean;
}

/** An answer that dockerode takes for an error. */
const answerShape = z.object({
  statusCode: z.number(),
  json: z.object({ message: z.string() }).nullish().catch(null),
  message: z.string(),
});

/** The status of the engine's answer behind an error, if it answered. */
export function statusOf(error: unknown): number | null {
  return answerShape.safeParse(error).data?.statusCode ?? null;
}

/** What a proxy says that could not even connect to the engine: HAProxy's words, Go's and Node's. */
const NEVER_REACHED = /No server is available|dial (?:unix|tcp)\b.*\bconnect:|connect E[A-Z]+/;

/** What a failed call means for whoever asked (G3: what may have been carried out is never called "unavailable"). */
export function failure(who: string, ask: Ask, stage: Stage, cause: unknown): PlatformError {
  const answer = answerShape.safeParse(cause).data;
  if (answer !== undefined) {
    const said = answer.json?.message ?? answer.message;
    return new PlatformError(
      codeOf(answer.statusCode, said, ask, answer.json != null),
      `${who} answered ${answer.statusCode} when asked to ${ask.purpose}: ${said.trim().slice(0, 300)}`,
      { cause },
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (!stage.connected)
    return new PlatformError(
      'unavailable',
      `${who} could not be asked to ${ask.purpose}: ${reason}; ${remedy(cause)}`,
      { cause },
    );
  if (stage.outOfTime)
    return new PlatformError(
      'timed_out',
      `${who} did not answer within ${ask.atMost} ms when asked to ${ask.purpose}` +
        (ask.harmless ? '' : '; it may still do it'),
      { cause },
    );
  return new PlatformError(
    'in_doubt',
    `${who} was asked to ${ask.purpose} and gave no whole answer (${reason})` +
      (ask.harmless ? '' : '; it may have done it'),
    { cause },
  );
}

function codeOf(status: number, said: string, ask: Ask, engineSpoke: boolean): PlatformErrorCode {
  // Other 404s are of an address where no engine listens: a target is not gone for that.
  if (status === 404) return engineSpoke && /no such container/i.test(said) ? 'not_found' : 'refused';
  if (status === 501 || (status >= 400 && status < 500)) return 'refused';
  if (status === 502 || status === 503)
    return ask.harmless || NEVER_REACHED.test(said) ? 'unavailable' : 'in_doubt';
  // It may have failed on either side of what was asked: before the stop, or after it.
  return 'in_doubt';
}

function remedy(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'start the engine, or correct the path of its socket';
    case 'ECONNREFUSED':
      return 'nobody listens there: start the socket proxy';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'start the socket proxy, or correct its name in ALERT_BOT_DOCKER_URL';
    case 'EACCES':
      return 'give the bot the address of a socket proxy; it should not have the socket itself';
    default:
      return 'check that the socket proxy and the engine run';
  }
}
