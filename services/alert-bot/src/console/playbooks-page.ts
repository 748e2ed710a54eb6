import { html } from 'hono/html';
import { formatDuration } from '../domain/duration.ts';
import { type Playbook, type PlaybookFile, windowInWords } from '../domain/playbook.ts';
import type { Doubts } from '../http/doubts.ts';
import type { PlaybookRecord } from '../store/record.ts';
import { csrf, type Html, NOTHING } from './layout.ts';
import { card, chip, short, when } from './parts.ts';
import { PAUSE_LENGTH } from './pause-card.ts';
import type { Session } from './session.ts';

export interface PlaybooksView {
  file: PlaybookFile;
  /** Why the file on disk is not the one that holds; empty where it is. */
  problems: readonly string[];
  doubts: Doubts;
  paused: ReadonlyMap<string, { by: string; why: string }>;
  records: Map<string, PlaybookRecord>;
}

/** The policy as the bot has understood it, and how well it does. */
export const playbooksPage = (view: PlaybooksView, session: Session): Html =>
  html`<section class="state"><h1>Playbooks</h1>
      <p>The first playbook that matches an alert has it. Of each, the latest incidents are counted; a relapse within an hour counts as failure.</p>
      ${view.problems.length === 0 ? NOTHING : html`<ul class="notes">${view.problems.map((problem) => html`<li>${problem}</li>`)}</ul>`}
    </section>
    ${view.file.playbooks.map((one, i) => playbookCard(one, view, i, session))}
    ${card('For all of them', html`${(view.doubts.warnings.get(null) ?? []).map((text) => html`<p class="notice">Probably not meant: ${text}</p>`)}${fleet(view.file)}`, { id: 'limits' })}`;

function playbookCard(
  playbook: Playbook,
  { paused, records, doubts }: PlaybooksView,
  i: number,
  session: Session,
): Html {
  const { name, mode, matchers, service, steps, limits, prove } = playbook;
  const before = doubts.shadows[i] ?? [];
  const pause = paused.get(name);
  const facts: [string, Html][] = [
    ['Matches', html`${matchers.map((one) => html`<code>${one}</code> `)}`],
    ['Target', html`<code>${service}</code>`],
    [
      'Does',
      html`${steps.map((step) => (step.kind === 'restart' ? `restart, up to ${step.attempts} times, ${formatDuration(step.timeout)} to stop` : 'tell a person')).join('; then ')}`,
    ],
    [
      'Budgets',
      html`${limits.budgets.map(({ attempts, per }) => `${attempts} per ${formatDuration(per)}`).join(', ')}`,
    ],
    ['Cooldown', html`${formatDuration(limits.cooldown)}`],
    [
      'Backoff',
      html`${formatDuration(limits.backoff.initial)}, times ${limits.backoff.factor}, at most ${formatDuration(limits.backoff.max)}`,
    ],
    [
      'Quarantine',
      html`${limits.quarantine === 'manual' ? 'until a person resets it' : formatDuration(limits.quarantine)}`,
    ],
    ['Waits', html`at most ${formatDuration(limits.deferAtMost)} for what no person asked for`],
    ['A question', html`stands for ${formatDuration(limits.approveWithin)}`],
    [
      'Settles',
      html`${formatDuration(limits.settle)} before the first action, where its target depends on others`,
    ],
    [
      'Proof',
      html`within ${formatDuration(prove.within)}, stable for ${formatDuration(prove.stable)}${prove.query === null ? NOTHING : html`; bad above ${prove.query.above}: <code>${prove.query.query}</code>`}`,
    ],
  ];
  return html`<section class="card" id="${name}">
    <div class="headline"><h2>${name}</h2><span class="line">${chip(mode)} ${pause === undefined ? NOTHING : chip('paused')}</span></div>
    ${before.map((one) => html`<p class="notice refused">Never reached: <a href="#${one}">${one}</a> before it matches everything that it matches.</p>`)}
    ${(doubts.warnings.get(i) ?? []).map((text) => html`<p class="notice">Probably not meant: ${text}</p>`)}
    ${did(name, records.get(name))}
    <dl class="facts">${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
    ${pause === undefined ? NOTHING : html`<p class="quiet">${pause.by} paused it. ${pause.why}</p>`}
    <details><summary>${pause === undefined ? 'Pause it' : 'Resume it'}</summary><form method="post" action="/orders" class="order">
      ${csrf(session)}<input type="hidden" name="scope" value="playbook:${name}"><input type="hidden" name="back" value="/playbooks">
      <label>Why <input name="why" maxlength="2000" autocomplete="off"></label>
      ${pause === undefined ? PAUSE_LENGTH : NOTHING}
      <button type="submit" name="order" value="${pause === undefined ? 'pause' : 'resume'}" class="second">${pause === undefined ? 'Pause' : 'Resume'}</button>
    </form></details>
  </section>`;
}

function did(name: string, record: PlaybookRecord | undefined): Html {
  if (record === undefined || record.counted === 0)
    return html`<p class="quiet">It has matched nothing yet.</p>`;
  const { counted, open, healed, relapsed, recovered, handedOver, dismissed, successRate, medianTimeToHeal } =
    record;
  const rest = [
    ...(open > 0 ? [`${open} open`] : []),
    ...(recovered > 0 ? [`${recovered} recovered by themselves`] : []),
    ...(handedOver > 0 ? [`${handedOver} handed to a person`] : []),
    ...(dismissed > 0 ? [`${dismissed} dismissed`] : []),
  ];
  return html`<p><a href="/history?since=1y&amp;playbook=${encodeURIComponent(name)}">${counted === 1 ? '1 incident' : `${counted} incidents`}</a>${record.since === null ? NOTHING : html` since ${when(record.since)}`}: ${[`${healed} healed${relapsed > 0 ? `, of which ${relapsed} relapsed` : ''}`, ...rest].join(', ')}.</p>
    ${
      successRate === null
        ? html`<p class="quiet">None of them was acted on.</p>`
        : html`<p class="line"><svg class="bar" viewBox="0 0 100 8" width="100" height="8" aria-hidden="true"><rect class="track" width="100" height="8" rx="4"/><rect class="fill ${successRate < 0.5 ? 'bad' : ''}" width="${Math.round(100 * successRate)}" height="8" rx="4"/></svg>
    <strong>${Math.round(100 * successRate)} % of the incidents that it acted on stayed well</strong>${medianTimeToHeal === null ? NOTHING : html`<span>half of them within ${short(medianTimeToHeal)}</span>`}</p>`
    }`;
}

const fleet = ({ limits, maintenance }: PlaybookFile): Html => {
  const { concurrent, targets, storm } = limits;
  const facts: [string, string][] = [
    ['At once', `${concurrent}`],
    ['Targets', `${targets.count} and at most ${targets.percent} % in ${formatDuration(targets.per)}`],
    [
      'A storm',
      `${storm.incidents} incidents in ${formatDuration(storm.per)}, calm after ${formatDuration(storm.calm)}`,
    ],
    ['Maintenance', maintenance.length === 0 ? 'no windows' : maintenance.map(windowInWords).join('; ')],
  ];
  return html`<dl class="facts">${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
};
