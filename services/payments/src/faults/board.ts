import type { LastingFault } from './fault.ts';

export type FaultBoard = ReturnType<typeof createFaultBoard>;

/** The faults of this process, at most one of each kind. All of them are in memory: a restart heals every one. */
export function createFaultBoard() {
  const faults = new Map<string, LastingFault>();
  return {
    all: (): LastingFault[] => [...faults.values()],
    set: (fault: LastingFault): void => void faults.set(fault.kind, fault),
    clear: (): void => faults.clear(),
  };
}
