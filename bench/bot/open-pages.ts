// A process of its own: pages of the console that are open. Each listens, and is asked for again as often as its script
// (services/alert-bot/src/console/assets/live.js) asks for it. It answers how many were fetched again.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/** As that script has them. */
const REFRESH_EVERY = 1_000;
const REFRESH_EVERY_PER_PAGE = 50;

const orders = z.object({ url: z.url(), cookie: z.string(), count: z.number() });
export type PageOrders = z.output<typeof orders>;

const { url, cookie, count } = orders.parse(JSON.parse(process.argv[2] ?? ''));
let fetched = 0;
let failure: string | null = null;

/** To the end of its body, as a browser reads it. @returns the state of the log that it shows */
async function readPage(): Promise<string> {
  const response = await fetch(`${url}/`, {
    headers: { cookie, accept: 'text/html', 'x-alert-bot-refresh': '1' },
    redirect: 'manual',
  });
  const text = await response.text();
  const shown = /<main[^>]* data-change="([^"]*)"/.exec(text)?.[1];
  if (response.status !== 200 || shown === undefined)
    throw new Error(`a page was answered ${response.status}`);
  return shown;
}

/** What each `change` says, in order. */
async function* changes(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const events = (text + piece).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events)
      if (/^event: change$/m.test(event)) yield /^data: (.*)$/m.exec(event)?.[1] ?? '';
  }
}

/** Opens a page. @returns what goes on while it is open */
async function open(): Promise<() => Promise<void>> {
  let shown = await readPage();
  const response = await fetch(`${url}/console/news`, { headers: { cookie } });
  const { body } = response;
  if (!response.ok || body === null) throw new Error(`a stream was answered ${response.status}`);
  let refreshing = false;
  let again = false;
  let pages = 1;

  /** One at a time and apart from the others; what changes meanwhile is fetched after a rest, which is the longer the more pages there are. */
  async function refresh(): Promise<void> {
    again = refreshing;
    if (refreshing) return;
    refreshing = true;
    const apart = Math.random() * (pages - 1) * REFRESH_EVERY_PER_PAGE;
    await delay(apart);
    again = false;
    shown = await readPage();
    fetched += 1;
    await delay(Math.max(REFRESH_EVERY, pages * REFRESH_EVERY_PER_PAGE) - apart);
    refreshing = false;
    if (again) await refresh();
  }

  return async () => {
    for await (const line of changes(body)) {
      const [now = '', listening] = line.split(' ');
      pages = Number(listening);
      if (now !== shown) void refresh().catch(fail);
    }
    throw new Error('a stream has ended');
  };
}

function fail(error: unknown): void {
  failure ??= error instanceof Error ? error.message : String(error);
}

// One after the other, as people open them.
for (let i = 0; i < count; i++) void (await open())().catch(fail);
const server = createServer((_, response) => {
  response.writeHead(200, { connection: 'close' });
  response.end(JSON.stringify({ fetched, failure }));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('it listens on no port');
console.log(JSON.stringify({ url: `http://127.0.0.1:${address.port}` }));
