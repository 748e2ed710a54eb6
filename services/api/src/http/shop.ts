import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@shop/service/errors';
import type { RequestContext, Route } from '@shop/service/http/route';

const folder = join(import.meta.dirname, '../shop');

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Nothing from elsewhere, and nothing written into the page: what somebody types cannot become a script. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // Asked for again each time, and not sent again while it is the same: a page of two versions would not work.
  'cache-control': 'no-cache',
};

interface Asset {
  body: string;
  type: string;
  etag: string;
}

/** The shop page and what belongs to it, read once. Faults never apply here: what is broken must stay repairable. */
export function shopRoutes(): Route[] {
  const assets = new Map(readdirSync(folder).flatMap((name) => assetOf(name)));

  const send = (c: RequestContext, name: string) => {
    const asset = assets.get(name);
    if (asset === undefined)
      throw new AppError('not_found', `The shop page has no file ${name.slice(0, 80)}.`);
    const { body, type, etag } = asset;
    if (c.req.header('if-none-match') === etag) return c.body(null, 304, { ...headers, etag });
    return c.body(body, 200, { ...headers, etag, 'content-type': type });
  };

  return [
    { method: 'GET', path: '/', handle: (c) => send(c, 'index.html'), quiet: true },
    { method: 'GET', path: '/shop/:file', handle: (c) => send(c, c.req.param('file') ?? ''), quiet: true },
  ];
}

function assetOf(name: string): [string, Asset][] {
  const type = types[name.slice(name.lastIndexOf('.') + 1)];
  if (type === undefined) return [];
  const body = readFileSync(join(folder, name), 'utf8');
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return [[name, { body, type, etag }]];
}
