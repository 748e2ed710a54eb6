import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const helper = join(import.meta.dirname, '../../../../tests/support/postgres.ts');

const script = `
  const { startPostgres } = await import(${JSON.stringify(helper)});
  const { port } = await startPostgres();
  const listeners = process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
  console.log(JSON.stringify({ port, listeners }));
`;

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(true));
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}

test('kill -9 of the process that started PostgreSQL leaves no server and no files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'api-postgres-'));
  // As root the server runs as user postgres, who must be able to enter.
  chmodSync(folder, 0o755);
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const started = z.object({ port: z.number(), listeners: z.number() }).parse(JSON.parse(String(line)));
  // The library's own signal handlers would end the demo before its orderly stop.
  expect(started.listeners).toBe(0);
  expect(await refuses(started.port)).toBe(false);
  expect(readdirSync(folder)).toHaveLength(1);

  child.kill('SIGKILL');
  await expect.poll(() => refuses(started.port), { timeout: 10_000 }).toBe(true);
  await expect.poll(() => readdirSync(folder), { timeout: 10_000 }).toEqual([]);
  rmSync(folder, { recursive: true });
});
