// What somebody who has the bot's container would put on the wire to get past the proxy: more than one request line can say.
import { REQUESTS } from '../../../services/alert-bot/src/platforms/docker/api.fixture.ts';

const ID = 'a'.repeat(64);
const CREATE =
  'POST /containers/create?name=smuggled HTTP/1.1\r\nHost: docker\r\nContent-Length: 2\r\n\r\n{}';
const HOST = 'Host: docker\r\n';
const ALLOWED = '/containers/json';
const request = (line: string, headers = '', body = '') => `${line} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;

/** Every path and method of the Engine's API, and the tricks with paths that are known, each as a request. */
export const PATHS: readonly string[] = REQUESTS.map(({ method, path }) =>
  request(`${method} ${path.replaceAll('\n', '%0A')}`, 'Connection: close\r\nContent-Length: 0\r\n'),
);

const chunks = `0\r\n\r\n${CREATE}`;
export const SMUGGLED: readonly string[] = [
  // One after the other over one connection, the first one of them allowed.
  request(`GET ${ALLOWED}`) + CREATE,
  request(`POST /containers/${ID}/restart`, 'Content-Length: 0\r\n') + CREATE,
  // Where does the body end?
  request(
    `POST /containers/${ID}/restart`,
    `Content-Length: ${chunks.length}\r\nTransfer-Encoding: chunked\r\n`,
    chunks,
  ),
  request(`POST /containers/${ID}/restart`, `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n`, chunks),
  request(`POST /containers/${ID}/restart`, 'Content-Length: 0\r\nContent-Length: 90\r\n', CREATE),
  request(`POST /containers/${ID}/restart`, 'Transfer-Encoding: xchunked\r\n', chunks),
  request(`POST /containers/${ID}/restart`, 'Transfer-Encoding : chunked\r\n', chunks),
  request(`GET ${ALLOWED}`, `Content-Length: ${CREATE.length}\r\n`, CREATE),
  request(`GET ${ALLOWED}`, 'Transfer-Encoding: chunked\r\n', chunks),
  // Whose address counts?
  request('POST http://docker/containers/create', 'Content-Length: 2\r\n', '{}'),
  request('GET http://docker/containers/json/../../info'),
  `GET ${ALLOWED} HTTP/1.1\r\nHost: docker/containers/create?\r\n\r\n`,
  `POST /containers/create HTTP/1.1\r\nHost: docker${ALLOWED}\r\nContent-Length: 2\r\n\r\n{}`,
  // Headers that others take for the request line.
  request(`GET ${ALLOWED}`, 'X-HTTP-Method-Override: POST\r\nX-Original-URL: /containers/create\r\n'),
  request(`GET ${ALLOWED}`, 'X-Rewrite-URL: /info\r\nX-Forwarded-Prefix: /containers/create\r\n'),
  request(`GET ${ALLOWED}?x=%0d%0aPOST%20/containers/create%20HTTP/1.1`),
  request(`GET ${ALLOWED}?x=\rPOST /containers/create`),
  request('GET /containers/json\tPOST /containers/create'),
  `GET ${ALLOWED} HTTP/1.1\nHost: docker\n\n${CREATE}`,
  `GET ${ALLOWED} HTTP/1.1\r\nHost: docker\r\nX: a\r\n ${CREATE}`,
  // A connection of one's own behind it.
  request(`POST /containers/${ID}/restart`, 'Upgrade: tcp\r\nConnection: Upgrade\r\nContent-Length: 0\r\n') +
    CREATE,
  request(`POST /containers/${ID}/attach?stream=1`, 'Upgrade: tcp\r\nConnection: Upgrade\r\n') + CREATE,
  request('POST /session', 'Upgrade: h2c\r\nConnection: Upgrade\r\n') + CREATE,
  request('CONNECT docker:80') + CREATE,
  `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${CREATE}`,
  // Ways to write a method or a version.
  'post /containers/create HTTP/1.1\r\nHost: docker\r\nContent-Length: 2\r\n\r\n{}',
  'POST /containers/create HTTP/1.0\r\n\r\n',
  'POST /containers/create\r\n\r\n',
  request('POST /v1.41/containers/create'),
  request('POST /v1.41/../containers/create'),
  request('POST /%63ontainers/create'),
  request('POST /%2e%2e/containers/create'),
];

/** Only what the allow-list names reached the engine: its paths, whatever the query. */
export const MAY_REACH =
  /^(GET (\/v1\.[0-9]{1,3})?(\/_ping|\/version|\/containers\/(json|[0-9a-f]{64}\/(json|logs)))|POST (\/v1\.[0-9]{1,3})?\/containers\/[0-9a-f]{64}\/(restart|start))(\?.*)?$/s;
