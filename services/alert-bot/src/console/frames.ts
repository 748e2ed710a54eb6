import type { Context } from 'hono';
import type { State } from '../http/overall.ts';
import type { Html } from './layout.ts';
import type { Session } from './session.ts';

/** What stands around every page, and who it is for. */
export interface Frames {
  /** @throws HttpError for whoever is not signed in, or not any more */
  signedIn(c: Context): Session;
  show(path: string, at: string, make: (c: Context, session: Session) => Promise<Shown>): void;
  /** The text of a whole page. */
  frame(c: Context, session: Session, at: string, shown: Shown): Html;
}

/** A page without what stands around each. */
export interface Shown {
  title: string;
  main: Html;
  /** The status of one that is an answer: it stays as it is while it is open. */
  answer?: 200 | 503;
  /** Of which state of the log it is, where that is not the one of now. */
  asOf?: { change: string; state: State };
}
