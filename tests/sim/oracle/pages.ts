import type { Instant, Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import type { PageRecord } from '../world/alertmanager.ts';
import type { World } from '../world/world.ts';
import { LAG, mayBeProven, restarts, STILL_ON_ITS_WAY, seconds, UNSEEN } from './attempts.ts';
import { quarantine } from './limits.ts';
import { isOpen } from './persons.ts';

/** One page as people see it: from its first sending until it ends at Alertmanager. */
interface Page {
  labels: PageRecord['labels'];
  from: Millis;
  until: Millis;
}

/** G1: nothing is lost. G6, G10, G14: what people are told. */
export function* judgePages(world: World): Generator<string> {
  const pages = pagesOf(world);
  for (const { labels } of world.alertmanager.pages)
    if (labels['origin'] !== 'alert-bot')
      yield `G14: ${JSON.stringify(labels)} does not say where it comes from`;
  for (const { labels } of pages)
    if (labels['alert'] === 'RemediationEscalated') yield 'G14: the bot took its own alert for trouble';
  yield* judgeOnePage(world, pages);
  yield* judgeNothingLost(world, pages);
  yield* judgeEnds(world, pages);
  yield* judgeRecovery(world, pages);
}

export function pagesOf(world: World): Page[] {
  const latest = new Map<string, Page>();
  const pages: Page[] = [];
  for (const { at, log, labels, endsAt } of world.alertmanager.pages) {
    const key = JSON.stringify(labels);
    const known = latest.get(key);
    // Alertmanager ends it at its endsAt, unless it is sent again before that.
    const until = at + Math.max(0, endsAt - log);
    if (known !== undefined && at <= known.until) known.until = until;
    else if (until > at) {
      const page = { labels, from: at, until };
      latest.set(key, page);
      pages.push(page);
    }
  }
  return pages;
}

/** One escalation of an incident at a time, and one page for a storm. */
function* judgeOnePage(world: World, pages: readonly Page[]): Generator<string> {
  const escalated = pages.filter(({ labels }) => labels['alertname'] === 'RemediationEscalated');
  for (const [i, page] of escalated.entries()) {
    const { incident, reason } = page.labels;
    for (const other of escalated.slice(0, i)) {
      if (other.until <= page.from + 1_000) continue;
      if (incident !== undefined && other.labels['incident'] === incident)
        yield `G10: incident ${incident} has two pages at ${seconds(page.from)}: ${other.labels['reason']}, ${reason}`;
      if (reason === 'storm' && other.labels['reason'] === 'storm' && !hadNoTarget(world))
        yield `G6: two pages for a storm at ${seconds(page.from)}`;
    }
  }
}

/** Alerts without a target that came in a storm are told of by its page only, for as long as they fire. */
export const hadNoTarget = ({ notes, host }: World): boolean =>
  notes.acknowledged.some(({ labels: { alertname, service = '' } }) => {
    if (alertname !== 'HighErrorRate' && alertname !== 'ServiceDown') return false;
    return (
      host.everRemoved.has(service) ||
      host.services.every((one) => one.plan.name !== service || one.plan.name === 'twin')
    );
  });

/** What fires at the end has fired long enough for every wait to have ended. */
function* judgeNothingLost(world: World, pages: readonly Page[]): Generator<string> {
  const { time, plan, wall } = world.ground;
  const now = time.now();
  const longest = longestWait(world);
  // A trial ends the page and begins with its call.
  const openPages = pages.filter(({ until }) => until > now - UNSEEN);
  const wasMaintained = world
    .playbooks()
    .maintenance.some((window) =>
      [0, 0.25, 0.5, 0.75, 1].some((part) => isOpen(window, world.ground.log() - part * longest)),
    );
  if (wasMaintained) return;
  // After a storm all goes at half the pace.
  const isStorm = pages.some(({ labels, until }) => labels['reason'] === 'storm' && until > now - longest);
  for (const peer of world.alertmanager.peers)
    for (const { labels, startsAt, expiresAt } of peer.alerts.values()) {
      const { service, alertname = '' } = labels;
      if (labels['origin'] !== undefined || service === undefined) continue;
      if (expiresAt <= now || wall() - startsAt < longest || now - plan.active < longest) continue;
      const target = world.host.services.find((one) => one.plan.name === service);
      if (target === undefined || !isActionable(world, target.plan, alertname)) continue;
      const began: Instant = now - (wall() - startsAt);
      const last = restarts(world).findLast((call) => call.service === service && call.at >= began)?.at;
      if (last !== undefined && now - last < longest) continue;
      if (beganBlind(world, service)) continue;
      const isRejected = world.notes.rejections.some((one) => one.service === service);
      const isTold = isRejected || isStorm || openPages.some((page) => page.labels['service'] === service);
      if (!isTold)
        yield `G1: ${alertname} of ${service} fires since ${seconds(began)}; nothing was done${last === undefined ? '' : ` since ${seconds(last)}`} and nobody was told`;
    }
}

/**
 * A proof that began while Prometheus did not answer lasts ten minutes (design §6: what cannot be resolved), longer than
 * a run; and after the clock was set back one lasts until times mean one thing again. Where it is asked about a service still,
 * that proof is going on.
 */
const beganBlind = (world: World, service: string): boolean =>
  (world.prometheus.outages.length > 0 || isBehind(world)) &&
  (world.prometheus.provenAt.get(service) ?? Number.NEGATIVE_INFINITY) > world.ground.time.now() - UNSEEN;

const longestWait = (world: World): Millis =>
  Math.max(
    ...world
      .playbooks()
      .playbooks.map(
        ({ limits, prove }) =>
          limits.deferAtMost +
          limits.approveWithin +
          Math.max(prove.within, 30_000) +
          limits.backoff.max +
          15_000,
      ),
  );

function isActionable(
  world: World,
  { labels, protectedBecause }: World['ground']['plan']['services'][number],
  alertname: string,
): boolean {
  const playbook = world.playbooks().playbooks.find((one) => one.matches({ alertname }));
  const allowed = labels['alert-bot.playbooks'];
  return (
    playbook !== undefined &&
    playbook.mode !== 'observe' &&
    labels['alert-bot.mode'] !== 'observe' &&
    labels['alert-bot.enable'] === 'true' &&
    protectedBecause === null &&
    (allowed === undefined || allowed.split(', ').includes(playbook.name))
  );
}

/** How long after the trouble a page may stand: the proof that it is over needs its time. */
const ENDS_WITHIN: Millis = 90_000;

/** A hand-written alert that nobody resolved fires on by itself, longer than a run. */
const firesByHand = (world: World, service: string): boolean =>
  world.notes.acknowledged.findLast((one) => one.source === 'manual' && one.labels['service'] === service)
    ?.status === 'firing';

const BEHIND: Millis = 5_000;

/** A clock that was set back is behind the log; until it has caught up little can be proven. */
const isBehind = ({ ground }: World): boolean => ground.log() - ground.wall() > BEHIND;

/** Where all is well again people are told so. What a person has to reset stays. */
function* judgeEnds(world: World, pages: readonly Page[]): Generator<string> {
  const now = world.ground.time.now();
  if (isBehind(world)) return;
  for (const { labels, until } of pages) {
    const { service, reason, alertname } = labels;
    if (until <= now || service === undefined || alertname !== 'RemediationEscalated') continue;
    if (reason === 'recurring' || reason === 'storm') continue;
    const target = world.host.services.find((one) => one.plan.name === service);
    if (target === undefined || service === 'twin' || firesByHand(world, service)) continue;
    const wellSince = (world.host.lastBad.get(target) ?? 0) + world.ground.plan.rule.range;
    if (now - Math.max(wellSince, world.ground.plan.active) > ENDS_WITHIN)
      yield `G14: ${service} is well since ${seconds(wellSince)} and people are still paged: ${reason}`;
  }
}

/** So much later than the escalation a page may be there: nobody took it. */
const TOLD_LATE: Millis = 40_000;

/** A page that ends says that it is over, so long after it was true at most. */
const ENDED_WITHIN: Millis = 20_000;

/** G8: nobody is told that all is well while it never was. A person's reset and the trial end a page as well. */
function* judgeRecovery(world: World, pages: readonly Page[]): Generator<string> {
  for (const { labels, from, until } of pages) {
    const { service, reason, alertname } = labels;
    if (service === undefined || alertname !== 'RemediationEscalated' || service === 'twin') continue;
    // Without a target there is nothing to prove: the end of the alert is the end.
    if (reason === 'recurring' || reason === 'no_target') continue;
    // What comes after it, as a trial's call, is not in the run any more.
    if (until > world.ground.time.now() - 2 * LAG) continue;
    const known = world.host.services.find((one) => one.plan.name === service);
    const isReset = world.notes.resets.some(
      ({ at, target }) => at <= until + 2 * LAG && at > from - TOLD_LATE && target === known?.id,
    );
    const calls = restarts(world).filter((call) => call.service === service);
    const isTrial = calls.some((call) => Math.abs(call.at - until) < 2 * LAG);
    // A trial that was decided and then had to let others go first.
    const last = calls.findLast((call) => call.at < until);
    const isDue =
      (reason === 'quarantined' || reason === 'budget_exhausted') &&
      last !== undefined &&
      until - last.at >= quarantine(world) - LAG;
    const isLate = nobodyToSay(world).some((one) => one.from < until && one.until > until - ENDED_WITHIN);
    // The trial ended it and then could not be made, or another reason took its place: people are told on.
    // Of one whose process died in it nobody knows for a while whether it was made.
    const inDoubt = world.notes.ends.some((at) => at >= until && at < until + LAG) ? STILL_ON_ITS_WAY : 0;
    const goesOn = pages.some(
      (next) =>
        next.labels['service'] === service && next.from >= until && next.from < until + 2 * LAG + inDoubt,
    );
    // Who says no takes it over.
    const isRejected = world.notes.rejections.some(
      (one) => one.service === service && Math.abs(one.at - until) < LAG,
    );
    if (isReset || isTrial || isDue || isLate || goesOn || isRejected) continue;
    // With nothing to be `stable` for, one that dies again and again is proven well between two deaths, as the policy says.
    const { badSpans, badSpansWhileUp, downSpans, heardOf } = world.observer;
    // Who was only told that it is down has that proven; errors that come after it are a trouble of their own.
    const onlyDown = heardOf(service, until).every((alert) => alert === 'ServiceDown');
    const mayFlicker = world.notes.policies.some(({ file }) =>
      file.playbooks.some(({ prove }) => prove.stable === 0),
    );
    const spansOf = onlyDown ? downSpans : mayFlicker ? badSpansWhileUp : badSpans;
    const wasBad = spansOf(service).some(
      (span) => span.from < until - ENDED_WITHIN && span.to >= until - 1_000,
    );
    // Only its own alerts have to be over: another one is another trouble.
    const rules = labels['alert'] === 'ServiceDown' ? ['ServiceDown'] : undefined;
    if (wasBad && !mayBeProven(world, service, until - ENDED_WITHIN, until, rules))
      yield `G8: the page of ${service} (${reason}) ended at ${seconds(until)}, and it was never well`;
  }
}

/** When no page could be sent: Alertmanager did not answer, or the bot was away for long. */
function nobodyToSay({ alertmanager, notes }: World): { from: Millis; until: Millis }[] {
  const away = notes.ends.map((from) => ({
    from,
    until: notes.boots.find((at) => at >= from) ?? Number.POSITIVE_INFINITY,
  }));
  return [...alertmanager.outages, ...away.filter(({ from, until }) => until - from > 5_000)];
}
