import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { freePort } from './free-port.ts';

const many = (count: number) => Promise.all(Array.from({ length: count }, freePort));

it('two hundred at a time are two hundred ports, and nobody listens on them', async () => {
  const ports = await many(200);
  expect(new Set(ports).size).toBe(200);
  for (const port of ports) {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  }
});

it('the kernel gives none of them to a connection that goes out', async () => {
  const range = '/proc/sys/net/ipv4/ip_local_port_range';
  // Where there is no such file, the range is the one of IANA.
  const first = process.platform === 'linux' ? Number(readFileSync(range, 'utf8').split('\t')[0]) : 49_152;
  expect(Math.max(...(await many(100)))).toBeLessThan(first);
});

it('processes that ask side by side, and use the ports late, get different ones', async () => {
  const own = fileURLToPath(new URL('./free-port.ts', import.meta.url));
  const script = `
    const { freePort } = await import(${JSON.stringify(own)});
    const ports = [];
    for (let i = 0; i < 100; i++) ports.push(await freePort());
    console.log(JSON.stringify(ports));
    await new Promise((resolve) => process.stdin.once('data', resolve));
    process.exit();
  `;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  try {
    const said = await Promise.all(
      children.map(async ({ stdout }): Promise<number[]> => {
        const [line] = await once(stdout, 'data');
        return JSON.parse(String(line));
      }),
    );
    expect(new Set(said.flat()).size).toBe(400);
  } finally {
    for (const child of children) child.stdin.end('done');
    await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
  }
});
