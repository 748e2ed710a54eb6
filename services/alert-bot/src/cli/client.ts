import { z } from 'zod';
import { listen } from '../config/env-values.ts';
import { readTokenFile, type TokenKind, tokenPath } from '../config/token-file.ts';
import type { Surroundings } from './command.ts';
import { Failure, misuse } from './failure.ts';
import { plain } from './lines.ts';

/** Options of every command that talks to a running bot. */
export const CLIENT_OPTIONS = { url: { type: 'string' }, 'token-file': { type: 'string' } } as const;
export const CLIENT_HELP = `  --url URL           where the bot is; else ALERT_BOT_URL, else
                      ALERT_BOT_LISTEN, else http://127.0.0.1:5000
  --token-file FILE   holds the token; else ALERT_BOT_DATA_DIR names the bot's
                      data folder`;

/** Of a command with `JSON_OPTION` that prints what the bot answered. */
export const ANSWER_HELP = '  --json              as the API answers';

export interface ClientOptions {
  url?: string | undefined;
  'token-file'?: string | undefined;
}

const ANSWER_WITHIN = 10_000;
/** RFC 9457, as far as it is told. */
const problem = z.looseObject({ code: z.string(), detail: z.string() });

/** The bot is not there, or cannot do it now: the same may work later. */
export class Away extends Failure {
  override name = 'Away';
}

/**
 * Sends JSON to the running bot.
 * @param wait how long the bot itself may wait before it answers
 * @returns what it answered
 * @throws Failure, one sentence for whatever went wrong
 */
export const post = (
  around: Pick<Surroundings, 'env'>,
  options: ClientOptions,
  { body, ...rest }: { kind: TokenKind; path: string; body: unknown; wait?: number },
): Promise<unknown> => request(around, options, { ...rest, body: JSON.stringify(body) });

/** Asks the running bot. @throws Failure as `post` does; `Away` where it may answer later */
export const get = (around: Pick<Surroundings, 'env'>, options: ClientOptions, path: string) =>
  request(around, options, { kind: 'admin', path });

/** Sends text that is JSON as it was written, or nothing. */
export async function request(
  { env }: Pick<Surroundings, 'env'>,
  options: ClientOptions,
  { kind, path, body, wait = 0 }: { kind: TokenKind; path: string; body?: string; wait?: number },
): Promise<unknown> {
  const base = botUrl(env, options.url);
  const file = tokenFile(env, options['token-file'], kind);
  const response = await ask(base, `${base}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${readTokenFile(file)[0]}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
    // A token must not follow a redirection to somebody else.
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_WITHIN + wait),
  });
  if (response.status === 401 || response.status === 403)
    throw new Failure(
      `The bot at ${base} refused the token of ${file}: name the data folder that this bot uses in ALERT_BOT_DATA_DIR.`,
    );
  if (response.ok && response.json !== undefined) return response.json;
  const told = problem.safeParse(response.json);
  if (told.success) {
    const message = plain(`The bot refused (${told.data.code}): ${told.data.detail}`);
    throw response.status === 503 ? new Away(message) : new Failure(message);
  }
  throw new Failure(
    `What answers at ${base} is not the bot (status ${response.status}, not its JSON): give its address with --url.`,
  );
}

/** The file that holds the token of a kind. @throws Failure where nothing names one */
export function tokenFile(env: NodeJS.ProcessEnv, given: string | undefined, kind: TokenKind): string {
  if (given !== undefined) return given;
  const dataDir = env['ALERT_BOT_DATA_DIR'];
  if (dataDir === undefined || dataDir === '')
    throw misuse(`No token: set ALERT_BOT_DATA_DIR to the bot's data folder, or give --token-file.`);
  return tokenPath(dataDir, kind);
}

/** Where the running bot is. An address to listen on everywhere is asked on this machine. */
export function botUrl(env: NodeJS.ProcessEnv, given: string | undefined): string {
  const [name, written] = given !== undefined ? ['--url', given] : ['ALERT_BOT_URL', env['ALERT_BOT_URL']];
  if (written !== undefined) {
    if (!/^https?:$/.test(URL.parse(written)?.protocol ?? ''))
      throw misuse(`${name} is "${written}", which is no address: write one such as http://127.0.0.1:5000.`);
    return written.replace(/\/+$/, '');
  }
  const parsed = listen.safeParse(env['ALERT_BOT_LISTEN'] ?? '127.0.0.1:5000');
  if (!parsed.success) throw misuse(`ALERT_BOT_LISTEN ${parsed.error.issues[0]?.message}.`);
  const { host, port } = parsed.data;
  if (port === 0) throw misuse('ALERT_BOT_LISTEN has port 0, which can be any: give the address with --url.');
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${here.includes(':') ? `[${here}]` : here}:${port}`;
}

async function ask(base: string, url: string, init: RequestInit) {
  try {
    const response = await fetch(url, init);
    const text = await response.text();
    return { ok: response.ok, status: response.status, json: parseJson(text) };
  } catch (error) {
    throw new Away(unreachable(base, error));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(base: string, error: unknown): string {
  const remedy = 'start it with alert-bot serve, or give its address with --url.';
  if (error instanceof Error && error.name === 'TimeoutError')
    return `The bot at ${base} did not answer in time: look at its log, or ask ${base}/readyz.`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ECONNREFUSED') return `Nothing listens at ${base}: is the bot running? If not, ${remedy}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `The name in ${base} is not known: give the bot's address with --url.`;
  const why = code || (cause instanceof Error ? cause.message : String(error));
  return `The bot at ${base} cannot be asked (${why}): is it running? If not, ${remedy}`;
}
