import { html } from 'hono/html';
import { MOMENTS } from '../store/evidence.ts';
import { type Html, NOTHING } from './layout.ts';
import { card, when } from './parts.ts';
import type { IncidentStory } from './story.ts';

type Piece = IncidentStory['evidence'][number];

/** What was captured before each action and after its proof. The field searches in all of it, in the browser. */
export const evidenceCard = (story: IncidentStory): Html =>
  card(
    'Evidence',
    html`<label class="search">Search in it <input type="search" id="evidence-search" autocomplete="off" aria-describedby="evidence-found"></label>
    <p class="quiet" id="evidence-found" role="status"></p>
    ${groupsOf(story).map(
      ({ title, pieces }) => html`<section class="moment"><h3>${title}</h3>${pieces.map(pieceOf)}</section>`,
    )}`,
    { id: 'evidence' },
  );

/** By attempt, before it and after it: what is captured after one may come later than what is before the next. */
function groupsOf({ evidence, attempts }: IncidentStory): { title: string; pieces: Piece[] }[] {
  const groups = new Map<string, Piece[]>();
  for (const id of new Set(evidence.map((piece) => piece.attempt_id)))
    for (const moment of MOMENTS) {
      const pieces = evidence.filter((one) => one.attempt_id === id && one.moment === moment);
      const found = attempts.find(({ attempt }) => attempt.id === id)?.attempt;
      const of = found === undefined ? 'an action' : `attempt ${found.number} of step ${found.step + 1}`;
      if (pieces.length > 0) groups.set(`${moment === 'before' ? 'Before' : 'After'} ${of}`, pieces);
    }
  return [...groups].map(([title, pieces]) => ({ title, pieces }));
}

const pieceOf = (piece: Piece): Html =>
  // By the number in the log, so that what a reader has opened stays open when more comes.
  html`<details class="evidence" id="evidence-${piece.id}"${piece.kind === 'logs' ? html` open` : NOTHING}>
    <summary><strong>${piece.kind}</strong> ${piece.subject} <span class="quiet">${when(piece.at)}, took ${piece.took_ms} ms${piece.truncated ? ', cut to its bound' : ''}</span></summary>
    ${piece.error === null ? NOTHING : html`<p class="notice refused">Not captured: ${piece.error}</p>`}
    <pre tabindex="0">${readable(piece.kind, piece.content)}</pre>
  </details>`;

/** JSON in lines; everything else as it was captured. */
function readable(kind: string, content: string): string {
  if (kind === 'logs') return content;
  try {
    return JSON.stringify(JSON.parse(content), null, 2);
  } catch {
    return content;
  }
}
