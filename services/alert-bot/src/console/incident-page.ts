import { html } from 'hono/html';
import type { Instant } from '../domain/duration.ts';
import { explain } from '../domain/reason.ts';
import { explained } from '../http/view.ts';
import { evidenceCard } from './evidence-card.ts';
import { csrf, type Html, NOTHING } from './layout.ts';
import type { Link } from './links.ts';
import { nextOf } from './next.ts';
import { ago, card, chip, guardList, short, stateChip, when } from './parts.ts';
import type { Session } from './session.ts';
import type { IncidentStory } from './story.ts';

/**
 * Everything the log knows of one incident, from its first alert to the proof.
 * @param links where it can be looked at elsewhere
 */
export function incidentPage(
  story: IncidentStory,
  links: readonly Link[],
  session: Session,
  now: Instant,
): Html {
  const { incident } = story;
  return html`<section class="state" aria-labelledby="state">
      <p class="crumb"><a href="/history">Incidents</a> #${incident.id}</p>
      <h1 id="state">${incident.title}</h1>
      <p class="line">${stateChip(incident)} ${chip(incident.severity)} <span>${target(story)}</span></p>
      <p>${sentence(story, now)}</p>
      ${linked(links)}
      ${incident.trace === null ? NOTHING : html`<p class="quiet">Trace <code>${incident.trace}</code></p>`}
    </section>
    ${answerCard(story, session, now)}
    ${ordersCard(story, session)}
    ${card('What happened', timeline(story), { id: 'timeline' })}
    ${card('Decisions', decisions(story), { id: 'decisions' })}
    ${story.attempts.length === 0 ? NOTHING : card('Actions', attempts(story), { id: 'attempts' })}
    ${story.evidence.length === 0 ? NOTHING : evidenceCard(story)}
    ${card('Alerts', alerts(story), { id: 'alerts' })}`;
}

const target = ({ incident }: IncidentStory): Html =>
  incident.target === null
    ? html`no target was found`
    : html`<a href="/targets#${incident.target}">${incident.target}</a>${incident.playbook === null ? NOTHING : html`, playbook <a href="/playbooks#${incident.playbook}">${incident.playbook}</a>`}`;

/** What it is, why, and what comes next. */
function sentence(story: IncidentStory, now: Instant): Html {
  const { incident } = story;
  const why = explained(incident.reason);
  if (incident.status === 'closed') {
    const took = incident.closedAt === null ? '' : `, after ${short(incident.closedAt - incident.openedAt)}`;
    return html`Opened ${when(incident.openedAt)}, closed ${when(incident.closedAt)}${took}. ${ended(story)}`;
  }
  const next = nextOf(incident, story.question);
  return html`Opened ${ago(incident.openedAt, now)}. ${why ?? ''} <span class="quiet">Next:</span> ${next.text}${next.at === null ? NOTHING : html` ${ago(next.at, now)}, ${when(next.at)}.`}`;
}

function ended({ incident, attempts: made }: IncidentStory): string {
  switch (incident.outcome) {
    case 'healed':
      return incident.weakProof === null
        ? `Healed: ${made.length === 1 ? 'one action' : `${made.length} actions`}, and the proof that the target is well.`
        : `Healed, with weak proof (${incident.weakProof.replaceAll('_', ' ')}): nothing was asked of the target since.`;
    case 'recovered':
      return 'Recovered without the bot, with the proof that the target is well.';
    case 'handed_over':
      return 'A person had it.';
    default:
      return explained(incident.reason) ?? 'Nothing was to be done about it.';
  }
}

function linked(found: readonly Link[]): Html {
  if (found.length === 0) return NOTHING;
  return html`<p class="links">${found.map(
    ({ href, text }) => html`<a href="${href}" rel="noreferrer" target="_blank">${text}</a> `,
  )}</p>`;
}

function answerCard({ incident, question }: IncidentStory, session: Session, now: Instant): Html {
  if (question === null) return NOTHING;
  const step = incident.steps[question.step]?.kind ?? 'act';
  return card(
    'Your answer',
    html`<p>The bot would <strong>${step} ${incident.target}</strong>: ${question.instances.map(({ id }) => id.slice(0, 12)).join(', ')}. The question expires ${ago(question.expiresAt, now)}; then a person is told.</p>
    <form method="post" action="/incidents/${incident.id}" class="order">
      ${csrf(session)}
      <input type="hidden" name="question" value="${question.id}">
      <label>Why <input name="why" maxlength="2000" autocomplete="off" placeholder="needed to reject"></label>
      <button type="submit" name="order" value="approve">Approve</button>
      <button type="submit" name="order" value="reject" class="second">Reject</button>
    </form>`,
    { id: 'answer' },
  );
}

/** What a person can do about it. Each order is kept with name and reason. */
function ordersCard({ incident, unacknowledged, paused }: IncidentStory, session: Session): Html {
  const { id, target: on, status } = incident;
  const isOpen = status !== 'closed';
  const order = (name: string, label: string, means: string): Html =>
    html`<button type="submit" name="order" value="${name}" class="second" title="${means}">${label}</button>`;
  return card(
    'Do something',
    html`<form method="post" action="/incidents/${id}" class="order">
      ${csrf(session)}<input type="hidden" name="scope" value="target:${on ?? ''}">
      <label>Note, or why <input name="why" maxlength="2000" autocomplete="off"></label>
      ${unacknowledged > 0 ? order('acknowledge', 'Acknowledge', 'Ends its page: you look after it') : NOTHING}
      ${on === null ? NOTHING : order('reset', 'Reset the target', 'Budgets, cooldown and quarantine begin anew; the bot may act again')}
      ${on === null ? NOTHING : paused ? order('resume', 'Resume the target', 'The bot may act on it again') : order('pause', 'Pause the target', 'Nothing is done to it until somebody resumes it')}
      ${order('note', 'Add the note', 'It stands in the timeline and changes nothing')}
    </form>
    <p class="quiet">${isOpen ? 'Your name, the time and what you write are kept with the incident.' : 'It is over; a note can still be added.'}</p>`,
    { id: 'orders' },
  );
}

/** Of an alert that came back for weeks nobody reads all; the API has it. */
const EVENTS_SHOWN = 500;

function timeline({ timeline: events }: IncidentStory): Html {
  const shown = events.slice(-EVENTS_SHOWN);
  const before = events.length - shown.length;
  return html`${before > 0 ? html`<p class="quiet">${before} before these: alert-bot incidents show lists them.</p>` : NOTHING}<ol class="timeline">${shown.map(
    ({ at, kind, text }) =>
      html`<li class="${kind}">${when(at)} <span class="kind">${kind}</span> <span>${withTimes(text)}</span></li>`,
  )}</ol>`;
}

const ISO = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)/;
/** A sentence of the log with its times as the reader has them, as everywhere else. */
const withTimes = (text: string): Html =>
  html`${text.split(ISO).map((part, i) => (i % 2 === 1 ? when(Date.parse(part)) : part))}`;

function decisions({ decisions: all }: IncidentStory): Html {
  if (all.length === 0) return html`<p class="quiet">Nothing was decided yet.</p>`;
  return html`${all.map(
    ({ id, at, last_at: lastAt, count, decision, facts }) => html`<details id="decision-${id}">
      <summary>${when(at)} <strong>${decision.kind} ${decision.reason.replaceAll('_', ' ')}</strong>: ${explain(decision.reason)}${count > 1 ? html` <span class="quiet">(${count} times, last ${when(lastAt)})</span>` : NOTHING}</summary>
      ${guardList(decision.guards)}
      <p class="quiet">The facts that it saw:</p>
      <pre tabindex="0">${JSON.stringify(facts, null, 2)}</pre>
    </details>`,
  )}`;
}

const attempts = ({ attempts: made, incident }: IncidentStory): Html =>
  html`<ol class="attempts">${made.map(
    ({ attempt, calls }) => html`<li>
      <p class="line"><strong>${incident.steps[attempt.step]?.kind ?? 'action'}, attempt ${attempt.number}</strong> ${chip(attempt.outcome ?? 'acting')}</p>
      <p>${explained(attempt.reason) ?? attempt.reason} Reserved ${when(attempt.reserved_at)}${attempt.ended_at === null ? NOTHING : html`, ended ${when(attempt.ended_at)}`}. ${attempt.detail ?? ''}</p>
      <ul>${calls.map(
        (call) =>
          html`<li>${call.verb} <code>${call.instance_id.slice(0, 12)}</code> ${when(call.calling_at)}: ${call.result ?? 'no answer yet'}</li>`,
      )}</ul>
    </li>`,
  )}</ol>`;

const alerts = ({ episodes }: IncidentStory): Html =>
  html`<ul class="alerts">${episodes.map(
    ({ labels, annotations, startsAt, closedAt, closedBy }) => html`<li>
      <p>${Object.entries(labels).map(([name, value]) => html`<code>${name}="${value}"</code> `)}</p>
      ${Object.entries(annotations).map(([name, value]) => html`<p><span class="quiet">${name}:</span> ${value}</p>`)}
      <p class="quiet">Since ${when(startsAt)}${closedAt === null ? ', still firing' : html`, ended ${when(closedAt)} (${closedBy})`}</p>
    </li>`,
  )}</ul>`;
