import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort } from '../../packages/service/src/testing/free-port.ts';

export type Ports = { api: number; payments: number; bot: number; prometheus: number; alertmanager: number };

/** The ones that people and the documentation know. */
export const knownPorts: Ports = {
  api: 8000,
  payments: 8010,
  bot: 5000,
  prometheus: 9090,
  alertmanager: 9093,
};

const titles: Record<keyof Ports, string> = {
  api: 'the API',
  payments: 'the payment gateway',
  bot: 'the alert bot',
  prometheus: 'Prometheus',
  alertmanager: 'Alertmanager',
};

/** Ports that nobody uses now, or is given while this process lives. */
export async function freePorts(): Promise<Ports> {
  return {
    api: await freePort(),
    payments: await freePort(),
    bot: await freePort(),
    prometheus: await freePort(),
    alertmanager: await freePort(),
  };
}

/** Throws one sentence about the first port that is taken, before anything is started. */
export async function requireFree(ports: Ports): Promise<void> {
  for (const part of ['api', 'payments', 'bot', 'prometheus', 'alertmanager'] as const) {
    const port = ports[part];
    try {
      await release(await hold(port));
    } catch (cause) {
      throw new Error(
        `Port ${port} on 127.0.0.1, which ${titles[part]} is to listen on, is taken: end the process that ` +
          `\`ss -ltnp 'sport = :${port}'\` shows, or start on other ports with \`npm start -- --free-ports\`.`,
        { cause },
      );
    }
  }
}

async function hold(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function release(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
