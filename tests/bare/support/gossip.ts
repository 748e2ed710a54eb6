import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What two peers of a cluster say to each other, until it is cut. */
export type GossipWay = {
  /** For each of the two: where it is to listen, and what it is to tell the other. */
  ends: readonly [End, End];
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
};

export type End = { listen: string; advertise: string };

/**
 * Alertmanagers gossip by UDP and TCP on one port. Each tells the other the port that is ours here, and we pass on what comes.
 * @param ports free ones: where the two listen, and where we do for them
 */
export async function startGossip(ports: readonly [number, number, number, number]): Promise<GossipWay> {
  const [first, second, forFirst, forSecond] = ports;
  let isCut = false;
  const open = new Set<Socket>();
  const ways = await Promise.all([passOn(forFirst, first, second), passOn(forSecond, second, first)]);

  async function passOn(at: number, to: number, other: number) {
    const udp = createSocket('udp4');
    udp.on('message', (message, { port }) => {
      // Older ones answer to where a packet came from, which is us: that is for the other one.
      if (!isCut) udp.send(message, port === to ? other : to, '127.0.0.1');
    });
    udp.bind(at, '127.0.0.1');
    await once(udp, 'listening');
    const tcp = createServer((incoming) => {
      if (isCut) return void incoming.destroy();
      const outgoing = connect(to, '127.0.0.1');
      for (const [from, into] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        open.add(from);
        from.on('error', () => into.destroy());
        from.on('close', () => open.delete(from));
        from.pipe(into);
      }
    }).listen(at, '127.0.0.1');
    await once(tcp, 'listening');
    return { udp, tcp };
  }

  const drop = () => {
    for (const socket of open) socket.destroy();
  };
  const end = (listen: number, advertise: number): End => ({
    listen: `127.0.0.1:${listen}`,
    advertise: `127.0.0.1:${advertise}`,
  });
  return {
    ends: [end(first, forFirst), end(second, forSecond)],
    cut: () => {
      isCut = true;
      drop();
    },
    mend: () => {
      isCut = false;
    },
    stop: async () => {
      drop();
      for (const { udp, tcp } of ways) {
        udp.close();
        tcp.close();
        await once(tcp, 'close');
      }
    },
  };
}
