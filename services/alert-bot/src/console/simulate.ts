import type { Hono } from 'hono';
import type { Passed } from '../http/operation.ts';
import { simulationsShape } from '../http/simulate.ts';
import { refusal } from './orders.ts';
import { readLabels, type TryView } from './try-page.ts';

/** Asks the API in this process what would become of an alert with these labels, written one a line. */
export async function simulateIn(api: Hono<Passed>, text: string): Promise<TryView['result']> {
  const read = readLabels(text);
  if ('wrong' in read)
    return { refused: `"${read.wrong}" is no label: write name=value, one a line, such as service=api.` };
  const response = await api.request('/simulate', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'firing', labels: read.labels }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) return { refused: refusal.parse(answer) };
  return simulationsShape.parse(answer);
}
