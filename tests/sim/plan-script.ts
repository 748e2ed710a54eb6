import type { Millis } from '../../services/alert-bot/src/domain/duration.ts';
import type { ServicePlan, Theme } from './plan.ts';
import type { Random } from './random.ts';

/** A trouble of a service: on one of its instances or all (null). */
export interface Fault {
  what: 'fault';
  service: string;
  slot: number | null;
  kind: 'errors' | 'unhealthy' | 'down';
  cure: 'restart' | 'never';
  /** After that it goes away by itself; null: it stays. */
  lasts: Millis | null;
  /** Comes back so long after a restart cured it, so many times. */
  relapse: { after: Millis; times: number } | null;
}

export type PersonsAct =
  | 'restart'
  | 'stop'
  | 'stop_one'
  | 'deploy'
  | 'remove'
  | 'reset'
  | 'send'
  | 'silence'
  | 'inhibit';

/** One thing that the world does to the bot at a time of its own. */
export type Scripted = { at: Millis } & (
  | Fault
  | { what: 'person'; act: PersonsAct; service: string; lasts: Millis }
  | { what: 'pause'; scope: 'all' | 'target' | 'playbook'; service: string; lasts: Millis | null }
  | {
      what: 'outage';
      of: 'platform' | 'prometheus' | 'prometheus_api' | 'alertmanager' | 'peer';
      lasts: Millis;
    }
  | { what: 'forgets'; who: 'alertmanager' | 'prometheus' }
  | { what: 'cut_off'; lasts: Millis }
  | { what: 'clock'; by: Millis }
  | { what: 'reload'; to: number }
  | { what: 'defect'; service: string; lasts: Millis }
  | { what: 'stray'; kind: 'no_playbook' | 'no_target' | 'no_service' | 'twin' | 'own' | 'heartbeat' | 'bad' }
  | { what: 'end_process'; how: 'stop' | 'crash' }
);

/** How often each thing happens in a run, on average. */
const OFTEN: Record<string, number> = {
  fault: 5,
  restart: 0.5,
  stop: 0.4,
  stop_one: 0.4,
  deploy: 0.5,
  remove: 0.15,
  reset: 0.2,
  send: 0.3,
  silence: 0.4,
  inhibit: 0.3,
  pause: 0.4,
  platform: 0.4,
  prometheus: 0.3,
  prometheus_api: 0.3,
  alertmanager: 0.3,
  peer: 0.3,
  forgets: 0.3,
  cut_off: 0.3,
  clock: 0.1,
  reload: 0,
  defect: 0.08,
  stray: 1.5,
  end_process: 0.5,
};

const BY_THEME: Record<Theme, Record<string, number>> = {
  mixed: {},
  lies: { fault: 6, platform: 1 },
  storm: { fault: 3 },
  approve: { fault: 6, deploy: 1, restart: 1 },
  deploys: { deploy: 3, restart: 3, stop: 1.5, stop_one: 2, remove: 0.8 },
  stubborn: { fault: 5 },
  dependencies: { fault: 6 },
  clock: { clock: 2 },
  watchers: { prometheus: 1, prometheus_api: 1.5, alertmanager: 1, peer: 1, forgets: 1.5, cut_off: 1 },
  people: { silence: 2, inhibit: 2, pause: 2, reset: 1, send: 1 },
  recurring: { fault: 1, pause: 0, reset: 0, clock: 0 },
  odd: { stray: 8, defect: 0.8 },
};

export function makeScript(
  random: Random,
  theme: Theme,
  services: readonly ServicePlan[],
  policies: number,
  active: Millis,
): Scripted[] {
  const often: Record<string, number> = { ...OFTEN, ...BY_THEME[theme] };
  const script: Scripted[] = [];
  const times = (what: string) => {
    const mean = often[what] ?? 0;
    return Math.floor(mean) + (random.chance(mean % 1) ? 1 : 0);
  };
  // The first trouble comes soon, so that a run is about something.
  const when = () => random.int(6_000, active - 25_000);
  const real = services.filter(({ name }) => name !== 'twin').map(({ name }) => name);
  const service = () => random.pick(real);

  for (let i = times('fault'); i > 0; i--)
    script.push({ at: i === 1 ? random.int(6_000, 20_000) : when(), ...makeFault(random, theme, service()) });
  for (const act of ['restart', 'stop', 'deploy', 'remove', 'reset', 'send', 'silence', 'inhibit'] as const)
    for (let i = times(act); i > 0; i--)
      script.push({ at: when(), what: 'person', act, service: service(), lasts: random.int(4, 60) * 1_000 });
  for (let i = times('stop_one'); i > 0; i--) {
    // One of several is stopped, and the others are in trouble: they are the last healthy ones.
    const at = when();
    const name = random.pick(
      services
        .filter(({ replicas }) => replicas > 1)
        .map((one) => one.name)
        .concat(real),
    );
    script.push({ at, what: 'person', act: 'stop_one', service: name, lasts: random.int(20, 60) * 1_000 });
    script.push({
      at: at + random.int(500, 5_000),
      ...makeFault(random, theme, name),
      slot: null,
      kind: 'errors',
    });
  }
  for (const source of ['platform', 'prometheus', 'prometheus_api', 'alertmanager', 'peer'] as const)
    for (let i = times(source); i > 0; i--)
      script.push({ at: when(), what: 'outage', of: source, lasts: random.int(2, 45) * 1_000 });
  for (let i = times('pause'); i > 0; i--)
    script.push({
      at: when(),
      what: 'pause',
      scope: random.pick(['all', 'target', 'playbook']),
      service: service(),
      lasts: random.chance(0.7) ? random.int(5, 60) * 1_000 : null,
    });
  for (let i = times('forgets'); i > 0; i--)
    script.push({
      at: when(),
      what: 'forgets',
      who: random.pick(['alertmanager', 'alertmanager', 'prometheus']),
    });
  for (let i = times('cut_off'); i > 0; i--)
    script.push({ at: when(), what: 'cut_off', lasts: random.int(10, 60) * 1_000 });
  for (let i = times('clock'); i > 0; i--)
    script.push({
      at: when(),
      what: 'clock',
      by: random.pick([-600_000, -90_000, -40_000, -10_000, 10_000, 40_000, 90_000, 600_000]),
    });
  for (let i = times('defect'); i > 0; i--)
    script.push({ at: when(), what: 'defect', service: service(), lasts: random.int(20, 40) * 1_000 });
  for (let i = times('stray'); i > 0; i--)
    script.push({
      at: when(),
      what: 'stray',
      kind: random.pick([
        'no_playbook',
        'no_target',
        'no_service',
        'own',
        'heartbeat',
        'bad',
        ...(theme === 'odd' ? ['twin' as const] : []),
      ]),
    });
  for (let i = times('end_process'); i > 0; i--)
    script.push({ at: when(), what: 'end_process', how: random.pick(['stop', 'crash']) });
  for (let to = 1; to < policies; to++)
    script.push({ at: Math.round(((to + random.next() * 0.8) * active) / policies), what: 'reload', to });
  if (theme === 'storm') script.push(...makeStorm(random, real, active));
  if (theme === 'recurring')
    script.push({
      at: random.int(6_000, 12_000),
      what: 'fault',
      service: real[0] ?? 'db',
      slot: null,
      kind: 'errors',
      cure: 'restart',
      lasts: null,
      relapse: { after: random.int(15, 20) * 1_000, times: 5 },
    });
  return script.sort((a, b) => a.at - b.at);
}

function makeFault(random: Random, theme: Theme, service: string): Fault {
  const stubborn = theme === 'stubborn' ? 0.7 : 0.25;
  const cure = random.chance(stubborn) ? 'never' : 'restart';
  return {
    what: 'fault',
    service,
    slot: random.chance(0.5) ? null : 0,
    kind: random.weighted({ errors: 5, unhealthy: 2, down: 3 }),
    cure,
    lasts: random.chance(0.3) ? random.int(3, 60) * 1_000 : null,
    relapse: random.chance(0.25) ? { after: random.int(5, 50) * 1_000, times: random.int(1, 3) } : null,
  };
}

/** Most services fail within seconds of each other, once or twice. */
function makeStorm(random: Random, services: readonly string[], active: Millis): Scripted[] {
  return [
    random.int(10_000, 40_000),
    ...(random.chance(0.3) ? [random.int(70_000, active - 50_000)] : []),
  ].flatMap((at) =>
    random.shuffle(services).map(
      (service): Scripted => ({
        at: at + random.int(0, 6_000),
        what: 'fault',
        service,
        slot: null,
        kind: random.pick(['errors', 'errors', 'down']),
        cure: 'restart',
        lasts: random.chance(0.2) ? random.int(5, 40) * 1_000 : null,
        relapse: null,
      }),
    ),
  );
}
