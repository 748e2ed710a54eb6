/** Requests to the bot that nobody sends by accident. */
import fc from 'fast-check';
import { signWith } from '../../../services/alert-bot/src/config/tokens.ts';
import { COOKIE, openSession } from '../../../services/alert-bot/src/console/session.ts';
import { mutate, mutation } from './bytes.ts';
import { type Json, oddText, oddUrlText } from './odd.ts';
import { change, graft } from './structure.ts';

export interface Sent {
  method: string;
  /** As it stands in the request line. */
  path: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
}
export type Tokens = Readonly<Record<'webhook' | 'admin', string>>;

/** Every route of the bot; fuzz.test.ts compares it with what is there. */
export const ROUTES = [
  'POST /webhook',
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
  'GET /api/v1/openapi.json',
  'GET /api/v1/status',
  'GET /api/v1/incidents',
  'GET /api/v1/incidents/:id',
  'GET /api/v1/incidents/:id/evidence/:evidence',
  'POST /api/v1/incidents/:id/note',
  'GET /api/v1/decisions',
  'POST /api/v1/incidents/:id/acknowledge',
  'POST /api/v1/incidents/:id/approve',
  'POST /api/v1/incidents/:id/reject',
  'GET /api/v1/events',
  'GET /api/v1/audit',
  'GET /api/v1/approvals',
  'GET /api/v1/playbooks',
  'GET /api/v1/playbooks/text',
  'GET /api/v1/pauses',
  'GET /api/v1/stats',
  'GET /api/v1/report',
  'GET /api/v1/targets',
  'GET /api/v1/targets/:id',
  'POST /api/v1/targets/:id/reset',
  'POST /api/v1/pause',
  'POST /api/v1/resume',
  'GET /api/v1/storm',
  'POST /api/v1/storm/release',
  'POST /api/v1/simulate',
  'POST /api/v1/replay',
] as const;

/** The console's, asked by somebody who has signed in. */
export const PAGES = [
  'GET /',
  'GET /incidents/:id',
  'GET /history',
  'GET /history.csv',
  'GET /history/charts',
  'GET /targets',
  'GET /playbooks',
  'GET /try',
  'GET /try/replay',
  'GET /sign-in',
  'GET /sign-out',
  'GET /console/:name',
  'POST /try',
  'POST /incidents/:id',
  'POST /orders',
  'POST /sign-in',
  'POST /sign-out',
] as const;
/** A stream never ends, and a replay is a process of its own. */
export const NOT_CALLED = ['GET /console/news', 'POST /try/replay'] as const;

const QUERY_KEYS = [
  ...['wait', 'status', 'target', 'before', 'limit', 'after', 'x', '__proto__', 'limit[]'],
  ...[
    'cursor',
    'service',
    'playbook',
    'reason',
    'outcome',
    'severity',
    'from',
    'to',
    'by',
    'open',
    'incident',
  ],
];
const GOOD_QUERIES = [
  'wait=10ms',
  'status=closed',
  'target=supervisor%3Aapi',
  'before=5',
  'limit=3',
  'after=0',
  'from=2026-01-31',
  'to=2026-01-31T12:00:00%2B01:00',
  'incident=1',
  'by=day',
  'open=true',
  'service=api',
  `cursor=${Buffer.from('["/incidents",{},9]').toString('base64url')}`,
];

const labels = { alertname: 'HighErrorRate', service: 'api', severity: 'critical', remediation: 'auto' };
const alert = {
  status: 'firing',
  labels,
  annotations: { summary: 'half of the requests fail' },
  startsAt: '2026-01-31T11:59:30.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus:9090/graph?g0.expr=up&g0.tab=1',
  fingerprint: '1c2d3e4f5a6b7c8d',
};
const version4 = (alerts: Json[]): Json => ({
  receiver: 'alert-bot',
  status: 'firing',
  alerts,
  groupLabels: { alertname: 'HighErrorRate' },
  commonLabels: labels,
  commonAnnotations: {},
  externalURL: 'http://alertmanager:9093',
  version: '4',
  groupKey: '{}/{remediation="auto"}:{alertname="HighErrorRate"}',
  truncatedAlerts: 0,
});
const PAYLOADS: readonly Json[] = [
  version4([alert]),
  version4([
    alert,
    { ...alert, status: 'resolved' },
    { ...alert, labels: { ...labels, service: 'payments' } },
  ]),
  version4([{ ...alert, labels: { alertname: 'Watchdog' } }]),
  version4([{ ...alert, labels: { ...labels, origin: 'alert-bot' } }]),
  { status: 'firing', labels },
  { labels: { alertname: 'HighLatency', service: 'nobody' } },
  { status: 'resolved', labels },
];
const ORDERS: readonly Json[] = [
  { by: 'ada', why: 'it is part of the case' },
  { by: 'ada', why: 'a while', for: '1s' },
  { by: 'ada', scope: 'target:supervisor:api', for: '1s' },
  { by: 'ada', scope: 'playbook:restart-on-errors' },
  { by: 'ada', question: 1 },
  { by: 'ada', note: 'it was the disk' },
];
const JSON_TOKENS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\\u0000',
    '\\ud800',
    '\0',
    '\ud800',
    '\ufeff',
    'null',
    '1e999',
  ],
  ...['-', '9'.repeat(400), '{"a":', '"labels":{', '"__proto__":{"polluted":true},', '"status":"firing",'],
];

const bodyOf = (bases: readonly Json[]): fc.Arbitrary<Buffer> =>
  fc
    .record({
      base: fc.constantFrom(...bases),
      grafts: fc.array(graft, { maxLength: 4 }),
      changes: fc.oneof(
        fc.constant([]),
        fc.array(mutation(JSON_TOKENS, 5_000), { minLength: 1, maxLength: 3 }),
      ),
    })
    .map(({ base, grafts, changes }) => mutate(Buffer.from(JSON.stringify(change(base, grafts))), changes));

const authorization = (token: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constant(`Bearer ${token}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', 'Bearer', `bearer  ${token}`, `Basic ${token}`, `Bearer ${token}x`),
    },
  );

export const payload = (tokens: Tokens): fc.Arbitrary<Sent> =>
  fc
    .record({
      body: bodyOf(PAYLOADS),
      wait: fc.constantFrom('', '', '', '?wait=10ms'),
      as: authorization(tokens.webhook),
    })
    .map(({ body, wait, as }) => ({
      method: 'POST',
      path: `/webhook${wait}`,
      headers: [
        ['authorization', as],
        ['content-type', 'application/json'],
      ],
      body,
    }));

const query = fc.array(
  fc.oneof(
    fc.constantFrom(...GOOD_QUERIES),
    fc.tuple(fc.constantFrom(...QUERY_KEYS), oddUrlText).map(([key, value]) => `${key}=${sendable(value)}`),
    oddUrlText.map(sendable),
  ),
  { maxLength: 4 },
);

/** Each route with its own body, an odd one, or none; its parts of the path and its query odd too. */
export const call = (tokens: Tokens): fc.Arbitrary<Sent> =>
  fc
    .record({
      route: fc.constantFrom(...ROUTES, ...PAGES),
      id: fc.oneof(fc.integer({ min: 1, max: 30 }).map(String), fc.constant('supervisor%3Aapi'), oddUrlText),
      tail: fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 1, arbitrary: oddUrlText }),
      parts: query,
      body: fc.oneof(bodyOf(ORDERS), bodyOf(PAYLOADS)),
      as: authorization(tokens.admin),
      method: fc.oneof(
        { weight: 9, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom('PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD') },
      ),
    })
    .map(({ route, id, tail, parts, body, as, method }) => {
      const [verb = '', pattern = ''] = route.split(' ');
      const path = sendable(pattern.replaceAll(/:\w+/g, () => id) + tail);
      const used = method ?? verb;
      return {
        method: used,
        path: parts.length === 0 ? path : `${path}?${parts.join('&')}`,
        headers: [
          ['authorization', as],
          ['cookie', `${COOKIE}=${cookieOf(tokens)}`],
        ],
        body: used === 'GET' || used === 'HEAD' ? Buffer.alloc(0) : body,
      };
    });

const cookieOf = ({ admin }: Tokens): string => openSession({ sign: signWith }, admin, 'fuzz', Date.now());

/** Blanks and line breaks would end the request line; those are for `raw`. */
function sendable(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/g, (sign) => encodeURIComponent(sign.toWellFormed()));
}

const HEADERS = [
  ...[
    'Content-Length: 5',
    'Content-Length: 99999999999999999999',
    'Content-Length: -1',
    'Content-Length: 3, 4',
  ],
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: xchunked'],
  ...[
    'Host:',
    'Host: a b',
    'Host: [::1',
    'Host: x/../y',
    'Host: \0',
    'Upgrade: websocket\r\nConnection: Upgrade',
  ],
  ...['Expect: 100-continue', 'Expect: 200-ok', 'Connection: close', 'Content-Encoding: gzip', ': x', 'x'],
  ...['X: a\r\n b', 'X-Forwarded-For: 1\u0000', `X: ${'y'.repeat(20_000)}`, 'Cookie: a=b; __proto__=c'],
];
const RAW_TOKENS = [
  ...HEADERS.map((header) => `${header}\r\n`),
  ...[
    '\r\n',
    '\r\n\r\n',
    '\n',
    ' ',
    '\0',
    '\ud800',
    'GET / HTTP/1.1\r\n\r\n',
    '0\r\n\r\n',
    'ffffffff\r\n',
    '%2e%2e',
  ],
  ...[
    'HTTP/1.1',
    'HTTP/2.0',
    'HTTP/0.9',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'CONNECT',
    'TRACE',
    'http://x/',
    '//x/',
  ],
];
const METHODS = [
  'POST',
  'POST',
  'POST',
  'GET',
  'POST',
  'TRACE',
  'CONNECT',
  'TRACK',
  'get',
  'M-SEARCH',
  'PURGE',
  'QUERY',
  'OPTIONS',
  '',
];

/** What is on the wire itself odd: the request line, the headers, the framing of the body. */
export const raw = (tokens: Tokens): fc.Arbitrary<Buffer> =>
  fc
    .record({
      method: fc.constantFrom(...METHODS),
      path: fc.oneof(
        fc.constantFrom('*', '/', 'http://[/', 'http://x:99999/', '//', '/\\', '/webhook', '/api/v1/targets'),
        fc.constantFrom(
          '/%2e%2e/webhook',
          '/api/v1/../../webhook',
          '/api%2fv1%2ftargets',
          '/webhook%00',
          '/./',
        ),
        oddUrlText.map((text) => `/api/v1/incidents/${text}`),
        oddText,
      ),
      headers: fc.array(fc.constantFrom(...HEADERS), { maxLength: 3 }),
      body: bodyOf(PAYLOADS),
      changes: fc.array(mutation(RAW_TOKENS, 50), { maxLength: 3 }),
    })
    .map(({ method, path, headers, body, changes }) => {
      const token = path.includes('api') ? tokens.admin : tokens.webhook;
      const head = [
        `${method} ${path} HTTP/1.1`,
        'Host: bot',
        `Authorization: Bearer ${token}`,
        `Content-Length: ${body.length}`,
        ...headers,
      ].join('\r\n');
      return mutate(Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]), changes);
    });
