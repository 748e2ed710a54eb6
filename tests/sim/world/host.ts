import type { Instant, Millis } from '../../../services/alert-bot/src/domain/duration.ts';
import { type Target, whyUnwell } from '../../../services/alert-bot/src/domain/target.ts';
import type { ServicePlan } from '../plan.ts';
import type { Fault } from '../plan-script.ts';
import type { Ground } from './ground.ts';

/** A container of the simulated host. */
export interface Box {
  id: string;
  /** Stays over deploys: `api-1`. */
  slot: string;
  service: Service;
  running: boolean;
  createdAt: Instant;
  startedAt: Instant | null;
  finishedAt: Instant | null;
  restartCount: number;
  exitCode: number | null;
  atRest: string | null;
  /** In virtual time, of its last end. */
  endedAt: Millis;
  /** In virtual time; before that its health check says `starting`. */
  warmAt: Millis;
  /** Whatever the engine does to it comes one after the other. */
  busyUntil: Millis;
  /** When it was started or taken away, by whomever: whatever was called for it, it looks carried out then. */
  starts: Millis[];
  /** It was replaced or removed. */
  gone: boolean;
}

export interface Service {
  plan: ServicePlan;
  id: string;
  boxes: Box[];
  generation: number;
  removed: boolean;
}

/** A trouble that is there. */
export interface Trouble {
  service: Service;
  /** The slot it is in, or every one. */
  slot: string | null;
  kind: Fault['kind'];
  cure: Fault['cure'];
  relapse: Fault['relapse'];
}

/** The services, their containers and their troubles: what is true, whoever knows of it. */
export type Host = ReturnType<typeof createHost>;

const DIES_AGAIN_AFTER: Millis = 1_500;
const RESTART_POLICY_TAKES: Millis = 1_000;

export const targetId = (service: string, project = 'shop'): string => `sim:service:${project}/${service}`;

export function createHost(ground: Ground) {
  const { time, trace, wall, plan } = ground;
  const troubles = new Set<Trouble>();
  const services = plan.services.map((one): Service => {
    const service: Service = {
      plan: one,
      id: targetId(one.name, one.project),
      boxes: [],
      generation: 0,
      removed: false,
    };
    service.boxes = makeBoxes(service, wall() - 3_600_000);
    return service;
  });
  /** The last time at which each service had a trouble of its own or of what it needs. */
  const lastBad = new Map<Service, Millis>();
  /** Names of services that somebody removed, if only for a while. */
  const everRemoved = new Set<string>();

  function makeBoxes(service: Service, at: Instant): Box[] {
    return Array.from({ length: service.plan.replicas }, (_, i) => ({
      id: `${service.plan.project}-${service.plan.name}-${i + 1}-${service.generation}`.padEnd(32, '0'),
      slot: `${service.plan.name}-${i + 1}`,
      service,
      running: true,
      createdAt: at,
      startedAt: at,
      finishedAt: null,
      restartCount: 0,
      exitCode: null,
      atRest: null,
      endedAt: 0,
      warmAt: 0,
      busyUntil: 0,
      starts: [],
      gone: false,
    }));
  }

  const troublesOf = (box: Box): Trouble[] =>
    [...troubles].filter((one) => one.service === box.service && (one.slot ?? box.slot) === box.slot);

  function health(box: Box): 'none' | 'starting' | 'healthy' | 'unhealthy' {
    if (!box.service.plan.hasHealthCheck || !box.running) return 'none';
    if (time.now() < box.warmAt) return 'starting';
    return troublesOf(box).some((one) => one.kind === 'unhealthy') ? 'unhealthy' : 'healthy';
  }

  function exit(box: Box, code: number, atRest: string | null): void {
    if (!box.running || box.gone) return;
    box.running = false;
    box.finishedAt = wall();
    box.exitCode = code;
    box.atRest = atRest;
    box.endedAt = time.now();
    trace.event('host', `${box.slot} exits ${code}${atRest === null ? '' : ` (${atRest})`}`);
  }

  /** It ended by itself: the engine may start it again. */
  function crash(box: Box): void {
    if (!box.running || box.gone) return;
    exit(box, 1, null);
    if (box.service.plan.restarts)
      time.after(RESTART_POLICY_TAKES, () => {
        if (box.running || box.gone || box.atRest !== null) return;
        box.restartCount++;
        start(box);
      });
  }

  function start(box: Box): void {
    if (box.running || box.gone) return;
    box.running = true;
    box.starts.push(time.now());
    // The engine gives nanoseconds: two starts never have one time.
    box.startedAt = wall() === box.startedAt ? wall() + 1 : wall();
    box.exitCode = null;
    box.atRest = null;
    box.warmAt = time.now() + box.service.plan.warmsUp;
    trace.event('host', `${box.slot} starts`);
    for (const trouble of troublesOf(box)) {
      if (trouble.cure === 'restart') cure(trouble, box);
      else if (trouble.kind === 'down')
        time.after(DIES_AGAIN_AFTER, () => troubles.has(trouble) && crash(box));
    }
  }

  /** A trouble in every instance goes from one after the other. */
  function cure(trouble: Trouble, box: Box | null): void {
    if (!troubles.delete(trouble)) return;
    if (box !== null && trouble.slot === null)
      for (const other of trouble.service.boxes)
        if (other !== box) troubles.add({ ...trouble, slot: other.slot, relapse: null });
    trace.event('host', `${trouble.kind} of ${trouble.service.plan.name} is cured`);
    const { relapse } = trouble;
    if (relapse === null || relapse.times === 0) return;
    time.after(relapse.after, () => {
      if (!ground.quiet) addTrouble({ ...trouble, relapse: { ...relapse, times: relapse.times - 1 } });
    });
  }

  function addTrouble(trouble: Trouble): void {
    if (trouble.service.removed) return;
    troubles.add(trouble);
    const { service, slot, kind } = trouble;
    trace.event('fault', `${kind} of ${service.plan.name} ${slot ?? '(all)'}, cure: ${trouble.cure}`);
    if (kind === 'down') for (const box of service.boxes) if ((slot ?? box.slot) === box.slot) crash(box);
  }

  const serviceOf = (name: string): Service => {
    const found = services.find((one) => one.plan.name === name);
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return found;
  };

  /** Whether a service answers its callers with errors; what it needs counts. */
  function fails(service: Service, asking: readonly Service[] = []): boolean {
    if (service.removed || service.boxes.every((box) => !box.running)) return true;
    return hasErrors(service) || needsWhatFails(service, asking);
  }

  const hasErrors = ({ boxes }: Service): boolean =>
    boxes.some((box) => box.running && troublesOf(box).some((one) => one.kind !== 'down'));

  const needsWhatFails = (service: Service, asking: readonly Service[] = []): boolean =>
    service.plan.dependsOn.some((needed) => {
      const other = serviceOf(needed.service);
      return !asking.includes(other) && other !== service && fails(other, [...asking, service]);
    });

  const targetOf = (service: Service): Target => ({
    id: service.id,
    service: service.plan.name,
    labels: service.plan.labels,
    instances: service.boxes.map((box) => ({
      id: box.id,
      name: box.slot,
      running: box.running,
      createdAt: box.createdAt,
      startedAt: box.startedAt,
      finishedAt: box.finishedAt,
      restartCount: box.restartCount,
      exitCode: box.exitCode,
      atRest: box.atRest,
      health: health(box),
      healthDetail: '',
    })),
    dependsOn: service.plan.dependsOn.map((one) => ({
      id: targetId(one.service),
      condition: one.condition,
    })),
    protectedBecause: service.plan.protectedBecause,
  });

  /** New containers, as `docker compose up -d --build` makes them. */
  function deploy(service: Service): void {
    trace.event('person', `deploys ${service.plan.name}`);
    for (const box of service.boxes) {
      exit(box, 0, 'was stopped');
      box.gone = true;
      box.starts.push(time.now());
    }
    service.generation++;
    service.removed = false;
    service.boxes = makeBoxes(service, wall());
    for (const box of service.boxes) {
      box.warmAt = time.now() + service.plan.warmsUp;
      for (const trouble of troublesOf(box)) {
        if (trouble.cure === 'restart') cure(trouble, null);
        else if (trouble.kind === 'down') time.after(DIES_AGAIN_AFTER, () => crash(box));
      }
    }
  }

  return {
    services,
    serviceOf,
    boxOf: (id: string): Box | undefined =>
      services.flatMap(({ boxes }) => boxes).find((box) => box.id === id && !box.gone),
    targetOf,
    whyUnwell: (service: Service, condition: 'started' | 'healthy'): string | null =>
      service.removed
        ? 'is gone'
        : whyUnwell(targetOf(service), condition === 'started' ? 'started' : 'healthy'),
    health,
    troublesOf,
    /** Something of its own is wrong: with it, or with one of its containers. */
    isTroubled: (service: Service): boolean =>
      service.removed ||
      service.boxes.some((box) => (!box.running && box.atRest === null) || troublesOf(box).length > 0),
    hasErrors,
    fails,
    needsWhatFails,
    lastBad,
    everRemoved,
    exit,
    crash,
    start,
    addTrouble,
    endTrouble: (trouble: Trouble): void => {
      if (troubles.delete(trouble))
        trace.event('host', `${trouble.kind} of ${trouble.service.plan.name} goes away`);
      if (trouble.kind === 'down')
        for (const box of trouble.service.boxes) if (box.atRest === null) start(box);
    },
    deploy,
    remove: (service: Service): void => {
      trace.event('person', `removes ${service.plan.name}`);
      for (const box of service.boxes) {
        exit(box, 0, 'was stopped');
        box.gone = true;
        box.starts.push(time.now());
      }
      service.boxes = [];
      service.removed = true;
      everRemoved.add(service.plan.name);
    },
  };
}
