import type { LastingFault } from './fault.ts';

/** Where sticky faults are kept. */
export interface StickyFaults {
  read(): Promise<LastingFault[]>;
  save(fault: LastingFault): Promise<void>;
  clear(): Promise<void>;
}

export type FaultBoard = ReturnType<typeof createFaultBoard>;

/**
 * The faults of this process. At most one of each kind lives in memory and one in the database; the one in memory
 * was asked for later and wins. Sticky faults are read at start: another replica sees them at its own next start.
 */
export function createFaultBoard(stickyFaults: StickyFaults) {
  const own = new Map<string, LastingFault>();
  let sticky = new Map<string, LastingFault>();

  return {
    /** The faults in force, at most one of each kind. */
    active: (): LastingFault[] => [...new Map([...sticky, ...own]).values()],

    /** Every fault that is set, also a sticky one that is hidden by one in memory. */
    all: (): LastingFault[] => [...sticky.values(), ...own.values()],

    /** Takes over what the database holds. */
    async load(): Promise<LastingFault[]> {
      const faults = await stickyFaults.read();
      sticky = new Map(faults.map((fault) => [fault.kind, fault]));
      return faults;
    },

    async set(fault: LastingFault): Promise<void> {
      if (!fault.sticky) {
        own.set(fault.kind, fault);
        return;
      }
      // Database first: what is reported as sticky must survive a restart.
      await stickyFaults.save(fault);
      sticky.set(fault.kind, fault);
      own.delete(fault.kind);
    },

    /** Memory first: with the database away, at least this process is healed, and the caller hears of the rest. */
    async clear(): Promise<void> {
      own.clear();
      await stickyFaults.clear();
      sticky.clear();
    },
  };
}
