import { html } from 'hono/html';
import type { Standing } from '../decision/standing.ts';
import type { Instant } from '../domain/duration.ts';
import { overall, type Seen } from '../http/overall.ts';
import { explained } from '../http/view.ts';
import type { Approval } from '../store/approvals.ts';
import type { AuditRow } from '../store/controls.ts';
import type { Incident } from '../store/incidents.ts';
import type { Quarantine } from '../store/targets.ts';
import { csrf, type Html, NOTHING } from './layout.ts';
import { nextOf } from './next.ts';
import { ago, budgetBars, card, chip, incidentLink, stateChip, table, targetCell, when } from './parts.ts';
import { type Pause, stopCard } from './pause-card.ts';
import type { Session } from './session.ts';

export interface NowView extends Seen {
  /** Of everything; who and why, which no page for others says. */
  pause: Pause | null;
  /** What a person should know besides. */
  notes: readonly string[];
  open: readonly { incident: Incident; question: Approval | null }[];
  /** What the page of the storm says; empty where there is none. */
  stormSays: string;
  /** How many more are open than are listed. */
  openBeyond: number;
  quarantines: readonly Quarantine[];
  standings: readonly Standing[];
  closed: readonly Incident[];
  /** What people did, newest first. */
  audit: readonly AuditRow[];
}

/** Everything that matters now, on one page. @param cards what is the same for everybody */
export function nowPage(view: NowView, cards: Html, session: Session): Html {
  const { state, sentence } = overall(view);
  return html`<section class="state ${state}" aria-labelledby="state">
      <h1 id="state">${sentence}</h1>
      <p class="quiet">${heartbeat(view)}</p>
      ${view.notes.length === 0 ? NOTHING : html`<ul class="notes">${view.notes.map((note) => html`<li>${note}</li>`)}</ul>`}
    </section>
    ${stopCard(view.pause, session, view.now)}
    ${stormCard(view, session)}
    ${cards}`;
}

/** The part of it that is the same for everybody, and most of it. */
export const nowCards = (view: NowView): Html =>
  html`${openCard(view)}
    ${view.quarantines.length === 0 ? NOTHING : quarantineCard(view)}
    ${card('Budgets left', budgets(view), { id: 'budgets' })}
    ${card(
      'Lately closed',
      table(
        'Incidents that were closed last',
        ['Incident', 'Target', 'Outcome', 'Closed'],
        view.closed.map((one) => [
          incidentLink(one),
          targetCell(one.target),
          stateChip(one),
          ago(one.closedAt, view.now),
        ]),
        'None yet.',
      ),
      { id: 'closed', aside: html`<a href="/history">All of them</a>` },
    )}
    ${card(
      'What people did lately',
      table(
        'What people did last',
        ['When', 'Who', 'What', 'Why'],
        view.audit.map(({ at, by, action, subject, why }) => [
          ago(at, view.now),
          html`${by}`,
          html`${action} ${subject}`,
          html`${why === '' ? '–' : why}`,
        ]),
        'Nothing yet.',
      ),
      { id: 'people' },
    )}`;

function stormCard({ storm, stormSays }: NowView, session: Session): Html {
  if (storm === null) return NOTHING;
  const release = html`<form method="post" action="/orders" class="order">
      ${csrf(session)}<input type="hidden" name="back" value="/">
      <label>Why <input name="why" maxlength="2000" autocomplete="off"></label>
      <button type="submit" name="order" value="release">Release it now</button>
    </form>`;
  return card(
    storm.phase === 'held' ? 'A storm is held' : 'A storm is being released',
    html`<p>${stormSays}</p>${storm.phase === 'held' ? release : NOTHING}`,
    { id: 'storm' },
  );
}

const heartbeat = ({ heartbeatAt, now }: NowView): Html =>
  heartbeatAt === 0
    ? html`No heartbeat yet: the Watchdog alert has not come through Alertmanager.`
    : html`Heartbeat ${ago(heartbeatAt, now)}: Prometheus and Alertmanager reach the bot.`;

function openCard({ open, openBeyond, now }: NowView): Html {
  const title = 'Open incidents';
  if (open.length === 0) return card(title, html`<p class="quiet">None.</p>`, { id: 'open' });
  return card(
    title,
    html`<ul class="incidents">${open.map(({ incident, question }) => openItem(incident, question, now))}</ul>
      ${openBeyond > 0 ? html`<p><a href="/history?status=open">${openBeyond} more are open</a></p>` : NOTHING}`,
    { id: 'open' },
  );
}

function openItem(incident: Incident, question: Approval | null, now: Instant): Html {
  const next = nextOf(incident, question);
  return html`<li id="incident-${incident.id}">
    <div class="line"><strong>${incidentLink(incident)}</strong> ${stateChip(incident)} ${chip(incident.severity)}</div>
    <p>${incident.target ?? 'No target'}, opened ${ago(incident.openedAt, now)}. ${explained(incident.reason) ?? ''}</p>
    <p class="next"><span class="quiet">Next:</span> ${next.text}${next.at === null ? NOTHING : html` ${ago(next.at, now)}.`}
    ${question === null ? NOTHING : html` <a class="button" href="/incidents/${incident.id}#answer">Answer</a>`}</p>
  </li>`;
}

const quarantineCard = ({ quarantines, now }: NowView): Html =>
  card(
    'In quarantine',
    table(
      'Targets in quarantine',
      ['Target', 'Its budget was spent', 'Trial'],
      quarantines.map(({ target, until, times }) => [
        html`<a href="/targets#${target}">${target}</a>`,
        html`${times === 1 ? 'once' : `${times} times in a row`}`,
        until === null ? html`only after a reset` : html`${ago(until, now)}, ${when(until)}`,
      ]),
      '',
    ),
    { id: 'quarantines' },
  );

/** More than these nobody takes in at a glance. */
const BUDGETS_SHOWN = 20;
const isSpent = ({ quarantined, budgets }: Standing): boolean =>
  quarantined || budgets.some(({ attempts, left }) => left < attempts);

function budgets({ standings }: NowView): Html {
  // What has less than it could have comes first.
  const shown = standings.toSorted((a, b) => Number(isSpent(b)) - Number(isSpent(a))).slice(0, BUDGETS_SHOWN);
  const more = standings.length - shown.length;
  return html`${table(
    'Attempts left for each target that the bot may act on',
    ['Target', 'Attempts left'],
    shown.map(({ id, quarantined, budgets }) => [
      html`<a href="/targets#${id}">${id}</a>${quarantined ? html` ${chip('quarantine')}` : NOTHING}`,
      budgetBars(budgets),
    ]),
    'The bot may act on no target: none has the label alert-bot.enable=true, or the platform does not answer.',
  )}
  ${more === 0 ? NOTHING : html`<p><a href="/targets">${more} more${shown.every(isSpent) ? NOTHING : html` have all their attempts left`}</a></p>`}`;
}
