import { Hono } from 'hono';
import { createApart } from './apart/apart.ts';
import type { Tokens } from './config/tokens.ts';
import { consoleRoutes } from './console/console.ts';
import type { Deps } from './deps.ts';
import { createApi } from './http/api.ts';
import { bearer } from './http/auth.ts';
import { answerError, HttpError } from './http/errors.ts';
import { openapiRoute } from './http/openapi.ts';
import type { Passed } from './http/operation.ts';
import { opsRoutes, type Readiness } from './http/ops.ts';
import { type WebhookDeps, webhookRoute } from './http/webhook.ts';
import type { Metrics } from './observe/metrics.ts';

/** The bot's HTTP surface: webhook token for /webhook, none for ops, the admin token for the rest (G12). */
export function createHttp(
  deps: Deps,
  parts: Pick<WebhookDeps, 'intake' | 'passed'> & {
    tokens: Tokens;
    metrics: Metrics;
    readiness: Readiness;
    /** Where people's browsers reach Grafana; null for no links. */
    grafana: string | null;
  },
): Hono {
  const { tokens, metrics, readiness, intake, passed, grafana } = parts;
  const app = new Hono();
  app.onError((error, c) => answerError(c, error, (unknown) => deps.events.failed('http', unknown)));
  app.notFound((c) => {
    const message = `there is no ${c.req.method} ${c.req.path}; the README lists what there is`;
    return answerError(c, new HttpError('not_found', message), () => {});
  });
  app.route('/', opsRoutes(metrics, readiness));
  app.use(
    '/webhook',
    bearer(tokens, 'webhook', (why) => deps.events.refused('unauthorized', why)),
  );
  app.route('/', webhookRoute({ db: deps.db, events: deps.events, now: deps.now, intake, passed }));
  const apart = createApart(deps);
  const api = createApi(deps, readiness, apart);
  app.route('/api/v1', openapiRoute(api.operations));
  app.use(
    '/api/*',
    bearer(tokens, 'admin', (why) => deps.events.refusedAdmin(why)),
  );
  app.route('/api/v1', api.app);
  // Orders of the console go through the same operations, and the audit says by which way they came.
  const orders = new Hono<Passed>();
  orders.use((c, next) => {
    c.set('via', 'console');
    return next();
  });
  orders.route('/', api.app);
  orders.onError((error, c) => answerError(c, error, (unknown) => deps.events.failed('console', unknown)));
  app.route('/', consoleRoutes(deps, { tokens, readiness, api: orders, apart, grafana }));
  return app;
}
