/** Asks a running Prometheus what each panel would show. */
import { z } from 'zod';
import { type Dashboard, filledIn } from './grafana.ts';

const answer = z.object({ status: z.literal('success'), data: z.object({ result: z.array(z.unknown()) }) });

export interface Silent {
  /** `database / Locks`. */
  panel: string;
  /** The queries of it, none of which has an answer. */
  queries: string[];
}

/**
 * @returns panels of which no query to Prometheus has an answer
 */
export async function silentPanels(prometheus: string, boards: readonly Dashboard[]): Promise<Silent[]> {
  const silent: Silent[] = [];
  for (const board of boards) {
    for (const { title, targets } of board.panels) {
      const queries = targets
        .filter(({ datasource }) => datasource.uid === 'prometheus')
        .map(({ expr = '' }) => filledIn(expr));
      if (queries.length === 0) continue;
      const answers = await Promise.all(queries.map((query) => ask(prometheus, query)));
      if (answers.every((count) => count === 0)) silent.push({ panel: `${board.uid} / ${title}`, queries });
    }
  }
  return silent;
}

/** How many series answer. */
async function ask(prometheus: string, query: string): Promise<number> {
  const response = await fetch(`${prometheus}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Prometheus refuses ${query}: ${text}`);
  return answer.parse(JSON.parse(text)).data.result.length;
}
