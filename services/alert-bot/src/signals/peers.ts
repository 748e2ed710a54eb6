import type { CurrentAlert } from '../domain/signals.ts';

/**
 * What wins where peers disagree, strongest last. A silence takes seconds to reach every peer, and each peer
 * notifies by its own view: an alert is suppressed only if it is suppressed wherever it is known.
 */
const STRENGTH: Record<CurrentAlert['state'], number> = {
  inhibited: 0,
  silenced: 1,
  unprocessed: 2,
  active: 3,
};

/** One view of the alerts of all peers that answered, by fingerprint. */
export function mergePeers(views: readonly (readonly CurrentAlert[])[]): Map<string, CurrentAlert> {
  const merged = new Map<string, CurrentAlert>();
  for (const alert of views.flat()) {
    const known = merged.get(alert.fingerprint);
    merged.set(alert.fingerprint, known === undefined ? alert : mergeTwo(known, alert));
  }
  return merged;
}

function mergeTwo(a: CurrentAlert, b: CurrentAlert): CurrentAlert {
  const [stronger, other] = STRENGTH[b.state] > STRENGTH[a.state] ? [b, a] : [a, b];
  const suppressedBy =
    stronger.state === other.state
      ? [...new Set([...stronger.suppressedBy, ...other.suppressedBy])]
      : stronger.suppressedBy;
  // The peers may have first heard of it at different times; it fires since the earliest.
  return { ...stronger, startsAt: Math.min(a.startsAt, b.startsAt), suppressedBy };
}
