import { fingerprint, type Labels } from '../../services/alert-bot/src/domain/alert.ts';
import type { Bot } from './bot.ts';
import type { People } from './people.ts';
import type { Scripted } from './plan-script.ts';
import { bodyOf } from './world/dispatch.ts';
import { targetId } from './world/host.ts';
import type { World } from './world/world.ts';

/** Lets everything that is planned for a run happen, and then sets right what a quiet end needs.
 * @param isBusy whether more happens where that is little
 */
export function stage(world: World, bot: Bot, people: People, isBusy = true): void {
  const { ground, host, platform, prometheus, alertmanager, notes } = world;
  const { time, plan } = ground;
  alertmanager.start();
  people.start();
  time.at(500, () => bot.boot());
  for (const scripted of plan.script) time.at(scripted.at, () => happens(world, bot, people, scripted));
  if (isBusy) time.at(LOOKS_EVERY, () => keepBusy(world, bot, people));
  time.at(plan.active, () => {
    ground.trace.event('quiet', 'nothing more is broken, everything answers');
    ground.quiet = true;
    bot.crashes.stop();
    platform.comeBack();
    prometheus.comeBack();
    alertmanager.comeBack();
    for (const service of host.services) {
      if (service.removed) host.deploy(service);
      for (const box of service.boxes) if (box.atRest !== null) host.start(box);
    }
    const last = plan.policies.at(-1);
    if (last !== undefined && world.playbooks() !== last) notes.policies.push({ at: time.now(), file: last });
    people.resume();
    for (const [i, after] of [5_000, 30_000].entries())
      time.after(after, () => oneMore(world, bot, people, i));
  });
}

const LOOKS_EVERY = 7_000;
/** So much should happen in a run, spread over its time; a calm one says little. */
const EVENTS = 240;

/** A plain trouble of a service that may be acted on, once nothing else is in the way. */
function oneMore(world: World, bot: Bot, people: People, which: number): void {
  const { ground, platform, host } = world;
  const service = host.services[which];
  if (platform.calls.length > 0 || service === undefined) return;
  // A person may have it since, for another trouble.
  people.reset(service.id);
  happens(world, bot, people, {
    at: ground.time.now(),
    what: 'fault',
    service: service.plan.name,
    slot: null,
    kind: 'errors',
    cure: 'restart',
    lasts: null,
    relapse: null,
  });
}

/** Makes more trouble where too little happens. */
function keepBusy(world: World, bot: Bot, people: People): void {
  const { ground, platform, host } = world;
  const { time, plan, trace } = ground;
  if (time.now() >= plan.active - 5_000) return;
  time.after(LOOKS_EVERY, () => keepBusy(world, bot, people));
  const random = ground.random(`busy at ${time.now()}`);
  const isDue = (EVENTS * time.now()) / plan.active;
  const at = time.now();
  const mayBeActedOn = host.services.filter(
    ({ plan: { labels, protectedBecause, name } }) =>
      labels['alert-bot.enable'] === 'true' && protectedBecause === null && name !== 'twin',
  );
  const isIdle = platform.calls.length === 0 && time.now() > plan.active / 4;
  if ((isIdle || trace.events() < isDue) && mayBeActedOn.length > 0)
    happens(world, bot, people, {
      at,
      what: 'fault',
      service: random.pick(isIdle ? mayBeActedOn.slice(0, 2) : mayBeActedOn).plan.name,
      slot: null,
      kind: random.pick(['errors', 'down', 'unhealthy']),
      cure: 'restart',
      lasts: !isIdle && random.chance(0.5) ? random.int(5, 40) * 1_000 : null,
      relapse: null,
    });
  for (let behind = Math.min(24, isDue - trace.events()); behind > 0; behind -= 6)
    for (const kind of ['heartbeat', 'own', 'no_playbook'] as const)
      happens(world, bot, people, { at, what: 'stray', kind });
}

function happens(world: World, bot: Bot, people: People, scripted: Scripted) {
  const { ground, host, platform, prometheus, alertmanager, notes } = world;
  const { time, trace } = ground;
  switch (scripted.what) {
    case 'fault': {
      const service = host.serviceOf(scripted.service);
      const { kind, cure, relapse } = scripted;
      const slot = scripted.slot === null ? null : (service.boxes[scripted.slot]?.slot ?? null);
      const trouble = { service, slot, kind, cure, relapse };
      host.addTrouble(trouble);
      if (scripted.lasts !== null) time.after(scripted.lasts, () => host.endTrouble(trouble));
      return;
    }
    case 'person':
      return person(world, bot, people, scripted);
    case 'pause':
      if (scripted.scope === 'all') return people.pause('all', scripted.lasts);
      if (scripted.scope === 'playbook') return people.pause('playbook:errors', scripted.lasts);
      return people.pause(`target:${targetId(scripted.service)}`, scripted.lasts);
    case 'outage':
      if (scripted.of === 'platform') return platform.goAway(scripted.lasts);
      if (scripted.of === 'prometheus') return prometheus.goAway(scripted.lasts, false);
      if (scripted.of === 'prometheus_api') return prometheus.goAway(scripted.lasts, true);
      return alertmanager.goAway(scripted.of === 'peer' ? 'one' : 'all', scripted.lasts);
    case 'forgets':
      return scripted.who === 'prometheus' ? prometheus.forget() : alertmanager.forget();
    case 'cut_off':
      return alertmanager.cutOff(scripted.lasts);
    case 'clock':
      trace.event('clock', `is set by ${scripted.by / 1000} s`);
      notes.clockSteps.push(time.now());
      return ground.setWall(scripted.by);
    case 'reload': {
      const file = ground.plan.policies[scripted.to];
      if (file === undefined) return;
      trace.event('reload', `${file.playbooks[0]?.mode}, ${JSON.stringify(file.playbooks[0]?.limits)}`);
      notes.policies.push({ at: time.now(), file });
      return;
    }
    case 'defect':
      return platform.breakAnswers(scripted.service, scripted.lasts);
    case 'stray':
      return stray(world, bot, scripted.kind);
    case 'end_process':
      if (scripted.how === 'crash') {
        trace.event('crash', 'from outside');
        return bot.die();
      }
      void bot.stop();
      return;
  }
}

function person(
  { ground, host, alertmanager }: World,
  bot: Bot,
  people: People,
  { act, service: name, lasts }: Extract<Scripted, { what: 'person' }>,
) {
  const { time, trace } = ground;
  const random = ground.random(`person at ${time.now()}`);
  const service = host.serviceOf(name);
  switch (act) {
    case 'restart':
      trace.event('person', `restarts ${name}`);
      for (const box of service.boxes) {
        host.exit(box, 0, 'was stopped');
        time.after(service.plan.startTakes, () => host.start(box));
      }
      return;
    case 'stop':
      trace.event('person', `stops ${name}`);
      for (const box of service.boxes) host.exit(box, 0, 'was stopped');
      time.after(lasts, () => {
        for (const box of service.boxes) if (box.atRest !== null) host.start(box);
      });
      return;
    case 'stop_one': {
      const box = service.boxes.at(-1);
      if (box === undefined) return;
      trace.event('person', `stops ${box.slot}`);
      host.exit(box, 0, 'was stopped');
      time.after(lasts, () => {
        if (box.atRest !== null) host.start(box);
      });
      return;
    }
    case 'deploy':
      return host.deploy(service);
    case 'remove':
      host.remove(service);
      time.after(lasts, () => {
        if (service.removed) host.deploy(service);
      });
      return;
    case 'reset':
      return people.reset(service.id);
    case 'silence':
      return alertmanager.suppress('silenced', name, lasts);
    case 'inhibit':
      return alertmanager.suppress('inhibited', name, lasts);
    case 'send': {
      // Somebody's test: by hand, with or without all the labels that the real alert has.
      const labels: Labels = {
        alertname: 'HighErrorRate',
        service: name,
        ...(random.chance(0.5) ? { severity: service.plan.severity, remediation: 'auto' } : {}),
      };
      const send = (status: string) =>
        bot.post(JSON.stringify({ status, labels }), `by hand: ${name} ${status}`, () => {});
      send('firing');
      if (random.chance(0.6)) time.after(lasts, () => send('resolved'));
      return;
    }
  }
}

/** Alerts that are nobody's: each must end without a call, and without a page where none is due. */
function stray(
  { ground, alertmanager }: World,
  bot: Bot,
  kind: Extract<Scripted, { what: 'stray' }>['kind'],
) {
  const { wall, time } = ground;
  const held = (labels: Labels) => ({
    fingerprint: fingerprint(labels),
    labels,
    annotations: {},
    startsAt: wall(),
    endsAt: wall() + 25_000,
    expiresAt: time.now() + 25_000,
    generatorURL: '',
  });
  const severity = 'warning';
  switch (kind) {
    case 'no_playbook':
      return alertmanager.receive(held({ alertname: 'DiskFull', severity, remediation: 'auto' }), false);
    case 'no_target':
      return alertmanager.receive(held({ alertname: 'HighErrorRate', service: 'ghost', severity }), false);
    case 'no_service':
      return alertmanager.receive(
        held({ alertname: 'HighErrorRate', severity, instance: 'somewhere' }),
        false,
      );
    case 'twin':
      return alertmanager.receive(held({ alertname: 'HighErrorRate', service: 'twin', severity }), false);
    case 'own':
      return bot.post(
        bodyOf(
          [held({ alertname: 'RemediationEscalated', origin: 'alert-bot', service: 'db', severity })],
          'firing',
          wall(),
        ),
        'our own alert',
        () => {},
      );
    case 'heartbeat':
      return bot.post(
        bodyOf([held({ alertname: 'Watchdog', severity: 'none' })], 'firing', wall()),
        'heartbeat',
        () => {},
      );
    case 'bad': {
      const alerts = [
        { status: 'firing', labels: { alertname: 5 } },
        { status: 'firing', labels: { alertname: 'DiskFull' } },
      ];
      return bot.post(
        JSON.stringify({ version: '4', groupKey: 'bad', status: 'firing', alerts }),
        'a bad alert',
        () => {},
      );
    }
  }
}
