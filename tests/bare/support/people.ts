import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';

const notification = z.object({
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
      startsAt: z.string(),
    }),
  ),
});

export type Told = z.output<typeof notification>['alerts'][number] & { at: number };

export type People = {
  url: string;
  /** Every alert that people were told of, oldest first; of one name, or all. */
  heard(alertname?: string): Told[];
  stop(): Promise<void>;
};

/** The team's pager: a webhook that remembers what Alertmanager tells it. */
export async function startPeople(): Promise<People> {
  const told: Told[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece);
    const { alerts } = notification.parse(JSON.parse(Buffer.concat(pieces).toString()));
    told.push(...alerts.map((alert) => ({ ...alert, at: Date.now() })));
    outgoing.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The kernel gave no port.');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    heard: (name) => told.filter(({ labels }) => name === undefined || labels['alertname'] === name),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
