// For the tests only: somebody who uses the pages of a bot in this process, with a cookie and forms, as a browser without
// scripts does.
import { tokenOf } from '../http/harness.ts';
import type { TestBot } from '../testing/bot.ts';
import { COOKIE } from './session.ts';

export interface Answer {
  status: number;
  text: string;
  headers: Headers;
}

export interface Visitor {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Sends a form with the token that the last page had; `csrf` in the fields sends another one. */
  send(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  /** The same, and the page that follows. */
  order(path: string, fields: Record<string, string>): Promise<Answer>;
  cookie(): string | undefined;
}

/** Nobody in particular: not signed in. */
export function visitor(bot: TestBot): Visitor {
  const cookies = new Map<string, string>();
  let csrf = '';

  async function ask(path: string, init: RequestInit): Promise<Answer> {
    const headers = new Headers(init.headers);
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await bot.app.request(path, { ...init, headers });
    for (const one of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
      if (/max-age=0/i.test(one)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await response.text();
    csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? csrf;
    return { status: response.status, text, headers: response.headers };
  }

  const get: Visitor['get'] = (path, headers = {}) => ask(path, { headers });
  const send: Visitor['send'] = (path, fields, headers = {}) =>
    ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ csrf, ...fields }).toString(),
    });
  return {
    get,
    send,
    async order(path, fields) {
      const { status, headers, text } = await send(path, fields);
      const next = headers.get('location');
      if (status !== 303 || next === null) throw new Error(`${path} answered ${status}: ${text}`);
      return get(next);
    },
    cookie: () => cookies.get(COOKIE),
  };
}

/** Somebody who has signed in and has the first page open. */
export async function signedIn(bot: TestBot, by = 'ada'): Promise<Visitor> {
  const one = visitor(bot);
  await one.order('/sign-in', { by, token: tokenOf(bot, 'admin'), next: '/' });
  return one;
}
