import { html } from 'hono/html';
import type { ReplayResult } from '../apart/replay-result.ts';
import type { PlaybookError } from '../config/playbooks.ts';
import type { DifferenceAnswer, ReplayAnswer, StoryAnswer } from '../replay/answer.ts';
import { UNKNOWNS } from '../replay/compare.ts';
import { inOneSentence } from '../replay/summary.ts';
import { csrf, type Html, NOTHING } from './layout.ts';
import { card, chip, incidentLink, nameCell, table, when } from './parts.ts';
import type { Session } from './session.ts';

/** Else a browser takes years of five digits. */
const LAST = '9999-12-31T23:59';

export const REPLAY_SPANS = ['24h', '7d', '30d', '90d'] as const;

/** A form as it was sent: the text of a file, and a time in one of two ways. */
export interface ReplayForm {
  playbooks: string;
  since: string;
  /** As a browser's field sends them, in UTC; empty where nothing was chosen. */
  from: string;
  to: string;
}

/** The form of a replay. The first line break of a field is dropped by browsers, so that one comes before the file: its lines keep their numbers. */
export const replayCard = (session: Session, written: ReplayForm): Html =>
  card(
    'Last week, under another playbook file',
    html`<form method="post" action="/try/replay" class="stack">
      ${csrf(session)}
      <label>Playbook file <textarea name="playbooks" rows="20" spellcheck="false" required>
${written.playbooks}</textarea></label>
      <div class="filter">
        <label>Time <select name="since">${REPLAY_SPANS.map((one) => html`<option value="${one}"${one === written.since ? html` selected` : NOTHING}>${one}</option>`)}</select></label>
        <label>or from (UTC) <input type="datetime-local" name="from" max="${LAST}" value="${written.from}"></label>
        <label>to (UTC) <input type="datetime-local" name="to" max="${LAST}" value="${written.to}"></label>
      </div>
      <div><button type="submit">What would have happened?</button></div>
    </form>
    <p class="quiet">It begins with the file that is in force: change it here. The overrides file, if there is one, applies as it stands on disk. What was delivered, seen and ordered then is taken as it was; everything else is decided anew, by the same code.</p>`,
    { id: 'replay' },
  );

export const WORKING: Html = html`<p class="notice working" role="status">Replaying. It takes some seconds for each thousand deliveries.</p>`;

/** Both outcomes, side by side. */
export function replayResult(result: ReplayResult): Html {
  if (!('replayed' in result))
    return html`<section class="card" id="replayed"><h2>It was not replayed</h2>${whyNot(result).map((one) => html`<p class="notice refused" role="alert">${one}</p>`)}</section>`;
  const { replayed: it } = result;
  return html`<section class="card" id="replayed">
    <h2>${inOneSentence(it)}</h2>
    <p class="quiet">${when(Date.parse(it.from))} to ${when(Date.parse(it.to))}</p>
    ${sums(it)}
    ${it.gaps.map((gap) => html`<p class="notice refused">${gap}</p>`)}
    <h3>What would have gone otherwise</h3>
    ${differences('Incidents that would have gone otherwise', it.differences)}
    ${it.undecided.length === 0 ? NOTHING : html`<h3>Which way these would have gone cannot be known</h3>${differences('Incidents that cannot be decided', it.undecided)}`}
    <h3>What is not known, and what was assumed</h3>
    <ul class="plain">${it.notKnown.filter(({ count }) => count > 0).map(({ text, count }) => html`<li><strong>${count}</strong> ${text}</li>`)}
      ${it.assumptions.map(({ text, count }) => html`<li>${count === null ? NOTHING : html`<strong>${count}</strong> `}${text}</li>`)}</ul>
  </section>`;
}

/** So many at a glance; more of them are opened, and yet more nobody reads on a page. */
const AT_A_GLANCE = 25;
const SHOWN = 200;

const REFUSED = {
  busy: 'Another replay is under way. Try again when it has ended.',
  too_long:
    'It took too long, or too much memory. Replay a shorter time, or run alert-bot replay on another machine with a copy of the log.',
};

function whyNot(result: Exclude<ReplayResult, { replayed: unknown }>): readonly string[] {
  if ('refused' in result) return [REFUSED[result.refused]];
  return 'failed' in result ? [result.failed] : result.errors.map(mistake);
}

const mistake = ({ file, line, path, value, message }: PlaybookError): string =>
  `${file === 'playbooks' ? '' : 'In the overrides file: '}Line ${line}: ${path}${value === '' ? '' : ` "${value}"`} ${message}`;

function differences(caption: string, of: readonly DifferenceAnswer[]): Html {
  const rows = of
    .slice(0, SHOWN)
    .map(({ at, target, alert, was, now, because, notKnown }) => [
      html`${was?.incident == null ? nameCell(alert) : incidentLink({ id: was.incident, title: alert })}<br>${target === null ? 'no target' : nameCell(target)}<br>${when(Date.parse(at))}`,
      told(was, 'there was no such incident'),
      told(now, 'there would be no such incident'),
      html`${because ?? ''}${notKnown.map((why) => html`<p class="quiet">Not known: ${UNKNOWNS[why]}</p>`)}`,
    ]);
  const columns = ['Trouble', 'Then', 'Under this file', 'Because'];
  const rest = rows.slice(AT_A_GLANCE);
  const more = of.length - rows.length;
  return html`${table(caption, columns, rows.slice(0, AT_A_GLANCE), 'Nothing.')}
    ${rest.length === 0 ? NOTHING : html`<details><summary>${rest.length} more</summary>${table(caption, columns, rest, '')}</details>`}
    ${more > 0 ? html`<p class="quiet">${more} more: alert-bot replay lists them all.</p>` : NOTHING}`;
}

const COUNTED = [
  ['incidents', 'Incidents'],
  ['actions', 'Actions'],
  ['escalated', 'Handed to a person'],
  ['asked', 'A person was asked'],
  ['deferred', 'Had to wait'],
  ['healed', 'Healed'],
  ['recovered', 'Recovered by themselves'],
  ['dismissed', 'Dismissed'],
] as const;

const sums = ({ totals: { was, now } }: ReplayAnswer): Html =>
  table(
    'Then and under this file',
    ['Count', 'Then', 'Under this file'],
    COUNTED.map(([key, name]) => [
      html`${name}`,
      html`${was[key]}`,
      now[key] === was[key] ? html`${now[key]}` : html`<strong>${now[key]}</strong>`,
    ]),
    '',
  );

function told(story: StoryAnswer | null, otherwise: string): Html {
  if (story === null) return html`<span class="quiet">${otherwise}</span>`;
  const { end, actions, askedAt, escalated } = story;
  const acted =
    actions.length === 0 ? 'no action' : actions.length === 1 ? 'one action' : `${actions.length} actions`;
  return html`${chip(end)} ${acted}${askedAt === null ? '' : ', a person was asked'}${escalated === null ? '' : `, ${escalated.replaceAll('_', ' ')}`}`;
}
