import type { Hono } from 'hono';
import type { Passed } from '../http/operation.ts';
import { problemShape } from '../http/problem.ts';
import type { Said } from './layout.ts';
import type { Session } from './session.ts';

/** What a person ordered, as the API takes it, and what to show afterwards. */
export interface Order {
  /** Under /api/v1. */
  path: string;
  body: Readonly<Record<string, unknown>>;
  /** The page that follows. */
  back: string;
  /** What is said where it was done. */
  done: string;
}

/** The sentence of an answer that refuses. */
export const refusal = problemShape.transform(({ detail }) => detail);

/**
 * Gives an order to the API in this process: one path for everybody, one check of what is written, one record of who
 * did it. What it refuses is said in its own words.
 */
export async function giveOrder(
  api: Hono<Passed>,
  { path, body, done }: Order,
  { by }: Session,
): Promise<Said> {
  const response = await api.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, by }),
  });
  const answer: unknown = await response.json();
  if (response.ok) return { kind: 'done', text: done };
  return { kind: 'refused', text: sentence(refusal.parse(answer)) };
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;

type Fields = Readonly<Record<string, string>>;
const INCIDENT_ORDERS: Readonly<Record<string, (id: string, fields: Fields) => Order>> = {
  approve: (id, { question, why }) => ({
    path: `/incidents/${id}/approve`,
    body: { question: Number(question), why },
    back: `/incidents/${id}`,
    done: 'Approved. The bot acts as soon as its turn comes.',
  }),
  reject: (id, { question, why }) => ({
    path: `/incidents/${id}/reject`,
    body: { question: Number(question), why },
    back: `/incidents/${id}`,
    done: 'Rejected. You have it.',
  }),
  acknowledge: (id, { why }) => ({
    path: `/incidents/${id}/acknowledge`,
    body: { why },
    back: `/incidents/${id}`,
    done: 'Acknowledged: its page ends.',
  }),
  note: (id, { why }) => ({
    path: `/incidents/${id}/note`,
    body: { note: why },
    back: `/incidents/${id}`,
    done: 'The note stands in the timeline.',
  }),
};

/** What the form of an incident asks for; null where it is nothing that there is. */
export const incidentOrder = (id: string, fields: Fields): Order | null =>
  INCIDENT_ORDERS[fields['order'] ?? '']?.(encodeURIComponent(id), fields) ?? null;

const SCOPED = ['pause', 'resume'] as const;

/** What a form about a target, a playbook or everything asks for; null where it is nothing that there is. */
export function stopOrder(fields: Fields, back: string): Order | null {
  const { order, scope = 'all', why, for: length } = fields;
  const known = SCOPED.find((one) => one === order);
  const about = scope === 'all' ? 'everything' : scope.slice(scope.indexOf(':') + 1);
  if (known === 'pause')
    return {
      path: '/pause',
      body: { scope, why, ...(length ? { for: length } : {}) },
      back,
      done: `Paused ${about}: nothing is done until ${length ? `${length} from now` : 'somebody resumes it'}.`,
    };
  if (known === 'resume') return { path: '/resume', body: { scope, why }, back, done: `Resumed ${about}.` };
  if (order === 'reset')
    return {
      path: `/targets/${encodeURIComponent(about)}/reset`,
      body: { why },
      back,
      done: `Reset ${about}: the bot may act on it again.`,
    };
  if (order === 'release')
    return {
      path: '/storm/release',
      body: { why },
      back,
      done: 'Released: one after the other, dependencies first.',
    };
  return null;
}
