// Long because it walks every operation of the document over a real server: valid, invalid, unauthorised, random.
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Validator } from '@seriousme/openapi-schema-validator';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { createApart } from '../apart/apart.ts';
import { PLAYBOOKS, startBot, type TestBot } from '../testing/bot.ts';
import { createApi } from './api.ts';
import { fire, get, observe, tokenOf } from './harness.ts';
import { TEXT } from './operation.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { closeServer, listen } from './server.ts';

const json = z.record(z.string(), z.unknown());
const parameter = z.object({
  name: z.string(),
  in: z.enum(['path', 'query']),
  required: z.boolean(),
  schema: json,
});
const described = z.object({
  operationId: z.string(),
  parameters: z.array(parameter).default([]),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: json })) }).optional(),
  responses: z.record(z.string(), z.object({ content: z.record(z.string(), z.object({ schema: json })) })),
});
const documentShape = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), described)),
  components: z.object({ schemas: z.record(z.string(), json) }),
});
type Document = z.output<typeof documentShape>;
interface Op extends z.output<typeof described> {
  method: string;
  path: string;
}

const operationsOf = ({ paths }: Document): Op[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, op]) => ({ ...op, method, path })),
  );

const checks = new Map<string, z.ZodType>();

/** A check of values, made of nothing but the document. */
function checkOf({ components }: Document, schema: unknown): z.ZodType {
  const key = JSON.stringify(schema);
  const known = checks.get(key);
  if (known !== undefined) return known;
  const local = (value: unknown) =>
    JSON.parse(JSON.stringify(value).replaceAll('#/components/schemas/', '#/$defs/'));
  const check = z.fromJSONSchema({ ...local(schema), $defs: local(components.schemas) });
  checks.set(key, check);
  return check;
}

interface Sent {
  method: string;
  path: string;
  body?: string | undefined;
  token?: string | undefined;
}
interface Answer {
  status: number;
  type: string;
  text: string;
}

/** Sends a path as it stands: `fetch` would tidy it up. */
async function send(port: number, { method, path, body, token }: Sent): Promise<Answer> {
  const sent = request({
    port,
    host: '127.0.0.1',
    method: method.toUpperCase(),
    path,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  return { status: response.statusCode, type: response.headers['content-type'], text };
}

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
let bot: TestBot;
let server: Awaited<ReturnType<typeof listen>>;
let port: number;
let document: Document;
let ops: Op[];
let admin: string;

const ready = { problems: () => [], notes: () => [] };
const detail = z.looseObject({ evidence: z.array(z.looseObject({ id: z.number(), content: z.string() })) });
let evidence = 0;

beforeAll(async () => {
  supervisor = await bootSupervisor(`
processes:
  api: { command: ${staying()}, labels: { alert-bot.enable: 'true' } }
  first: { command: ${staying()}, labels: { alert-bot.enable: 'true', alert-bot.mode: approve } }
  second: { command: ${staying()}, labels: { alert-bot.enable: 'true', alert-bot.mode: approve } }
`);
  bot = startBot(supervisor.socket);
  server = await listen(bot.app.fetch, { host: '127.0.0.1', port: 0 });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens nowhere');
  port = (address satisfies AddressInfo).port;
  admin = tokenOf(bot, 'admin');
  const { text } = await send(port, { method: 'get', path: '/api/v1/openapi.json' });
  document = documentShape.parse(JSON.parse(text));
  ops = operationsOf(document);
  // Incident 1 is acted on, 2 and 3 wait for an answer, 4 is a person's.
  for (const service of ['api', 'first', 'second', 'nobody']) await fire(bot, service);
  await observe(bot);
  await vi.waitFor(
    async () => {
      const found = detail.parse((await get(bot, '/incidents/1')).json).evidence;
      evidence = found.find(({ content }) => content !== '')?.id ?? 0;
      expect(evidence).toBeGreaterThan(0);
    },
    { timeout: 20_000 },
  );
}, 60_000);
afterAll(async () => {
  await closeServer(server);
  await bot[Symbol.asyncDispose]();
  await supervisor[Symbol.asyncDispose]();
});

const opOf = (name: string): Op => {
  const op = ops.find(({ operationId }) => operationId === name);
  if (op === undefined) throw new Error(`the document has no ${name}`);
  return op;
};

const fill = (path: string, parts: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, part) => parts[part] ?? '1');

/** Whether an answer is one of those that the document describes for an operation. */
function assertDescribed(op: Op, { status, type, text }: Answer): void {
  const content = op.responses[status]?.content;
  if (content === undefined)
    throw new Error(`${op.operationId} answered ${status}, which is not described: ${text}`);
  const [expected = '', { schema } = { schema: {} }] = Object.entries(content)[0] ?? [];
  expect(type).toBe(expected);
  const value: unknown = expected.includes('json') ? JSON.parse(text) : text;
  const checked = checkOf(document, schema).safeParse(value);
  if (!checked.success)
    throw new Error(`${op.operationId} ${status}: ${z.prettifyError(checked.error)}\n${text}`);
}

const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  field: z.string().optional(),
  errors: z.array(z.unknown()).optional(),
});
const problemIn = ({ type, text }: Answer) => {
  expect(type).toBe(PROBLEM_TYPE);
  return problem.parse(JSON.parse(text));
};

const who = { by: 'ada', why: 'a test' };
const firing = { labels: { alertname: 'HighErrorRate', service: 'api' } };
/** A good request of each operation, in an order in which each can be done. */
const good: readonly [
  name: string,
  parts: Readonly<Record<string, string>>,
  query: string,
  body?: unknown,
][] = [
  ['getStatus', {}, ''],
  ['listIncidents', {}, ''],
  ['listIncidents', {}, '?status=open&service=api&severity=none&playbook=errors&from=2026-01-31&limit=2'],
  [
    'listIncidents',
    {},
    '?reason=no_target&target=supervisor:nobody&status=escalated&to=2999-01-31T12:00:00Z',
  ],
  ['listIncidents', {}, '?outcome=healed&before=3'],
  ['getIncident', { id: '1' }, ''],
  ['getIncident', { id: '2' }, ''],
  ['getIncident', { id: '4' }, ''],
  ['getEvidence', { id: '1', evidence: 'EVIDENCE' }, ''],
  ['listDecisions', {}, '?incident=1&limit=1'],
  ['noteIncident', { id: '1' }, '', { by: 'ada', note: 'it was <b>the disk</b>' }],
  ['acknowledgeIncident', { id: '4' }, '', who],
  ['listApprovals', {}, '?open=true'],
  ['approve', { id: '2' }, '', who],
  ['reject', { id: '3' }, '', who],
  ['listApprovals', {}, ''],
  ['listEvents', {}, ''],
  ['listEvents', {}, '?after=0&limit=2'],
  ['pause', {}, '', { ...who, for: '5m' }],
  ['listPauses', {}, ''],
  ['listTargets', {}, ''],
  ['getTarget', { id: 'supervisor%3Aapi' }, ''],
  ['resetTarget', { id: 'supervisor%3Aapi' }, '', who],
  ['listPlaybooks', {}, ''],
  ['readPlaybookFile', {}, ''],
  ['getStorm', {}, ''],
  ['releaseStorm', {}, '', who],
  ['resume', {}, '', who],
  ['simulate', {}, '', firing],
  ['getStats', {}, ''],
  ['getStats', {}, '?by=day&from=2026-01-01&to=2026-01-31'],
  ['getStats', {}, '?service=api&playbook=errors&status=open&severity=none&from=2026-01-01&to=2026-01-31'],
  ['getStats', {}, '?reason=no_target&target=supervisor:nobody&outcome=healed'],
  ['replay', {}, '', { playbooks: PLAYBOOKS }],
  ['replay', {}, '', { playbooks: PLAYBOOKS, overrides: 'defaults: { cooldown: 1h }', from: '2026-01-31' }],
  ['getReport', {}, ''],
  ['getReport', {}, '?from=2026-01-01&to=2026-01-31'],
  ['listAudit', {}, '?limit=3'],
];

describe('the document', () => {
  test('names every route of the API, and no other', () => {
    const described = ops.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    const routes = bot.app.routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/v1/'))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
      .filter((route) => route !== 'GET /api/v1/openapi.json');
    expect(described.toSorted()).toEqual([...new Set(routes)].toSorted());
  });

  test('is OpenAPI 3.1, with names once and references that lead somewhere', async () => {
    const { text: whole } = await send(port, { method: 'get', path: '/api/v1/openapi.json' });
    expect(await new Validator().validate(JSON.parse(whole))).toMatchObject({ valid: true });
    const names = ops.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    const text = JSON.stringify(document);
    const refs = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref = '']) => ref);
    expect(refs.length).toBeGreaterThan(20);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect([...new Set(refs)].filter((ref) => !known.includes(ref))).toEqual([]);
    expect(text).not.toContain('$defs');
    for (const { path, parameters } of ops)
      expect(parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`)).toEqual(
        path.match(/\{\w+\}/g) ?? [],
      );
  });
});

describe('every operation', () => {
  test('has a good request in this test', () => {
    expect([...new Set(good.map(([name]) => name))].toSorted()).toEqual(
      ops.map(({ operationId }) => operationId).toSorted(),
    );
  });

  test('answers a good request as it is described, with nothing that is not', async () => {
    const { operations } = createApi(bot.deps, ready, createApart(bot.deps));
    for (const [name, parts, query, body] of good) {
      const op = opOf(name);
      const path = fill(op.path, parts).replace('EVIDENCE', String(evidence)) + query;
      const answer = await send(port, {
        method: op.method,
        path,
        body: body === undefined ? undefined : JSON.stringify(body),
        token: admin,
      });
      // No storm is held: the one good request of them that has nothing to do.
      const expected = name === 'releaseStorm' ? 409 : 200;
      expect({ path, status: answer.status, text: expected === answer.status ? '' : answer.text }).toEqual({
        path,
        status: expected,
        text: '',
      });
      assertDescribed(op, answer);
      const own = operations.find((one) => one.name === name)?.answer;
      if (own !== undefined && own !== TEXT && answer.status === 200) {
        const value: unknown = JSON.parse(answer.text);
        // What is not described would be left out.
        expect(own.parse(value)).toEqual(value);
      }
    }
  });

  test('without a good token is a 401 that says so, and is not done', async () => {
    const audited = () => bot.deps.db.prepare('SELECT count(*) FROM audit').pluck().get();
    const before = audited();
    for (const [name, parts, query, body] of good) {
      const op = opOf(name);
      for (const token of [undefined, 'x', tokenOf(bot, 'webhook'), `${admin}x`]) {
        const answer = await send(port, {
          method: op.method,
          path: fill(op.path, parts) + query,
          body: body === undefined ? undefined : JSON.stringify(body),
          token,
        });
        expect([name, token, answer.status]).toEqual([name, token, 401]);
        expect(problemIn(answer)).toMatchObject({ code: 'unauthorized', status: 401 });
        assertDescribed(op, answer);
      }
    }
    expect(audited()).toBe(before);
  });

  test('names what of a query it does not take', async () => {
    for (const op of ops) {
      const path = fill(op.path, { id: '1' });
      const needed = op.operationId === 'listDecisions' ? 'incident=1&' : '';
      const unknown = await send(port, {
        method: op.method,
        path: `${path}?${needed}x=1`,
        body: op.method === 'post' ? '{}' : undefined,
        token: admin,
      });
      expect(unknown.status).toBe(400);
      expect(problemIn(unknown)).toMatchObject({ code: 'invalid', field: '(query)' });
      assertDescribed(op, unknown);
      for (const { name, in: place } of op.parameters) {
        if (place === 'path') continue;
        for (const value of ['', '%20', 'x'.repeat(9_000)]) {
          const answer = await send(port, {
            method: op.method,
            path: `${path}?${name === 'incident' ? '' : needed}${name}=${value}`,
            token: admin,
          });
          expect([op.operationId, name, value, answer.status]).toEqual([op.operationId, name, value, 400]);
          expect(problemIn(answer)).toMatchObject({ code: 'invalid', field: name });
          assertDescribed(op, answer);
        }
      }
    }
  });

  test('names what of a body it does not take, and does nothing', async () => {
    const audited = () => bot.deps.db.prepare('SELECT count(*) FROM audit').pluck().get();
    const before = audited();
    for (const op of ops.filter(({ method }) => method === 'post'))
      for (const body of ['', '{', '[]', 'null', '7', '{"by":7}', '{"by":" "}', '{"by":"ada","x":1}']) {
        const answer = await send(port, {
          method: 'post',
          path: fill(op.path, { id: '1' }),
          body,
          token: admin,
        });
        expect([op.operationId, body, answer.status]).toEqual([op.operationId, body, 400]);
        const { field, detail: told } = problemIn(answer);
        expect([op.operationId, body, field, told]).toEqual([
          op.operationId,
          body,
          expect.stringMatching(/./),
          expect.stringMatching(/.{8}/),
        ]);
        assertDescribed(op, answer);
      }
    expect(audited()).toBe(before);
  });

  test.each([
    ['getIncident', '/api/v1/incidents/99'],
    ['getIncident', '/api/v1/incidents/x'],
    ['getIncident', '/api/v1/incidents/1%00'],
    ['getIncident', '/api/v1/incidents/..%2f1'],
    ['getIncident', `/api/v1/incidents/${'9'.repeat(10_000)}`],
    ['getIncident', '/api/v1/incidents/%zz'],
    ['getIncident', '/api/v1/incidents/1e0'],
    ['getEvidence', '/api/v1/incidents/1/evidence/99999'],
    ['getEvidence', '/api/v1/incidents/2/evidence/1'],
    ['getEvidence', '/api/v1/incidents/1/evidence/..%2f..%2f2'],
    ['getTarget', '/api/v1/targets/supervisor%3Aapi%00'],
    ['getTarget', '/api/v1/targets/..%2fincidents'],
    ['getTarget', `/api/v1/targets/${'x'.repeat(10_000)}`],
  ])('%s: what is not there is a 404 in few words', async (name, path) => {
    const answer = await send(port, { method: 'get', path, token: admin });
    expect(answer.status).toBe(404);
    expect(problemIn(answer).detail.length).toBeLessThan(400);
    assertDescribed(opOf(name), answer);
  });

  test('is never a 5xx, whatever is sent, and answers only what is described', {
    timeout: 120_000,
  }, async () => {
    const odd = fc.oneof(
      fc.constantFrom(
        '',
        '.',
        '..',
        '..%2f',
        '%00',
        '%2e%2e%2f',
        '%ff',
        '%',
        '1',
        '2',
        'supervisor%3Aapi',
        '-1',
        '1e9',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
      fc.constant('9'.repeat(4_000)),
    );
    const value = fc.oneof(
      odd,
      fc.constantFrom(
        'true',
        'open',
        'closed',
        'day',
        '2026-01-31',
        '9999-12-31',
        '0000-01-01T00:00:00Z',
        'healed',
        'lost',
      ),
      fc.constant(Buffer.from('["/incidents",{},9]').toString('base64url')),
    );
    const body = fc.oneof(
      fc.json(),
      fc
        .record(
          {
            by: fc.oneof(fc.constant('ada'), fc.string({ unit: 'binary' }), fc.anything()),
            why: fc.string({ unit: 'binary' }),
            note: fc.string({ unit: 'binary' }),
            for: fc.constantFrom('1ms', '0', '1y', 'x'),
            scope: fc.oneof(
              fc.constantFrom('all', 'target:supervisor:api', 'playbook:errors', 'service:api'),
              fc.string(),
            ),
            question: fc.oneof(fc.nat(9), fc.double()),
            alerts: fc.array(fc.anything(), { maxLength: 3 }),
            labels: fc.dictionary(fc.string(), fc.string()),
          },
          { requiredKeys: [] },
        )
        .map((one) => JSON.stringify(one) ?? ''),
    );
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(ops.length - 1),
        fc.array(odd, { minLength: 2, maxLength: 2 }),
        fc.array(fc.tuple(fc.nat(20), value), { maxLength: 3 }),
        body,
        async (index, [id = '', other = ''], pairs, sentBody) => {
          const op = ops[index] ?? opOf('getStatus');
          const names = op.parameters.filter((one) => one.in === 'query').map(({ name }) => name);
          const query = pairs.map(([at, text]) => `${names[at % Math.max(1, names.length)] ?? 'x'}=${text}`);
          const path = fill(op.path, { id, evidence: other });
          const answer = await send(port, {
            method: op.method,
            path: query.length === 0 ? path : `${path}?${query.join('&')}`,
            body: op.method === 'post' ? sentBody : undefined,
            token: admin,
          });
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          expect(answer.status).toBeLessThan(500);
          if (answer.status >= 400) problemIn(answer);
          // An empty or dotted part makes another path: then it may be another operation, or none.
          if (op.path.includes('{') && /^(\.|%2e|$)/i.test(id + other)) return;
          if (op.path.includes('{') && answer.status === 404) return;
          assertDescribed(op, answer);
        },
      ),
      { seed: 7, numRuns: 600 },
    );
    // It got through: some were answered, some refused by what they say, some by what there is.
    for (const status of [200, 400, 404]) expect(statuses.get(status)).toBeGreaterThan(5);
  });
});
