import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createPlain, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer as createTls, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { Secret } from '../config/secret.ts';
import { temporaryFolder } from '../testing/log.ts';
import { startReceiver } from '../testing/receiver.ts';
import { checkWebhook } from './webhook.ts';

const check = (url: Secret) => checkWebhook({ url, at: { minutes: 420, zone: 'UTC' } }, 300);

async function listen(server: Server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, [Symbol.dispose]: () => server.close() };
}

test('a host that takes connections is well, and gets no request', async () => {
  await using server = await startReceiver();
  const { host } = new URL(server.url);
  expect(await check({ value: `${server.url}/services/T0/B0/SECRET` })).toEqual({
    level: 'ok',
    what: 'webhook for reports',
    says: `${host} takes connections; no message was sent, so whether it takes one is not known`,
  });
  expect(server.received).toEqual([]);
});

test('of the address no more than its host is told, whatever goes wrong', async () => {
  await using gone = await startReceiver();
  await gone[Symbol.asyncDispose]();
  const wrong: [string, string][] = [
    [`${gone.url}/SECRET`, 'cannot be connected to (ECONNREFUSED)'],
    ['http://nobody.invalid/SECRET', 'nobody.invalid has no address (ENOTFOUND)'],
    ['http://me:SECRET@127.0.0.1/', 'the address at 127.0.0.1 holds a user name or password'],
    ['ftp://127.0.0.1/SECRET', 'what is set is no http(s) address'],
    ['SECRET', 'what is set is no http(s) address'],
  ];
  for (const [value, says] of wrong) {
    const finding = await check({ value });
    expect(finding).toMatchObject({ level: 'fail', says: expect.stringContaining(says) });
    expect(JSON.stringify(finding)).not.toContain('SECRET');
  }
});

test('a file that is not there is told with its name', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'webhook');
  expect(await check({ file })).toMatchObject({
    level: 'fail',
    says: expect.stringContaining(`the file ${file} cannot be read (ENOENT)`),
  });
});

describe('over https', () => {
  const trusted = getCACertificates('default');
  afterEach(() => setDefaultCACertificates(trusted));

  test('a certificate that nobody vouches for is told, and a valid one', async () => {
    using server = await listen(
      createTls({ cert: CERTIFICATE, key: KEY }).on('tlsClientError', () => undefined),
    );
    const value = `https://localhost:${server.port}/SECRET`;
    expect(await check({ value })).toMatchObject({
      level: 'fail',
      says: `localhost:${server.port} shows a certificate that is not valid (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    });
    setDefaultCACertificates([CERTIFICATE]);
    expect(await check({ value })).toMatchObject({
      level: 'ok',
      says: expect.stringContaining(`localhost:${server.port} takes connections with a valid certificate`),
    });
    const address = await check({ value: `https://127.0.0.1:${server.port}/` });
    expect(address).toMatchObject({
      level: 'fail',
      says: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
  });

  test('a server without TLS, one that hangs up and one that is silent are told apart', async () => {
    await using plain = await startReceiver();
    const says = async (port: string | number) => (await check({ value: `https://127.0.0.1:${port}/` })).says;
    expect(await says(new URL(plain.url).port)).toMatch(/cannot be connected to \(.*(SSL|PROTO)/);
    using rude = await listen(createPlain((socket) => socket.end()));
    expect(await says(rude.port)).toMatch(/cannot be connected to \((ECONNRESET|hung up)\)/);
    using silent = await listen(createPlain());
    expect(await says(silent.port)).toBe(`127.0.0.1:${silent.port} does not answer within 0.3 s`);
  });
});

// Of nobody: made for this test, for localhost, with the years that no clock leaves.
const CERTIFICATE = new X509Certificate(
  Buffer.from(
    'MIIBVjCB/aADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBHRlc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASHRQGnZUrIa0UUlv/S+BA/HjyGJmYIKdKVgGNEh3q5Qvf14YDe78qMQLJLZt25/UR8k26PSlSolOoI+hLk7/ZKo0gwRjAPBgNVHRMBAf8EBTADAQH/MBQGA1UdEQQNMAuCCWxvY2FsaG9zdDAdBgNVHQ4EFgQUqdrxMdCW9mtOFnkNElibbHvHAfcwCgYIKoZIzj0EAwIDSAAwRQIgZJS4upWNNKoKnWXbzI8Pu/xGpaIJ2sprIvBi0lobuLkCIQDSqeiYWTDsgtrpALgqYGiVoUFTvuHsPg6d2XMx1xcQ7w==',
    'base64',
  ),
).toString();
const KEY = createPrivateKey({
  key: Buffer.from(
    'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgo8O9HWksRJFdcKgv7r50Hur8Ey7jtr4v162AB8uGBFWhRANCAASHRQGnZUrIa0UUlv/S+BA/HjyGJmYIKdKVgGNEh3q5Qvf14YDe78qMQLJLZt25/UR8k26PSlSolOoI+hLk7/ZK',
    'base64',
  ),
  format: 'der',
  type: 'pkcs8',
}).export({ format: 'pem', type: 'pkcs8' });
