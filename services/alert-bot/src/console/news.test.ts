import { once } from 'node:events';

import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { bootSupervisor, staying } from '../../../supervisor/src/harness.ts';
import { order } from '../http/harness.ts';
import { startBot, type TestBot } from '../testing/bot.ts';
import { createNews, newsRoute } from './news.ts';
import { signedIn } from './visitor.ts';

let supervisor: Awaited<ReturnType<typeof bootSupervisor>>;
beforeAll(async () => {
  supervisor = await bootSupervisor(`processes: { api: { command: ${staying()} } }`);
});
afterAll(() => supervisor[Symbol.asyncDispose]());

/** The bot behind a real port: a stream is a connection. */
async function listening(bot: TestBot) {
  const server = createAdaptorServer({ fetch: bot.app.fetch });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = z.object({ port: z.number() }).parse(server.address()).port;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
    },
  };
}

/** A page that listens; `next` is the next thing that it is told. */
async function listen(url: string, cookie: string) {
  const gone = new AbortController();
  const response = await fetch(`${url}/console/news`, {
    headers: { cookie: `alert_bot_session=${cookie}` },
    signal: gone.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  return {
    status: response.status,
    next: async () => (await reader?.read())?.value ?? null,
    leave: () => gone.abort(),
  };
}

test('a page is told how it is at first, and of each change; and that it ends when the bot stops', async () => {
  const bot = startBot(supervisor.socket, { idle: true });
  await using server = await listening(bot);
  const cookie = (await signedIn(bot)).cookie() ?? '';
  const page = await listen(server.url, cookie);
  expect(await page.next()).toBe('event: change\ndata: 0-0 1\n\n');
  await order(bot, '/pause', { by: 'ada', why: 'a look' });
  expect(await page.next()).toBe('event: change\ndata: 0-1 1\n\n');
  await bot[Symbol.asyncDispose]();
  expect(await page.next()).toBeNull();
});

test('whoever may not listen any more is told so, and that is the end', async () => {
  await using bot = startBot(supervisor.socket, { idle: true });
  let may = true;
  const app = newsRoute(createNews(bot.deps), () => may, 5);
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const page = await listen(`http://127.0.0.1:${port}`, 'any');
  // Several may come at once.
  let told = '';
  while (!told.includes('event: beat')) told += await page.next();
  expect(told).not.toContain('event: over');
  may = false;
  for (let piece = await page.next(); piece !== null; piece = await page.next()) told += piece;
  expect(told).toMatch(/event: over\ndata: \n\n$/);
  server.close();
});

test('of 300 pages at once the next is asked to come later, and one that leaves makes room', async () => {
  await using bot = startBot(supervisor.socket, { idle: true });
  await using server = await listening(bot);
  const cookie = (await signedIn(bot)).cookie() ?? '';
  const pages = await Promise.all(Array.from({ length: 300 }, () => listen(server.url, cookie)));
  expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await listen(server.url, cookie)).status).toBe(503);
  pages[0]?.leave();
  await expect.poll(async () => (await listen(server.url, cookie)).status).toBe(200);
  for (const page of pages) page.leave();
});
