import type { Millis } from '../../services/alert-bot/src/domain/duration.ts';
import type { Bot } from './bot.ts';
import { targetId } from './world/host.ts';
import type { World } from './world/world.ts';

const AGAIN_AFTER: Millis = 2_000;
const TRIES = 20;

export type People = ReturnType<typeof createPeople>;

/** People who order the bot about, and who answer what it asks them. */
export function createPeople(world: World, bot: Bot) {
  const { ground, host, alertmanager, notes } = world;
  const { time, trace } = ground;
  const random = ground.random('people');
  const answered = new Set<string>();
  let seen = 0;

  /**
   * Orders again while nobody answers, as a person at a terminal does.
   * @param done whether it was done; `unknown` where the process died over it
   */
  function order(
    path: string,
    body: object,
    done: (answer: 'done' | 'refused' | 'unknown') => void,
    tries = TRIES,
  ): void {
    void bot.order(path, { by: 'ann', why: 'simulation', ...body }).then((answer) => {
      if (typeof answer === 'number') return done(answer === 200 ? 'done' : 'refused');
      if (answer === 'unknown') done('unknown');
      if (tries > 1) time.after(AGAIN_AFTER, () => order(path, body, done, tries - 1));
    });
  }

  function reset(target: string): void {
    order(`/targets/${encodeURIComponent(target)}/reset`, {}, (answer) => {
      if (answer !== 'refused') notes.resets.push({ at: time.now(), target });
    });
  }

  /** Looks at the new pages. */
  function look(): void {
    time.after(1_000, look);
    for (const page of alertmanager.pages.slice(seen)) read(page.labels);
    seen = alertmanager.pages.length;
  }

  function read(labels: Readonly<Record<string, string>>): void {
    const { alertname, incident = '', service } = labels;
    const key = JSON.stringify(labels);
    if (answered.has(key)) return;
    answered.add(key);
    if (alertname === 'RemediationApprovalRequired') {
      time.after(random.int(500, 15_000), () => answer(incident, service));
      return;
    }
    if (service === undefined || ground.quiet || !random.chance(0.25)) return;
    const target = targetId(service);
    time.after(random.int(5, 30) * 1_000, () => {
      if (random.chance(0.5) && host.services.some((one) => one.plan.name === service && !one.removed))
        host.deploy(host.serviceOf(service));
      reset(target);
    });
  }

  function answer(incident: string, service: string | undefined): void {
    // What was asked once may be asked again, after another try: that is a question of its own.
    const choice = random.weighted({ approve: 8, reject: 1, nothing: 1 });
    for (const key of [...answered])
      if (key.includes('RemediationApprovalRequired') && key.includes(`"${incident}"`)) answered.delete(key);
    if (choice === 'nothing' || service === undefined) return;
    const known = host.services.find((one) => one.plan.name === service);
    order(
      `/incidents/${incident}/${choice}`,
      {},
      (status) => {
        if (status === 'refused') return;
        if (choice === 'reject') notes.rejections.push({ at: time.now(), service });
        if (choice !== 'approve' || known === undefined) return;
        const instances = new Map(known.boxes.map((box) => [box.id, box.startedAt]));
        notes.approvals.push({ at: time.now(), service, instances });
      },
      1,
    );
  }

  return {
    start: (): void => void time.after(1_000, look),
    reset,
    pause(scope: string, lasts: Millis | null): void {
      const body = {
        ...(lasts === null ? {} : { for: `${lasts / 1000}s` }),
        ...(scope === 'all' ? {} : { scope }),
      };
      order('/pause', body, (status) => {
        if (status !== 'done') return;
        const until = lasts === null ? Number.POSITIVE_INFINITY : time.now() + lasts;
        notes.pauses.push({ from: time.now(), until, scope });
        trace.event('person', `paused ${scope}`);
      });
    },
    resume(): void {
      order('/resume', {}, (status) => {
        if (status !== 'done') return;
        for (const pause of notes.pauses) pause.until = Math.min(pause.until, time.now());
      });
    },
  };
}
