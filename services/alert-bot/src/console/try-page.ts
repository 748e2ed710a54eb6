import { html } from 'hono/html';
import type { z } from 'zod';
import type { simulationsShape } from '../http/simulate.ts';
import { csrf, type Html, NOTHING } from './layout.ts';
import { card, chip, guardList } from './parts.ts';
import type { Session } from './session.ts';

type Simulated = z.output<typeof simulationsShape>['simulations'][number];

export interface TryView {
  /** What stands in the field: `name=value`, a line each. */
  labels: string;
  /** What would become of it, or why that cannot be said. */
  result: { simulations: readonly Simulated[] } | { refused: string } | null;
}

export const EXAMPLE = 'alertname=HighErrorRate\nservice=api\nseverity=critical';

/** An alert as it would be decided about now. Nothing is written, nobody is told. */
export const tryPage = (view: TryView, session: Session, replay: Html): Html =>
  html`<section class="state"><h1>Try</h1><p>See what the bot would do, before it does it. Nothing here acts, and nothing is written.</p></section>
    ${card(
      'An alert, now',
      html`<form method="post" action="/try" class="stack">
        ${csrf(session)}
        <label>Labels, one a line <textarea name="labels" rows="5" spellcheck="false" required>${view.labels}</textarea></label>
        <div><button type="submit">What would happen?</button></div>
      </form>
      ${view.result === null ? NOTHING : result(view.result)}`,
      { id: 'simulate' },
    )}
    ${replay}`;

function result(of: NonNullable<TryView['result']>): Html {
  if ('refused' in of) return html`<p class="notice refused" role="alert">${of.refused}</p>`;
  return html`<div id="simulated" role="status">${of.simulations.map(one)}</div>`;
}

const one = ({ outcome, note, incident, target, playbook, decision, next, facts }: Simulated): Html =>
  html`<h3>${decision === null ? `Nothing would be decided (${outcome}).` : `${decision.explanation}`}</h3>
    ${note === null ? NOTHING : html`<p>${note}</p>`}
    <p class="line">${decision === null ? NOTHING : html`${chip(decision.kind)} ${chip(decision.reason)}`}
      <span>${target ?? 'no target'}, ${playbook === null ? 'no playbook matches' : html`playbook <a href="/playbooks#${playbook}">${playbook}</a>`}${incident === null ? NOTHING : html`, <a href="/incidents/${incident.id}">incident #${incident.id}</a> (${incident.status})`}</span></p>
    ${next.length === 0 ? NOTHING : html`<ol class="steps">${next.map((step) => html`<li>${step}</li>`)}</ol>`}
    ${decision === null ? NOTHING : guardList(decision.guards)}
    <details><summary>The facts that it would see</summary><pre tabindex="0">${JSON.stringify(facts, null, 2)}</pre></details>`;

/** Labels as they are written in the field. @returns the line that is none, where there is one */
export function readLabels(text: string): { labels: Record<string, string> } | { wrong: string } {
  const labels: Record<string, string> = {};
  for (const line of text.split(/\r?\n/).map((written) => written.trim())) {
    if (line === '') continue;
    const equals = line.indexOf('=');
    if (equals < 1) return { wrong: line };
    const value = line.slice(equals + 1).trim();
    labels[line.slice(0, equals).trim()] = /^".*"$/.test(value) ? value.slice(1, -1) : value;
  }
  return { labels };
}
