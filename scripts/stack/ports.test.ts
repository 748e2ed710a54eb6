import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePorts, requireFree } from './ports.ts';

it('free ports are five different ones', async () => {
  const ports = await freePorts();
  expect(new Set(Object.values(ports)).size).toBe(5);
  await expect(requireFree(ports)).resolves.toBeUndefined();
});

it('a taken port is told in one sentence with the port, the part and the remedy', async () => {
  const ports = await freePorts();
  const squatter = createServer().listen(ports.alertmanager, '127.0.0.1');
  await once(squatter, 'listening');
  try {
    await expect(requireFree(ports)).rejects.toThrow(
      `Port ${ports.alertmanager} on 127.0.0.1, which Alertmanager is to listen on, is taken: end the process that ` +
        `\`ss -ltnp 'sport = :${ports.alertmanager}'\` shows, or start on other ports with \`npm start -- --free-ports\`.`,
    );
  } finally {
    squatter.close();
  }
});
