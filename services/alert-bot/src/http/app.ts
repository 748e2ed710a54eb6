import { Hono } from 'hono';
import type { Tokens } from '../config/tokens.ts';
import type { Deps } from '../deps.ts';
import type { Metrics } from '../observe/metrics.ts';
import { apiRoutes } from './api.ts';
import { bearer } from './auth.ts';
import { answerError, HttpError } from './errors.ts';
import { opsRoutes, type Readiness } from './ops.ts';
import { type WebhookDeps, webhookRoute } from './webhook.ts';

/** The bot's HTTP surface: webhook token for /webhook, none for ops, the admin token for the rest (G12). */
export function createHttp(
  deps: Deps,
  parts: Pick<WebhookDeps, 'intake' | 'passed'> & { tokens: Tokens; metrics: Metrics; readiness: Readiness },
): Hono {
  const { tokens, metrics, readiness, intake, passed } = parts;
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
  app.use(
    '/api/*',
    bearer(tokens, 'admin', (why) => deps.events.refusedAdmin(why)),
  );
  app.route('/api/v1', apiRoutes(deps));
  return app;
}
