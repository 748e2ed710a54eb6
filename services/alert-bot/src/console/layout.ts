import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { State } from '../http/overall.ts';
import type { Session } from './session.ts';

/** Text that is safe in a page; whatever is put into a template is escaped (no markup of a label, a log line or a note lives). */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export const NOTHING: Html = raw('');

/** Only what the bot itself serves; no inline script or style, no frame around it. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const PAGES = [
  ['/', 'Now'],
  ['/history', 'History'],
  ['/targets', 'Targets'],
  ['/playbooks', 'Playbooks'],
  ['/try', 'Try'],
] as const;

export interface Frame {
  title: string;
  /** The path of the page in the navigation that it belongs to. */
  at: string;
  session: Session;
  state: State;
  /** The state of the log that the page shows; null for one that is an answer, and stays as it is. */
  change: string | null;
  /** What became of an order that was just given. */
  said: Said | null;
}

export interface Said {
  kind: 'done' | 'refused';
  text: string;
}

/** A whole page; `main` is what is kept up to date while it is open. */
export function page({ title, at, session, state, change, said }: Frame, main: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
  ${head(title)}
  <script type="module" src="/console/main.js"></script>
</head>
<body data-state="${state}">
  <a class="skip" href="#main">Skip to the content</a>
  <header class="top">
    <a class="brand" href="/"><img src="/console/icon.svg" alt="" width="26" height="26">alert-bot</a>
    <nav aria-label="Pages">
      ${PAGES.map(([path, name]) => html`<a href="${path}"${path === at ? raw(' aria-current="page"') : ''}>${name}</a>`)}
    </nav>
    <p class="live" id="live" role="status"><span class="dot"></span><span id="live-text">Not live: this page needs JavaScript for that</span></p>
    <form method="post" action="/sign-out" class="who">
      ${csrf(session)}
      <span>${session.by}</span>
      <button class="plain" type="submit">Sign out</button>
    </form>
  </header>
  <main id="main" tabindex="-1"${change === null ? NOTHING : html` data-change="${change}"`}>
    ${said === null ? NOTHING : notice(said)}
    ${main}
  </main>
</body>
</html>`;
}

/** A page for somebody who is not signed in. */
export const bare = (title: string, main: Html): Html => html`<!doctype html>
<html lang="en">
<head>
  ${head(title)}
</head>
<body class="bare">
  <main id="main">${main}</main>
</body>
</html>`;

const head = (title: string): Html => html`<meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · alert-bot</title>
  <link rel="icon" href="/console/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/console/console.css">`;

export const notice = ({ kind, text }: Said): Html =>
  html`<p class="notice ${kind}" role="${kind === 'done' ? 'status' : 'alert'}">${text}</p>`;

export const csrf = (session: Session): Html =>
  html`<input type="hidden" name="csrf" value="${session.csrf}">`;
