import type { Act } from './act.ts';
import { actionsAt, deliveredAt } from './incident.ts';
import { alertname } from './playbooks.ts';
import { startsIn } from './sources.ts';

/** How long each may take before it counts as not happening: several times what it takes. */
const within = { firing: 20_000, delivered: 15_000 };

export async function breakApi(act: Act, sticky: boolean): Promise<void> {
  const fault = { kind: 'errors', rate: 1, sticky } as const;
  act.beganAt = Date.now();
  if (act.run.fault === 'none') return act.line(act.beganAt, 'demo', 'breaks nothing (--fault none)');
  act.line(act.beganAt, 'demo', `POST /faults ${JSON.stringify(fault)}`);
  await act.run.sources.breakApi(fault);
}

export async function alertFires(act: Act): Promise<void> {
  const { sources, stages, prober } = act.run;
  const { activeAt } = await stages.reach({
    name: 'firing',
    awaited: `${alertname} to fire`,
    withinMs: within.firing,
    ask: async () => {
      act.tellFirstFailure();
      return (await sources.firing(alertname, act.beganAt))[0];
    },
    missed: () => {
      const failed = prober.probes.filter(({ sentAt, good }) => sentAt >= act.beganAt && !good).length;
      return `the alert ${alertname} did not fire, with ${failed || 'no'} failed requests of the prober,`;
    },
    look: `${sources.look.prometheus}; ${prober.file}`,
  });
  act.firingAt = activeAt;
  act.line(activeAt, 'Prometheus', `${alertname} fires`);
}

export async function alertIsDelivered(act: Act): Promise<void> {
  const { sources, stages } = act.run;
  let between = '';
  await stages.reach({
    name: 'delivered',
    awaited: 'the alert to reach the bot',
    withinMs: within.delivered,
    ask: async () => {
      const at = deliveredAt(await act.look(), alertname);
      if (at !== undefined) return at;
      between = await sources.isActive({ alertname }).then(
        (held) => (held ? 'Alertmanager has it' : 'Alertmanager does not know it'),
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      return undefined;
    },
    missed: () => `the alert ${alertname} fires but was not delivered to the bot (${between})`,
    look: `${sources.look.alertmanager}; ${sources.look.prometheus}`,
  });
}

/** The bot acted so often, and the supervisor saw it as often. */
export function assertActions(act: Act, expected: number): void {
  const { stages, sources } = act.run;
  const wrong = wrongCount(actionsAt(act.incidents).length, startsIn(act.record).length, expected);
  if (wrong !== undefined)
    throw stages.failure('actions', wrong, `${sources.look.incidents}; ${sources.look.record}`);
}

export function wrongCount(logged: number, recorded: number, expected: number): string | undefined {
  if (logged !== recorded) return `the bot logged ${logged} restarts, the supervisor saw ${recorded}`;
  if (logged !== expected) return `there were ${logged} restarts instead of ${expected}`;
  return undefined;
}
