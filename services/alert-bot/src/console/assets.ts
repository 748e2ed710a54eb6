import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';

const own = (name: string): string => join(import.meta.dirname, 'assets', name);
const JS = 'text/javascript; charset=utf-8';

/** What the pages load, all of it from the bot itself: its own files as they are, and one package. */
const FILES: Readonly<Record<string, { file: string; type: string }>> = {
  'console.css': { file: own('console.css'), type: 'text/css; charset=utf-8' },
  'icon.svg': { file: own('icon.svg'), type: 'image/svg+xml' },
  'main.js': { file: own('main.js'), type: JS },
  'live.js': { file: own('live.js'), type: JS },
  'times.js': { file: own('times.js'), type: JS },
  'charts.js': { file: own('charts.js'), type: JS },
  'search.js': { file: own('search.js'), type: JS },
  'idiomorph.js': { file: fileURLToPath(import.meta.resolve('idiomorph')), type: JS },
};

/** `GET /console/<file>`; needs no token, as nothing in it is anybody's. */
export function assetRoutes(): Hono {
  const app = new Hono();
  const assets = new Map(
    Object.entries(FILES).map(([name, { file, type }]) => {
      const body = readFileSync(file, 'utf8');
      return [name, { body, type, etag: `"${hash('sha256', body, 'base64url').slice(0, 22)}"` }];
    }),
  );
  app.get(`/console/:name{${[...assets.keys()].map((name) => name.replace('.', '\\.')).join('|')}}`, (c) => {
    const asset = assets.get(c.req.param('name'));
    if (asset === undefined) return c.notFound();
    // Asked again each time, so that a new version of the bot is never shown by scripts of the old one.
    const headers = { etag: asset.etag, 'cache-control': 'no-cache' };
    if (c.req.header('if-none-match') === asset.etag) return c.body(null, 304, headers);
    return c.body(asset.body, 200, { ...headers, 'content-type': asset.type });
  });
  return app;
}
