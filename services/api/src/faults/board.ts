import type { End } from './effects.ts';
import type { LastingFault, StickyFault } from './fault.ts';

/** Where sticky faults are kept. */
export interface StickyFaults {
  read(): Promise<StickyFault[]>;
  save(fault: StickyFault): Promise<void>;
  clear(): Promise<void>;
}

export type FaultBoard = ReturnType<typeof createFaultBoard>;

/**
 * The faults of this process. At most one of each kind lives in memory and one in the database; the one in memory
 * was asked for later and wins. Sticky faults are read at start: another replica sees them at its own next start.
 */
export function createFaultBoard(
  stickyFaults: StickyFaults,
  startEffect: (fault: LastingFault) => End | undefined,
) {
  const own = new Map<string, LastingFault>();
  const effects = new Map<string, End>();
  let sticky = new Map<string, LastingFault>();
  let active: readonly LastingFault[] = [];
  let slowness = 0;

  const changed = () => {
    active = [...new Map([...sticky, ...own]).values()];
    slowness = active.find((fault) => fault.kind === 'slow_database')?.ms ?? 0;
  };

  const forget = () => {
    own.clear();
    for (const end of effects.values()) end();
    effects.clear();
    changed();
  };

  return {
    /** The faults in force, at most one of each kind. */
    active: () => active,

    /** Milliseconds for which the database is to be slow before each statement. */
    slowness: (): number => slowness,

    /** Every fault that is set, also a sticky one that is hidden by one in memory. */
    all: (): LastingFault[] => [...sticky.values(), ...own.values()],

    /** Takes over what the database holds. */
    async load(): Promise<LastingFault[]> {
      const faults = await stickyFaults.read();
      sticky = new Map(faults.map((fault) => [fault.kind, fault]));
      changed();
      return faults;
    },

    async set(fault: LastingFault): Promise<void> {
      if (isSticky(fault)) {
        // Database first: what is reported as sticky must survive a restart.
        await stickyFaults.save(fault);
        sticky.set(fault.kind, fault);
        own.delete(fault.kind);
      } else {
        own.set(fault.kind, fault);
        effects.get(fault.kind)?.();
        const end = startEffect(fault);
        if (end !== undefined) effects.set(fault.kind, end);
      }
      changed();
    },

    /** Memory first: with the database away, at least this process is healed, and the caller hears of the rest. */
    async clear(): Promise<void> {
      forget();
      await stickyFaults.clear();
      sticky.clear();
      changed();
    },

    /** Lets go of what is held; the faults that are kept stay so. */
    stop: forget,
  };
}

function isSticky(fault: LastingFault): fault is StickyFault {
  return fault.sticky;
}
