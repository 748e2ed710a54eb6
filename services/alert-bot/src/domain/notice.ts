import { z } from 'zod';
import type { Millis } from './duration.ts';

/** What other systems are told afterwards. report: the daily one, to a chat. annotation: an action, to Grafana. */
export const NOTICE_KINDS = ['report', 'annotation'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** A daily report as a message; the time that it tells of (ms), so that the next one goes on there. */
export const reportNotice = z.object({ text: z.string(), from: z.number(), to: z.number() });
export type ReportNotice = z.output<typeof reportNotice>;

/** One attempt that reached the platform, from its first call to how it ended (ms). */
export const annotationNotice = z.object({
  incident: z.number(),
  attempt: z.number(),
  target: z.string(),
  service: z.string().nullable(),
  playbook: z.string().nullable(),
  title: z.string(),
  outcome: z.string(),
  detail: z.string(),
  from: z.number(),
  to: z.number(),
});
export type AnnotationNotice = z.output<typeof annotationNotice>;

/**
 * Sends one, given as the JSON of its kind; resolves when the other side has taken it, else rejects with a NoticeError. Has a
 * time limit of its own.
 */
export type Send = (payload: string) => Promise<void>;
export type Senders = Readonly<Partial<Record<NoticeKind, Send>>>;

/** It was not taken, or that cannot be known. The message never holds a secret. */
export class NoticeError extends Error {
  override name = 'NoticeError';
  /** How long the other side asks to be left alone. */
  readonly retryAfter: Millis;
  constructor(message: string, retryAfter: Millis = 0) {
    super(message);
    this.retryAfter = retryAfter;
  }
}
