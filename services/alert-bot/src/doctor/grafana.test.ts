import { join } from 'node:path';
import { expect, test } from 'vitest';
import { standIn } from '../cli/harness.ts';
import { temporaryFolder } from '../testing/log.ts';
import { startReceiver } from '../testing/receiver.ts';
import { checkGrafana } from './grafana.ts';

const PERMISSIONS = '/api/access-control/user/permissions';
const NOT_FOUND = Response.json({ message: 'Not found' }, { status: 404 });

/** What is found where a Grafana answers so by path; everything else it has not. */
async function found(answers: Readonly<Record<string, Response>>, user: string | null = null) {
  await using grafana = await standIn((path) => (answers[path] ?? NOT_FOUND).clone());
  const { level, says } = await checkGrafana({ url: grafana.url, secret: { value: 'SECRET' }, user });
  expect(says).not.toContain('SECRET');
  return { finding: `${level}: ${says}`, seen: grafana.seen };
}

const withRights = (rights: unknown) => found({ [PERMISSIONS]: Response.json(rights) });

test('a token that may write annotations is well, and none is written', async () => {
  for (const scope of ['annotations:type:organization', 'annotations:*', '*']) {
    const { finding, seen } = await withRights({
      'annotations:create': ['folders:*', scope],
      'x:read': [''],
    });
    expect(finding).toBe('ok: takes the secret, which may write annotations; none was written');
    expect(seen).toEqual([{ path: PERMISSIONS, authorization: 'Bearer SECRET', body: null }]);
  }
});

test('a user and its password are asked about as they are sent', async () => {
  const { seen } = await found({ [PERMISSIONS]: Response.json({}) }, 'admin');
  expect(seen[0]?.authorization).toBe(`Basic ${Buffer.from('admin:SECRET').toString('base64')}`);
});

test('a token that may only read, or write on dashboards only, fails', async () => {
  const may = [{}, { 'annotations:read': ['*'] }, { 'annotations:create': ['annotations:type:dashboard'] }];
  for (const rights of may)
    expect((await withRights(rights)).finding).toBe(
      'fail: takes the secret, which may not write annotations',
    );
});

test.each<[string, Response, string]>([
  ['a token that was revoked', Response.json({}, { status: 401 }), 'answers 401: it refuses the secret'],
  ['a proxy that forbids it', new Response('no', { status: 403 }), 'answers 403: it refuses the secret'],
  ['a page', new Response('<!doctype html>'), 'answers 200, with a page and no JSON'],
  ['another API', Response.json(['x']), "answers 200, and not as Grafana's API does"],
  [
    'a redirection',
    new Response(null, { status: 302, headers: { location: '/login' } }),
    'answers 302, which leads elsewhere and is not followed',
  ],
  ['a failure', new Response('busy', { status: 503 }), 'answers 503'],
])('%s fails', async (_, answer, says) => {
  expect((await found({ [PERMISSIONS]: answer })).finding).toBe(`fail: ${says}`);
});

test('a Grafana that cannot be asked for rights shows by reading whether it takes the secret', async () => {
  const reading = async (answer: Response) => (await found({ '/api/annotations': answer })).finding;
  expect(await reading(Response.json([]))).toMatch(/^warn: takes the secret; whether it may write/);
  expect(await reading(Response.json({}, { status: 401 }))).toBe('fail: answers 401: it refuses the secret');
  expect(await reading(Response.json({}))).toBe("fail: answers 200, and not as Grafana's API does");
  expect((await found({})).finding).toBe("fail: answers 404, and not as Grafana's API does");
});

test('an address that nobody answers at, and an answer without an end, fail', async () => {
  await using grafana = await startReceiver();
  const grafanaAt = { url: grafana.url, secret: { value: 'SECRET' }, user: null };
  grafana.answer = { kind: 'endless' };
  expect(await checkGrafana(grafanaAt)).toMatchObject({ says: 'answers 200, with a page and no JSON' });
  await grafana[Symbol.asyncDispose]();
  expect(await checkGrafana(grafanaAt)).toMatchObject({
    level: 'fail',
    says: 'not reachable (ECONNREFUSED)',
  });
});

test('a secret that cannot be read, or that no header can hold, is told without it', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'token');
  const url = 'http://127.0.0.1:9';
  expect(await checkGrafana({ url, secret: { file }, user: null })).toMatchObject({
    level: 'fail',
    says: expect.stringContaining(`the file ${file} cannot be read (ENOENT)`),
  });
  const odd = await checkGrafana({ url, secret: { value: 'SECRET\u2028' }, user: null });
  expect(odd).toMatchObject({ level: 'fail', says: expect.stringContaining('signs in it') });
  expect(JSON.stringify(odd)).not.toContain('SECRET\u2028');
});
