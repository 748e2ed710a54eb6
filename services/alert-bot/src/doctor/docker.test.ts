import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readAllowList } from '../platforms/docker/allow-list.ts';
import { checkProxy, DANGEROUS, NEEDED, type Probe } from './docker.ts';

const root = join(import.meta.dirname, '../../../..');
const rules = readAllowList(readFileSync(join(root, 'deploy/socket-proxy/allow-list.yml'), 'utf8'));
const allowed = ({ method, path }: Probe): boolean =>
  rules.some((rule) => rule.method === method && new RegExp(`^${rule.path}$`).test(path.split('?')[0] ?? ''));

test('G12: the doctor asks for every path of the allow-list, and for each just once', () => {
  expect(NEEDED.every(allowed)).toBe(true);
  expect(NEEDED).toHaveLength(rules.length);
});

test('G12: nothing that the doctor calls dangerous is on the allow-list', () => {
  expect(DANGEROUS.filter(allowed)).toEqual([]);
});

/** A proxy in front of nothing: it answers as one that lets these paths through would. */
async function proxy(passes: (probe: Probe) => boolean) {
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    const known = [...NEEDED, ...DANGEROUS].find((probe) => probe.method === method && probe.path === url);
    if (known === undefined || !passes(known)) response.writeHead(403).end();
    else if (url === '/version') response.end('{"Version":"20.10.24","ApiVersion":"1.41"}');
    else response.writeHead(404).end('{"message":"no such container"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => server.close() };
}

test('a proxy that lets through what is needed and nothing else is well', async () => {
  using right = await proxy(allowed);
  const findings = await checkProxy(right.url);
  expect(findings.filter((finding) => finding.level !== 'ok')).toEqual([]);
  expect(findings.find((finding) => finding.what === 'engine')?.says).toBe('20.10.24, API 1.41');
});

test('a proxy that lets everything through fails once for each dangerous path', async () => {
  using open = await proxy(() => true);
  const failed = (await checkProxy(open.url)).filter((finding) => finding.level === 'fail');
  expect(failed.map((finding) => finding.says)).toEqual(
    DANGEROUS.map(() => 'passes, and the bot does not need it'),
  );
});

test('a proxy that refuses the restart is told with the path and the remedy', async () => {
  using strict = await proxy((probe) => allowed(probe) && !probe.path.includes('/restart'));
  const failed = (await checkProxy(strict.url)).filter((finding) => finding.level === 'fail');
  expect(failed).toEqual([expect.objectContaining({ what: 'proxy POST /containers/<id>/restart' })]);
});

test('no proxy at all fails with the reason', async () => {
  const gone = await proxy(() => true);
  gone[Symbol.dispose]();
  const [first] = await checkProxy(gone.url);
  expect(first).toMatchObject({ level: 'fail', says: expect.stringContaining('ECONNREFUSED') });
});
