import { type Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { html, raw } from 'hono/html';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import type { Apart } from '../apart/apart.ts';
import type { Tokens } from '../config/tokens.ts';
import { createStandings } from '../decision/standing.ts';
import type { Deps } from '../deps.ts';
import { asHttpError, HttpError, statusOf } from '../http/errors.ts';
import type { Passed } from '../http/operation.ts';
import type { Readiness } from '../http/ops.ts';
import { overall } from '../http/overall.ts';
import { seenNow } from '../http/status.ts';
import { knownIncident } from '../http/view.ts';
import { lastChange } from '../store/events.ts';
import { assetRoutes } from './assets.ts';
import { chartsPage } from './charts-card.ts';
import { csvOf } from './export.ts';
import { orderOf } from './forms.ts';
import type { Frames } from './frames.ts';
import { grafanaLinks } from './grafana-links.ts';
import { filterOf, readQuery } from './history-filter.ts';
import { historyPage } from './history-page.ts';
import { incidentPage } from './incident-page.ts';
import { bare, type Html, POLICY, page, type Said } from './layout.ts';
import { linksOf } from './links.ts';
import { chartsAsked, lookBack, lookNow } from './look.ts';
import { lookAtPlaybooks } from './look-playbooks.ts';
import { lookAtTargets } from './look-targets.ts';
import { createNews, newsRoute } from './news.ts';
import { nowCards, nowPage } from './now-page.ts';
import { giveOrder, incidentOrder, type Order, stopOrder } from './orders.ts';
import { playbooksPage } from './playbooks-page.ts';
import { COOKIE, readSession, type Session } from './session.ts';
import { createSharedView } from './shared-view.ts';
import { localPath, signInAgain, signInRoutes, signOut } from './sign-in.ts';
import { incidentStory } from './story.ts';
import { targetsPage } from './targets-page.ts';
import { tryRoutes } from './try.ts';

/** What the script of a page sends when it asks for that page again (assets/live.js). */
const REFRESH = 'x-alert-bot-refresh';

/** What the console is given besides what the API has. */
export interface ConsoleParts {
  tokens: Tokens;
  readiness: Readiness;
  /** The API in this process, its caller already let in: every order goes the same way. */
  api: Hono<Passed>;
  /** Shared with the API, so that both together are bounded. */
  apart: Apart;
  /** Where people's browsers reach Grafana; null for no links. */
  grafana: string | null;
}

/** The pages that people look at, at `/`; for whoever signed in with the admin token (G12, G13). */
export function consoleRoutes(deps: Deps, { tokens, readiness, api, apart, grafana }: ConsoleParts): Hono {
  const { db, events, now } = deps;
  const app = new Hono();
  const standings = createStandings(deps);
  const who = (c: Context): Session | null => readSession(tokens, getCookie(c, COOKIE), now());

  app.onError((error, c) => {
    const known = asHttpError(error);
    if (known?.code === 'unauthorized' && c.req.method === 'POST') return signInAgain(c, known.message);
    if (known === null) events.failed('console', error);
    return c.html(errorPage(known), statusOf(known));
  });
  app.use(secure);
  app.route('/', assetRoutes());
  app.route(
    '/',
    signInRoutes({
      ...{ tokens, now, monotonic: deps.monotonic, refused: events.refusedAdmin },
      signedIn: (by) => events.person(by, 'sign in', 'console', ''),
    }),
  );

  const frame: Frames['frame'] = (c, session, at, { title, main, answer, asOf }) => {
    const state = asOf?.state ?? overall(seenNow(deps, readiness)).state;
    const isAnswer = answer !== undefined || c.req.method !== 'GET' || at === '/try';
    const change = isAnswer ? null : (asOf?.change ?? lastChange(db));
    return page({ title, at, session, state, change, said: takeSaid(c) }, main);
  };

  /** @throws HttpError for whoever is not signed in, or not any more */
  function signedIn(c: Context): Session {
    const session = who(c);
    if (session !== null) return session;
    throw new HttpError('unauthorized', 'Your session is over. Sign in and repeat it: nothing was done');
  }

  /** A page for whoever is signed in; anybody else is asked to, and comes back to it. */
  const show: Frames['show'] = (path, at, make) =>
    app.get(path, async (c) => {
      const session = who(c);
      if (session === null) {
        const { pathname, search } = new URL(c.req.url);
        return c.redirect(`/sign-in?next=${encodeURIComponent(pathname + search)}`, 303);
      }
      const shown = await make(c, session);
      return c.html(frame(c, session, at, shown), shown.answer ?? 200);
    });

  /** An order of whoever is signed in; what became of it is said on the page that follows. */
  const take = (path: string, read: (fields: Readonly<Record<string, string>>, c: Context) => Order | null) =>
    app.post(path, async (c) => {
      const session = signedIn(c);
      const order = read(await orderOf(c.req.raw, session), c);
      if (order === null) throw new HttpError('invalid', 'There is no such order: nothing was done', 'order');
      keepSaid(c, await giveOrder(api, order, session));
      return c.redirect(order.back, 303);
    });

  const news = createNews(deps);
  const all = createSharedView(
    async () => {
      const change = lastChange(db);
      const view = await lookNow(deps, readiness, standings);
      return { view, cards: raw(await nowCards(view)), asOf: { change, state: overall(view).state } };
    },
    { told: news.told, monotonic: deps.monotonic },
  );
  show('/', '/', async (c, session) => {
    const isRefresh = c.req.header(REFRESH) !== undefined;
    const { view, cards, asOf } = await (isRefresh ? all.recent() : all.anew());
    return { title: 'Now', main: nowPage(view, cards, session), asOf };
  });
  show('/incidents/:id', '/history', async (c, session) => {
    const incident = knownIncident(db, c.req.param('id') ?? '');
    const story = incidentStory(db, incident, now());
    const links = [...linksOf(story.episodes), ...grafanaLinks(grafana, incident)];
    return { title: `#${incident.id} ${incident.title}`, main: incidentPage(story, links, session, now()) };
  });
  show('/history', '/history', async (c) => ({
    title: 'History',
    main: historyPage(lookBack(deps, c.req.url)),
  }));
  show('/history/charts', '/history', async (c) => {
    const { query, search, asked } = chartsAsked(c.req.url, now());
    const result = await apart.counts.count(asked);
    return {
      title: 'Charts of the history',
      main: chartsPage(result, query, search),
      answer: 'refused' in result ? 503 : 200,
    };
  });
  app.get('/history.csv', (c) => {
    if (who(c) === null) throw new HttpError('unauthorized', 'Sign in first');
    const pieces = csvOf(deps, filterOf(readQuery(c.req.query()), now()));
    c.header('content-type', 'text/csv; charset=utf-8');
    c.header('content-disposition', 'attachment; filename="incidents.csv"');
    return stream(c, async (out) => {
      for await (const piece of pieces) {
        if (out.aborted) return;
        await out.write(piece);
      }
    });
  });
  show('/targets', '/targets', async (_, session) => ({
    title: 'Targets',
    main: targetsPage(await lookAtTargets(deps), session),
  }));
  show('/playbooks', '/playbooks', async (_, session) => ({
    title: 'Playbooks',
    main: playbooksPage(await lookAtPlaybooks(deps, readiness), session),
  }));
  tryRoutes(app, api, { ...deps, replays: apart.replays }, { show, frame, signedIn });
  take('/incidents/:id', (fields, c) => {
    const id = c.req.param('id') ?? '';
    // What concerns its target is ordered of the target.
    return incidentOrder(id, fields) ?? stopOrder(fields, `/incidents/${encodeURIComponent(id)}`);
  });
  take('/orders', (fields) => stopOrder(fields, localPath(fields['back'])));
  app.post('/sign-out', async (c) => {
    const session = who(c);
    if (session !== null) await orderOf(c.req.raw, session);
    return signOut(c);
  });
  app.route(
    '/',
    newsRoute(news, (c) => who(c) !== null),
  );
  return app;
}

async function secure(c: Context, next: () => Promise<void>): Promise<void> {
  await next();
  c.header('content-security-policy', POLICY);
  c.header('x-content-type-options', 'nosniff');
  c.header('referrer-policy', 'same-origin');
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
}

const SAID = 'alert_bot_said';
const saidShape = z.object({ kind: z.enum(['done', 'refused']), text: z.string() });

/** Browsers drop a cookie of more than 4 kB, and with it what was said. */
const SAID_AT_MOST = 3_000;

/** Kept for the next page, and no longer. */
function keepSaid(c: Context, said: Said): void {
  const signs = [...said.text.toWellFormed()];
  while (encodeURIComponent(signs.join('')).length > SAID_AT_MOST) signs.splice(signs.length * 0.9);
  const text = signs.join('') === said.text ? said.text : `${signs.join('')}…`;
  const kept = JSON.stringify({ ...said, text });
  setCookie(c, SAID, kept, { path: '/', httpOnly: true, sameSite: 'Strict', maxAge: 30 });
}

function takeSaid(c: Context): Said | null {
  const kept = getCookie(c, SAID);
  if (kept === undefined) return null;
  deleteCookie(c, SAID, { path: '/' });
  try {
    return saidShape.safeParse(JSON.parse(kept)).data ?? null;
  } catch {
    return null;
  }
}

const errorPage = (error: HttpError | null): Html =>
  bare(
    'Not possible',
    html`<section class="card sign-in">
    <h1>That did not work</h1>
    <p class="notice refused" role="alert">${error?.message ?? 'The bot failed at its own work; its log says why.'}</p>
    <p><a href="/">To the first page</a></p>
  </section>`,
  );
