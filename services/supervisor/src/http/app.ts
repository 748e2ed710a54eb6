import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import { STATUS, SupervisorError } from '../errors.ts';
import type { Member, Supervisor } from '../supervisor.ts';
import { actionQuery, logsQuery, parseQuery } from './query.ts';

const FULL_ID = /^[0-9a-f]{64}$/;

/**
 * The API on the socket. Handlers never look whether the client is still there: what was begun is finished,
 * as the Docker engine does it, and whoever asks again sees the outcome.
 */
export function createApp(supervisor: Supervisor, logger: Logger): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    // A connection costs next to nothing here, and one that is kept open would hold up our exit.
    c.header('connection', 'close');
  });

  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/version', (c) =>
    c.json({ name: 'supervisor', api: 1, pid: process.pid, startedAt: supervisor.startedAt }),
  );
  app.get('/record', (c) => c.json({ entries: supervisor.record.entries }));

  app.get('/processes', (c) =>
    c.json({ processes: supervisor.members.map((member) => member.process.view()) }),
  );
  app.get('/processes/:id', (c) => c.json(findAny(supervisor, c.req.param('id')).process.view()));
  app.get('/processes/:id/logs', (c) => {
    const { tail } = parseQuery(logsQuery, c.req.query());
    const lines = findAny(supervisor, c.req.param('id')).logs.tail(tail);
    return c.text(lines.map((line) => `${line}\n`).join(''));
  });

  app.post('/processes/:id/start', async (c) => {
    parseQuery(actionQuery.omit({ t: true }), c.req.query());
    return done(c, await findExact(supervisor, c.req.param('id')).process.start());
  });
  app.post('/processes/:id/stop', async (c) => {
    const { t } = parseQuery(actionQuery, c.req.query());
    return done(c, await findExact(supervisor, c.req.param('id')).process.stop(t));
  });
  app.post('/processes/:id/restart', async (c) => {
    const { t } = parseQuery(actionQuery, c.req.query());
    await findExact(supervisor, c.req.param('id')).process.restart(t);
    return done(c, true);
  });

  app.notFound((c) =>
    c.json({ code: 'not_found', message: `there is no ${c.req.method} ${c.req.path}` }, 404),
  );
  app.onError((error, c) => {
    if (error instanceof SupervisorError) {
      return c.json({ code: error.code, message: error.message }, STATUS[error.code]);
    }
    logger.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed unexpectedly');
    return c.json(
      { code: 'internal', message: 'an unexpected error; the log of the supervisor has it' },
      500,
    );
  });
  return app;
}

function done(c: Context, changed: boolean): Response {
  return c.body(null, changed ? 204 : 304);
}

function findAny(supervisor: Supervisor, idOrName: string): Member {
  const member = supervisor.find(idOrName);
  if (member === undefined)
    throw new SupervisorError('not_found', `no process has the id or name ${idOrName}`);
  return member;
}

/** A name would act on whatever bears it by then; the full id only on what the asker has looked at. */
function findExact(supervisor: Supervisor, id: string): Member {
  if (!FULL_ID.test(id)) {
    throw new SupervisorError(
      'full_id_required',
      `acting wants the full id of 64 hex digits, not ${id}: ask GET /processes/${id}`,
    );
  }
  return findAny(supervisor, id);
}
