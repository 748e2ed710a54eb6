import type { Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import { PlatformError, type Verb } from '../../../services/alert-bot/src/domain/platform.ts';
import type { Target } from '../../../services/alert-bot/src/domain/target.ts';
import type { Ground } from './ground.ts';
import { type Box, type Host, targetId } from './host.ts';
import type { Observer, Seen } from './observer.ts';

/** What the platform does with a call, and what it says. */
type Fate =
  | 'done'
  | 'unavailable'
  | 'refused'
  | 'start_failed'
  | 'timed_out_done'
  | 'timed_out_never'
  | 'timed_out_late'
  | 'timed_out_half'
  | 'in_doubt_done'
  | 'in_doubt_never'
  | 'in_doubt_late'
  | 'says_done'
  | 'says_refused';

const LIES: Partial<Record<Fate, number>> = {
  unavailable: 1,
  refused: 2,
  start_failed: 3,
  timed_out_done: 1,
  timed_out_never: 1,
  timed_out_late: 1,
  timed_out_half: 1.6,
  in_doubt_done: 1,
  in_doubt_never: 1,
  in_doubt_late: 1,
  says_done: 1,
  says_refused: 0.5,
};

/** The engine finishes what its client gave up on, so much later (seen: 8 s). */
const LATE: Millis = 8_000;

/** A call that the platform received: the record that the oracle reads. */
export interface CallRecord {
  at: Millis;
  /** The host's clock at that time. */
  wall: number;
  boot: number;
  verb: Verb;
  box: Box;
  service: string;
  grace: Millis;
  /** What the target was when the call came. */
  before: {
    startedAt: number | null;
    running: boolean;
    atRest: string | null;
    endedAt: Millis;
    wasWell: boolean;
  };
  seen: Seen;
  /** null: it never arrived, or never will have an effect. */
  effect: { from: Millis; to: Millis; isStarted: boolean } | null;
  /** Whether the last words of the container were asked for since it was last called for. */
  hasEvidence: boolean;
  arrived: boolean;
  /** When the bot had its answer; null: never, or not yet. */
  answeredAt: Millis | null;
  answer: string | null;
}

export type SimPlatform = ReturnType<typeof createPlatform>;

/** The port's other side: what the engine answers, does, and does not do. */
export function createPlatform(ground: Ground, host: Host, observer: Observer) {
  const { time, trace, wall, plan } = ground;
  const random = ground.random('platform');
  const calls: CallRecord[] = [];
  const logsAsked = new Map<string, Millis>();
  /** How it is away, and until when. */
  let away: { until: Millis; how: 'unavailable' | 'timed_out' } | null = null;
  const defects = new Map<string, Millis>();

  function assertThere(): void {
    if (away === null || time.now() >= away.until) return;
    throw new PlatformError(away.how, `the platform is ${away.how}`);
  }

  function assertNoDefect(name: string): void {
    if ((defects.get(name) ?? 0) > time.now()) throw new TypeError(`an answer about ${name} has no shape`);
  }

  const present = () => host.services.filter((service) => !service.removed);

  function fateOf(): Fate {
    if (away !== null && time.now() < away.until)
      return away.how === 'unavailable'
        ? 'unavailable'
        : random.pick(['timed_out_done', 'timed_out_never', 'timed_out_late'] as const);
    if (ground.quiet || !random.chance(plan.lies)) return 'done';
    return random.weighted(LIES);
  }

  /** Stops and starts one container, after whatever else is being done to it. @returns when it is over */
  function carryOut(record: CallRecord, delay: Millis, onlyStop: boolean): Millis {
    const { box, verb, grace } = record;
    const { stopTakes, startTakes } = box.service.plan;
    const from = Math.max(time.now() + delay, box.busyUntil);
    const stopped = verb === 'restart' ? from + Math.min(stopTakes, grace) : from;
    const to = onlyStop ? stopped : stopped + startTakes;
    box.busyUntil = to;
    record.effect = { from, to, isStarted: !onlyStop };
    time.at(stopped, () => {
      if (verb === 'restart') host.exit(box, stopTakes > grace ? 137 : 0, null);
    });
    time.at(to, () => {
      if (!onlyStop) host.start(box);
    });
    return to;
  }

  /** Lets a call have its effect, or not. @returns when the answer comes, from now */
  function answerAfter(fate: Fate, record: CallRecord, atMost: Millis): Millis {
    const took = (delay: Millis, onlyStop: boolean) => carryOut(record, delay, onlyStop) - time.now();
    switch (fate) {
      case 'done':
      case 'in_doubt_done':
      case 'says_refused':
        return took(0, false);
      case 'start_failed':
        return took(0, true) + 20;
      case 'unavailable':
      case 'refused':
        return 50;
      case 'says_done':
        return 800;
      case 'in_doubt_never':
        return 100;
      case 'timed_out_never':
        return atMost;
      case 'timed_out_done':
        took(0, false);
        return atMost;
      case 'timed_out_half':
        took(0, true);
        return Math.min(atMost, 5_000);
      // What the engine still does comes before it would be safe to call again.
      case 'timed_out_late':
        took(LATE, false);
        return Math.min(atMost, 3_000);
      case 'in_doubt_late':
        took(LATE, false);
        return 100;
    }
  }

  function answerOf(fate: Fate, { box, verb }: CallRecord): PlatformError | null {
    if (fate !== 'unavailable' && box.gone) return new PlatformError('not_found', `${box.slot} is gone`);
    const [code] = (['timed_out', 'in_doubt', 'start_failed', 'unavailable', 'refused'] as const).filter(
      (one) => (fate === 'says_refused' ? one === 'refused' : fate.startsWith(one)),
    );
    return code === undefined ? null : new PlatformError(code, `${verb} ${box.slot}: ${code}`);
  }

  /** What sometimes comes on top of a call: nobody can say what became of it, or it is replaced under it. */
  function meanwhile(fate: Fate, box: Box): void {
    if (ground.quiet) return;
    const isInDoubt = fate.startsWith('timed_out') || fate.startsWith('in_doubt');
    if (isInDoubt && random.chance(0.2)) {
      trace.event('platform', 'is away: what became of the call cannot be seen');
      time.after(10, () => {
        away = { until: time.now() + 30_000, how: random.pick(['unavailable', 'timed_out'] as const) };
      });
      return;
    }
    const what = random.weighted({ deploy: 2, remove: 4, nothing: 94 });
    if (what === 'nothing') return;
    time.after(random.int(10, 900), () => {
      if (box.gone) return;
      if (what === 'deploy') return host.deploy(box.service);
      host.remove(box.service);
      // It may be the gap of a deploy, or it may be gone for good.
      time.after(random.int(2, 60) * 1_000, () => {
        if (box.service.removed) host.deploy(box.service);
      });
    });
  }

  return {
    calls,
    logsAsked,
    goAway(lasts: Millis): void {
      away = { until: time.now() + lasts, how: random.pick(['unavailable', 'timed_out'] as const) };
      trace.event('platform', `${away.how} for ${lasts / 1000} s`);
    },
    comeBack(): void {
      away = null;
      defects.clear();
    },
    breakAnswers(service: string, lasts: Millis): void {
      defects.set(service, time.now() + lasts);
      trace.event('defect', `answers about ${service} have no shape for ${lasts / 1000} s`);
    },
    isAway: () => away !== null && time.now() < away.until,
    /** How long the answer to a question takes. */
    latency: (): Millis => (away?.how === 'timed_out' && time.now() < away.until ? 900 : random.int(1, 30)),
    targetId: (service: string) => targetId(service),
    find(name: string): Target[] {
      assertThere();
      assertNoDefect(name);
      return present()
        .filter((service) => service.plan.name === name)
        .map(host.targetOf);
    },
    list(): Target[] {
      assertThere();
      return present().map(host.targetOf);
    },
    inspect(id: string): Target {
      assertThere();
      const service = present().find((one) => one.id === id);
      if (service === undefined) throw new PlatformError('not_found', `there is no ${id}`);
      assertNoDefect(service.plan.name);
      return host.targetOf(service);
    },
    /** Whoever asks has done what G9 demands: an answer that stays away must not hold up the cure. */
    asksForLogs: (id: string) => void logsAsked.set(id, time.now()),
    logs(id: string): string {
      assertThere();
      if (host.boxOf(id) === undefined) throw new PlatformError('not_found', `there is no ${id}`);
      return `last words of ${id}\npassword=secret`;
    },
    /**
     * Receives a call.
     * @param answer gets what the platform says; false where nobody was left to hear it
     */
    act(
      boot: number,
      verb: Verb,
      id: string,
      grace: Millis,
      atMost: Millis,
      answer: (error: PlatformError | null) => boolean,
    ): void {
      const box = host.boxOf(id);
      if (box === undefined) {
        trace.event('call', `${verb} ${id}: no such container`);
        time.after(20, () => answer(new PlatformError('not_found', `there is no ${id}`)));
        return;
      }
      const fate = fateOf();
      const health = host.health(box);
      const record: CallRecord = {
        at: time.now(),
        wall: wall(),
        boot,
        verb,
        box,
        service: box.service.plan.name,
        grace,
        before: {
          startedAt: box.startedAt,
          running: box.running,
          atRest: box.atRest,
          endedAt: box.endedAt,
          wasWell: box.running && health !== 'unhealthy' && health !== 'starting',
        },
        seen: observer.witness(box.service),
        effect: null,
        hasEvidence: logsAsked.delete(box.id),
        arrived: fate !== 'unavailable',
        answeredAt: null,
        answer: null,
      };
      calls.push(record);
      trace.event('call', `${verb} ${box.slot} by boot ${boot}: ${fate}`);
      meanwhile(fate, box);
      const takes = verb === 'start' && box.running ? 20 : answerAfter(fate, record, atMost);
      time.after(Math.min(takes, atMost), () => {
        const error = takes > atMost ? new PlatformError('timed_out', 'no answer') : answerOf(fate, record);
        record.answeredAt = time.now();
        record.answer = error?.code ?? 'done';
        trace.event('answer', `${verb} ${box.slot}: ${record.answer}`);
        if (answer(error)) return;
        record.answeredAt = null;
        record.answer = null;
      });
    },
  };
}
