import { once } from 'node:events';
import { createServer } from 'node:http';

/** What stands between two parts, as Alertmanager and the bot, and may keep answers to itself. */
export type Relay = {
  /** `host:port` */
  address: string;
  /** Everything is passed on, and whoever sent it hears nothing, until it gives up. */
  mute(isMute: boolean): void;
  /** The answers to these questions break off in the middle. */
  cut(questions: RegExp): void;
  /** Statuses that were answered, whether they were passed on or not. */
  answers(): readonly number[];
  stop(): Promise<void>;
};

/** @param to `host:port` */
export async function startRelay(to: string): Promise<Relay> {
  const answers: number[] = [];
  let mute = false;
  let cut = /$^/;
  const server = createServer(async (incoming, outgoing) => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece);
    const { authorization = '' } = incoming.headers;
    try {
      const answer = await fetch(`http://${to}${incoming.url}`, {
        method: incoming.method ?? 'GET',
        headers: { authorization },
        ...(incoming.method === 'GET' ? {} : { body: Buffer.concat(pieces) }),
      });
      const body = Buffer.from(await answer.arrayBuffer());
      answers.push(answer.status);
      if (mute) return;
      const type = answer.headers.get('content-type');
      outgoing.writeHead(answer.status, {
        ...(type === null ? {} : { 'content-type': type }),
        // Not with 204, which has none.
        ...(body.length > 0 ? { 'content-length': body.length } : {}),
      });
      if (cut.test(incoming.url ?? ''))
        outgoing.write(body.subarray(0, body.length / 2), () => outgoing.destroy());
      else outgoing.end(body);
    } catch {
      // Nobody is there: it looks as it would without us.
      outgoing.destroy();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The kernel gave no port.');
  return {
    address: `127.0.0.1:${address.port}`,
    mute: (isMute) => {
      mute = isMute;
    },
    cut: (questions) => {
      cut = questions;
    },
    answers: () => answers,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
