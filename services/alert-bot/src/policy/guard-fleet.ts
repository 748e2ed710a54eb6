import { formatDuration, type Instant } from '../domain/duration.ts';
import type { Facts, FleetFacts } from '../domain/facts.ts';
import type { FleetLimits } from '../domain/playbook.ts';
import { type Blocked, block, defer, unknown } from './block.ts';

/** Bounded blast radius (G5): actions at once, targets per window. After a storm with half the limits (G6). */
export function fleetGuards({ fleet, storm }: Facts, now: Instant): Blocked[] {
  const limits = storm === null ? fleet.limits : halved(fleet.limits);
  return [...atOnce(fleet, limits), ...inWindow(fleet, limits, now)];
}

/** Half of a limit, and at least one. */
export const half = (count: number): number => Math.max(1, Math.floor(count / 2));
const halved = (limits: FleetLimits): FleetLimits => ({
  ...limits,
  concurrent: half(limits.concurrent),
  targets: { ...limits.targets, count: half(limits.targets.count) },
});

function atOnce({ acting, actingInTree, queuedBefore }: FleetFacts, { concurrent }: FleetLimits): Blocked[] {
  const blocks: Blocked[] = [];
  if (actingInTree.length > 0)
    blocks.push(
      block(
        'tree',
        defer('action_in_progress', null),
        `${actingInTree.join(', ')}: it depends on this, or this on it`,
      ),
    );
  if (acting.length + queuedBefore.length >= concurrent)
    blocks.push(
      block(
        'concurrent',
        defer('blast_radius', null),
        `${acting.length} of ${concurrent} actions at once, ${queuedBefore.length} go first`,
      ),
    );
  return blocks;
}

function inWindow({ recent, size }: FleetFacts, { targets }: FleetLimits, now: Instant): Blocked[] {
  if ('unknown' in size) return [unknown('targets', size.unknown)];
  // Rounded up, and at least one: a share of few must not be none.
  const share = Math.max(1, Math.ceil((size.known * targets.percent) / 100));
  const allowed = Math.min(targets.count, share);
  const times = recent
    .map(({ at }) => at)
    .filter((at) => at > now - targets.per)
    .sort((a, b) => a - b);
  const lastToLeave = times[times.length - allowed];
  if (lastToLeave === undefined) return [];
  return [
    block(
      'targets',
      defer('blast_radius', lastToLeave + targets.per),
      `${times.length} other targets in ${formatDuration(targets.per)}, ${allowed} of ${size.known} are allowed`,
    ),
  ];
}
