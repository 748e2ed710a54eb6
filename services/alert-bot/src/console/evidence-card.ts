import { html } from 'hono/html';

import { type Html, NOTHING } from './layout.ts';
import { card, when } from './parts.ts';
import type { IncidentStory } from './story.ts';

/** What was captured before each action. The field searches in all of it, in the browser. */
export const evidenceCard = ({ evidence, attempts }: IncidentStory): Html =>
  card(
    'Evidence',
    html`<label class="search">Search in it <input type="search" id="evidence-search" autocomplete="off" aria-describedby="evidence-found"></label>
    <p class="quiet" id="evidence-found" role="status"></p>
    ${evidence.map((piece, i) => {
      const attempt = attempts.find((one) => one.attempt.id === piece.attempt_id);
      const before =
        attempt === undefined
          ? NOTHING
          : html`, before attempt ${attempt.attempt.number} of step ${attempt.attempt.step + 1}`;
      return html`<details class="evidence" id="evidence-${i + 1}"${piece.kind === 'logs' ? html` open` : NOTHING}>
        <summary><strong>${piece.kind}</strong> ${piece.subject} <span class="quiet">${when(piece.at)}${before}, took ${piece.took_ms} ms${piece.truncated ? ', cut to its bound' : ''}</span></summary>
        ${piece.error === null ? NOTHING : html`<p class="notice refused">Not captured: ${piece.error}</p>`}
        <pre tabindex="0">${readable(piece.kind, piece.content)}</pre>
      </details>`;
    })}`,
    { id: 'evidence' },
  );

/** JSON in lines; everything else as it was captured. */
function readable(kind: string, content: string): string {
  if (kind === 'logs') return content;
  try {
    return JSON.stringify(JSON.parse(content), null, 2);
  } catch {
    return content;
  }
}
