import { html } from 'hono/html';
import type { Instant } from '../domain/duration.ts';
import { readOptIn, type Target, whyUnwell } from '../domain/target.ts';
import type { BudgetLeft } from '../policy/limits.ts';
import type { TargetState } from '../store/targets.ts';
import { dependencyGraph, type GraphNode } from './graph.ts';
import { csrf, type Html, NOTHING } from './layout.ts';
import { ago, budgetBars, card, chip, when } from './parts.ts';
import { PAUSE_LENGTH, type Pause, pauseCard } from './pause-card.ts';
import type { Session } from './session.ts';

export interface TargetRow {
  target: Target;
  state: TargetState;
  budgets: readonly BudgetLeft[];
  paused: { by: string; why: string; until: Instant | null } | null;
  incident: number | null;
}

export interface TargetsView {
  now: Instant;
  /** Why the platform cannot be asked; nothing is known of any target then. */
  trouble: string | null;
  paused: Pause | null;
  rows: readonly TargetRow[];
}

/** All that the bot sees, and what it may do to each. */
export function targetsPage(view: TargetsView, session: Session): Html {
  const mayAct = view.rows.filter(({ target }) => whyNot(target) === null).length;
  return html`<section class="state"><h1>Targets</h1>
      <p>${view.trouble ?? `The bot sees ${view.rows.length}, and may act on ${mayAct}.`}</p>
    </section>
    ${pauseCard(view.paused, session, '/targets', view.now)}
    ${card('What depends on what', graph(view), { id: 'graph' })}
    <section class="card"><div class="headline"><h2>Each target</h2></div>
      <ul class="targets">${view.rows.map((row) => item(row, session, view.now))}</ul>
    </section>`;
}

/** Why nothing is ever done to it; null where something may be. */
export function whyNot({ labels, protectedBecause }: Target): string | null {
  if (protectedBecause !== null) return `Protected, whatever its labels say: ${protectedBecause}.`;
  const optIn = readOptIn(labels);
  if ('invalid' in optIn) return `Not touched, because its labels cannot be read: ${optIn.invalid}.`;
  if (!optIn.enabled) return 'Not opted in: it has no label alert-bot.enable=true.';
  if (optIn.mode === 'observe') return 'Only watched: its label alert-bot.mode is observe.';
  return null;
}

function graph({ rows }: TargetsView): Html {
  const drawn = dependencyGraph(rows.map(nodeOf));
  return drawn === NOTHING
    ? html`<p class="quiet">Nothing depends on anything, as far as the platform says.</p>`
    : drawn;
}

function nodeOf({ target }: TargetRow): GraphNode {
  const unwell = whyUnwell(target, 'started');
  const atRest = target.instances.length > 0 && target.instances.every((one) => one.atRest !== null);
  if (atRest) return { target, look: 'rest', words: 'somebody stopped it' };
  return unwell === null ? { target, look: 'well', words: 'well' } : { target, look: 'sick', words: unwell };
}

function item(row: TargetRow, session: Session, now: Instant): Html {
  const { target, state, budgets, paused, incident } = row;
  const { look, words } = nodeOf(row);
  const not = whyNot(target);
  return html`<li id="${target.id}">
    <p class="line"><strong>${target.service}</strong> <code>${target.id}</code> ${toned(look, words)}
      ${state.open ? chip('quarantine') : NOTHING} ${paused === null ? NOTHING : chip('paused')}
      ${incident === null ? NOTHING : html`<a href="/incidents/${incident}">incident #${incident}</a>`}</p>
    <p class="quiet">${not ?? 'Opted in.'}${target.dependsOn.length === 0 ? '' : ` Depends on ${target.dependsOn.map(({ id }) => id).join(', ')}.`}</p>
    ${paused === null ? NOTHING : html`<p class="quiet">${paused.by} paused it${paused.until === null ? '' : html` until ${when(paused.until)}`}. ${paused.why}</p>`}
    ${state.open ? html`<p class="quiet">In quarantine${state.until === null ? ' until a reset' : html`; a trial ${ago(state.until, now)}`}.</p>` : NOTHING}
    ${not === null ? budgetBars(budgets) : NOTHING}
    ${
      target.protectedBecause !== null
        ? NOTHING
        : html`<details><summary>Pause or reset it</summary><form method="post" action="/orders" class="order">
      ${csrf(session)}<input type="hidden" name="scope" value="target:${target.id}"><input type="hidden" name="back" value="/targets">
      <label>Why <input name="why" maxlength="2000" autocomplete="off"></label>
      ${paused === null ? html`${PAUSE_LENGTH}<button type="submit" name="order" value="pause" class="second">Pause</button>` : html`<button type="submit" name="order" value="resume" class="second">Resume</button>`}
      <button type="submit" name="order" value="reset" class="second">Reset</button>
    </form></details>`
    }
  </li>`;
}

const TONES = { well: 'good', sick: 'bad', rest: 'still' } as const;
const toned = (look: GraphNode['look'], words: string): Html =>
  html`<span class="chip ${TONES[look]}">${words}</span>`;
