import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Payments, startPayments } from '../../../../tests/support/payments.ts';
import { type Postgres, startPostgres } from '../../../../tests/support/postgres.ts';
import { errorAnswer, type RunningApp, startApp, token } from '../testing/harness.ts';
import { operations } from './routes.ts';

let postgres: Postgres;
let payments: Payments;
let app: RunningApp;

beforeAll(async () => {
  [postgres, payments] = await Promise.all([startPostgres(), startPayments()]);
  app = await startApp(postgres.url, { crash: () => undefined }, { paymentsUrl: payments.url });
});
afterAll(async () => {
  await app?.stop();
  await Promise.all([postgres?.stop(), payments?.stop()]);
});

const document = z.looseObject({
  openapi: z.string(),
  paths: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ responses: z.record(z.string(), z.unknown()) })),
  ),
});
const told = async () => document.parse((await app.get('/openapi.json')).json);

/** For people and their browsers. */
const pages = ['/', '/shop/:file'];

test('is valid OpenAPI 3.1', async () => {
  const { errors, valid } = await new Validator().validate(await told());
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

test('tells of every route of the router, and of no other', async () => {
  const routes = app.router.routes
    .filter(({ method, path }) => method !== 'ALL' && !pages.includes(path))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  const { paths } = await told();
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(new Set(described)).toEqual(new Set(routes));
});

test('tells what a request is validated with', async () => {
  const { paths } = await told();
  expect(paths['/transactions']?.['post']).toMatchObject({
    parameters: [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string' } }],
    requestBody: {
      content: {
        'application/json': {
          schema: {
            required: ['amount', 'currency'],
            properties: { amount: { type: 'integer', minimum: 1, maximum: 10_000_000_000 } },
            additionalProperties: false,
          },
        },
      },
    },
  });
  expect(paths['/transactions']?.['get']?.['parameters']).toMatchObject([
    { name: 'limit', in: 'query', schema: { default: '20' } },
    { name: 'cursor', in: 'query' },
    { name: 'status', in: 'query', schema: { enum: expect.arrayContaining(['unknown']) } },
  ]);
});

test('tells an error as it is answered, also the one of /health, which says more', async () => {
  const { components, paths } = z
    .looseObject({
      components: z.looseObject({ schemas: z.looseObject({ Error: z.record(z.string(), z.unknown()) }) }),
      paths: document.shape.paths,
    })
    .parse(await told());
  const away = await startApp('postgres://shop@127.0.0.1:9/shop');
  const { status, json } = await away.get('/health');
  await away.stop();
  expect(status).toBe(503);
  expect(z.fromJSONSchema(components.schemas.Error).safeParse(json).error).toBeUndefined();
  expect(paths['/error']?.['get']?.responses['500']).toMatchObject({ description: 'internal' });
});

const nobody = '00000000-0000-4000-8000-000000000000';
const bearer = { authorization: `Bearer ${token}` };
const tea = { amount: 1250, currency: 'EUR' };
/** A request of each route that is answered well, and some that are not. */
const requests: [operation: string, path: string, body?: unknown, headers?: Record<string, string>][] = [
  ['POST /transactions', '/transactions', tea],
  ['POST /transactions', '/transactions', { ...tea, amount: 999_999_999 }],
  ['POST /transactions', '/transactions', {}],
  ['POST /transactions', '/transactions', tea, { 'idempotency-key': 'documented' }],
  ['POST /transactions', '/transactions', { ...tea, amount: 1 }, { 'idempotency-key': 'documented' }],
  ['POST /transactions/create', '/transactions/create'],
  ['POST /transactions/batch', '/transactions/batch', { n: 2, mode: 'concurrent' }],
  ['POST /transactions/batch', '/transactions/batch', { n: 0, mode: 'concurrent' }],
  ['GET /transactions', '/transactions?limit=2'],
  ['GET /transactions', '/transactions?cursor=made-up'],
  ['GET /transactions/stats', '/transactions/stats'],
  ['GET /transactions/:id', `/transactions/${nobody}`],
  ['POST /settlements', '/settlements'],
  ['POST /settlements', '/settlements'],
  ['GET /settlements', '/settlements'],
  ['POST /signin', '/signin', { user: 'ada' }],
  ['POST /faults', '/faults', { kind: 'latency', ms: 1 }, bearer],
  ['POST /faults', '/faults', { kind: 'slow_database', ms: 1 }, bearer],
  ['POST /faults', '/faults', { kind: 'pool', connections: 1 }, bearer],
  ['POST /faults', '/faults', { kind: 'panic' }, bearer],
  ['GET /faults', '/faults', undefined, bearer],
  ['GET /faults', '/faults'],
  ['DELETE /faults', '/faults', undefined, bearer],
  ['POST /faults', '/faults', { kind: 'crash' }, bearer],
  ['GET /livez', '/livez'],
  ['GET /health', '/health'],
  ['GET /metrics', '/metrics'],
  ['GET /error', '/error'],
];

test('every route answers as it is told', async () => {
  const { paths } = await told();
  const answered = new Set<string>();
  for (const [operation, path, body, headers] of requests) {
    const [method = '', pattern = ''] = operation.split(' ');
    const { status, json } = await app.ask(method, path, body, headers);
    const where = `${operation} answers ${status}`;
    const described = paths[pattern.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    expect(Object.keys(described?.responses ?? {}), where).toContain(String(status));
    const schema = status < 400 ? operations[operation]?.answers[status]?.body : errorAnswer;
    if (schema !== undefined) expect(schema.safeParse(json).error, where).toBeUndefined();
    answered.add(operation);
  }
  expect(answered).toEqual(new Set(Object.keys(operations)));
});
