import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

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

/** Ports that nobody uses now. They are held together, so that they differ. */
export async function freePorts(): Promise<Ports> {
  const held = await Promise.all([hold(0), hold(0), hold(0), hold(0), hold(0)]);
  const [api, payments, bot, prometheus, alertmanager] = await Promise.all(held.map(release));
  if (!api || !payments || !bot || !prometheus || !alertmanager)
    throw new Error('The kernel gave no free port.');
  return { api, payments, bot, prometheus, alertmanager };
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

async function release(server: Server): Promise<number> {
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
