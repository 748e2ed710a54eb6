import { html } from 'hono/html';
import type { Instant } from '../domain/duration.ts';
import { csrf, type Html } from './layout.ts';
import { ago, card, when } from './parts.ts';
import type { Session } from './session.ts';

/** Who paused everything, why, since when and until when. */
export interface Pause {
  by: string;
  why: string;
  at: Instant;
  until: Instant | null;
}

/** For how long a pause is to hold. */
export const PAUSE_LENGTH: Html = html`<label class="narrow">For <input name="for" placeholder="until resumed, or 30m" autocomplete="off"></label>`;

const form = (session: Session, back: string, action: Html): Html =>
  html`<form method="post" action="/orders" class="order">
      ${csrf(session)}<input type="hidden" name="scope" value="all"><input type="hidden" name="back" value="${back}">
      <label>Why <input name="why" maxlength="2000" autocomplete="off"></label>
      ${action}
    </form>`;

const pause = (session: Session, back: string): Html =>
  form(
    session,
    back,
    html`${PAUSE_LENGTH}<button type="submit" name="order" value="pause">Pause everything</button>`,
  );

const resume = (session: Session, back: string, { by, why, at, until }: Pause, now: Instant): Html =>
  html`<p><strong>${by}</strong> paused everything ${ago(at, now)}${until === null ? ', until somebody resumes it' : html`, until ${when(until)}`}. ${why}</p>
    ${form(session, back, html`<button type="submit" name="order" value="resume">Resume everything</button>`)}`;

/** Stops all that the bot does, or lets it go on; `back` is the page that it stands on. */
export const pauseCard = (paused: Pause | null, session: Session, back: string, now: Instant): Html =>
  card(
    'Everything',
    paused === null
      ? html`<p>Nothing is paused as a whole.</p>${pause(session, back)}`
      : resume(session, back, paused, now),
    { id: 'all' },
  );

/** The same on the first page: out of the way as long as nothing is paused, and two clicks from stopping the bot. */
export const stopCard = (paused: Pause | null, session: Session, now: Instant): Html =>
  paused === null
    ? html`<details class="stop" id="stop"><summary>Stop the bot</summary>${pause(session, '/')}</details>`
    : card('Everything is paused', resume(session, '/', paused, now), { id: 'all' });
