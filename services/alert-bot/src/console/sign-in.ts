import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { html } from 'hono/html';
import type { Tokens } from '../config/tokens.ts';
import { formatDuration, type Instant, type Millis } from '../domain/duration.ts';
import { createAttempts } from './attempts.ts';
import { formOf } from './forms.ts';
import { bare, type Html, NOTHING } from './layout.ts';
import { COOKIE, openSession, readSession, SESSION_LASTS } from './session.ts';

/** The cookie outlives its session, so that whoever comes back is told that it is over. It opens nothing then. */
const REMEMBERED: Millis = 24 * 3_600_000;

export interface SignInDeps {
  tokens: Tokens;
  now(): Instant;
  monotonic(): Millis;
  refused(why: string): void;
  signedIn(by: string): void;
}

/** `/sign-in` and `/sign-out`: an admin token for a session of twelve hours. */
export function signInRoutes({ tokens, now, monotonic, refused, signedIn }: SignInDeps): Hono {
  const app = new Hono();
  const attempts = createAttempts(monotonic);

  app.get('/sign-in', (c) => {
    const next = localPath(c.req.query('next'));
    const cookie = getCookie(c, COOKIE);
    if (readSession(tokens, cookie, now()) !== null) return c.redirect(next, 303);
    const why =
      cookie === undefined ? null : 'Your session is over. Sign in, and you are back where you were.';
    return c.html(signInPage(next, why, ''));
  });

  app.post('/sign-in', async (c) => {
    const { by = '', token = '', next: written } = await formOf(c.req.raw);
    const next = localPath(written);
    const from = addressOf(c);
    const name = by.trim().slice(0, 200);
    const again = (why: string, status: 400 | 401 | 429) => c.html(signInPage(next, why, name), status);
    const waits = attempts.waits(from);
    if (waits > 0) {
      c.header('retry-after', String(Math.ceil(waits / 1_000)));
      const wait = formatDuration(Math.ceil(waits / 1_000) * 1_000);
      return again(`Too many wrong tokens from here. Try again in ${wait}.`, 429);
    }
    if (name === '') return again('Say who you are: your orders are recorded under that name.', 400);
    if (!tokens.accepts('admin', token.trim())) {
      attempts.failed(from);
      refused('sign-in with a token that is not valid here');
      return again(
        'This is not an admin token of this bot. alert-bot token admin prints it; the webhook token does not open the console.',
        401,
      );
    }
    setCookie(c, COOKIE, openSession(tokens, token.trim(), name, now()), {
      path: '/',
      httpOnly: true,
      // Links from a chat or a page lead in; what changes anything needs a form's own token besides.
      sameSite: 'Lax',
      secure: isSecure(c),
      maxAge: (SESSION_LASTS + REMEMBERED) / 1_000,
    });
    signedIn(name);
    return c.redirect(next, 303);
  });

  app.get('/sign-out', (c) => c.redirect('/', 303));
  return app;
}

/**
 * Instead of an order of somebody who is not signed in, or not any more: a sign-in that leads back to the page where it was
 * given. The order itself is not kept: what was asked for before a pause may not be what is wanted after it.
 */
export function signInAgain(c: Context, why: string): Response | Promise<Response> {
  const { pathname = '/', search = '' } = URL.parse(c.req.header('referer') ?? '') ?? {};
  return c.html(signInPage(localPath(`${pathname}${search}`), `${why}.`, ''), 401);
}

/** Ends the session in this browser. It is asked for by a form, so that no link can. */
export function signOut(c: Context): Response {
  deleteCookie(c, COOKIE, { path: '/' });
  return c.redirect('/sign-in', 303);
}

/** A path of this bot: never an address that somebody put into a link. */
export function localPath(written: string | undefined): string {
  const base = 'http://console.invalid';
  if (written === undefined || !written.startsWith('/') || !URL.canParse(written, base)) return '/';
  const url = new URL(written, base);
  return url.origin === base ? `${url.pathname}${url.search}` : '/';
}

const isSecure = (c: Context): boolean =>
  new URL(c.req.url).protocol === 'https:' || c.req.header('x-forwarded-proto') === 'https';

function addressOf(c: Context): string {
  try {
    return getConnInfo(c).remote.address ?? 'unknown';
  } catch {
    // Asked within the process, as tests do: there is no connection.
    return 'unknown';
  }
}

const signInPage = (next: string, why: string | null, by: string): Html =>
  bare(
    'Sign in',
    html`<section class="card sign-in">
    <h1><img src="/console/icon.svg" alt="" width="32" height="32"> alert-bot</h1>
    <p>It watches over what it may restart. Sign in to see what it does, and to stop it.</p>
    ${why === null ? NOTHING : html`<p class="notice refused" role="alert" id="why">${why}</p>`}
    <form method="post" action="/sign-in">
      <input type="hidden" name="next" value="${next}">
      <label>Your name <input name="by" value="${by}" maxlength="200" autocomplete="username" required></label>
      <label>Admin token <input name="token" type="password" autocomplete="current-password" required></label>
      <button type="submit">Sign in</button>
    </form>
    <p class="quiet">The token: <code>alert-bot token admin</code>, or the file <code>tokens/admin</code> in the data folder.</p>
  </section>`,
  );
