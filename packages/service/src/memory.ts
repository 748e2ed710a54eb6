import { totalmem } from 'node:os';

/**
 * Bytes that this process may use: the limit of its container (cgroup v1 or v2, as libuv reads it), or the memory of the
 * machine where there is none or a larger one.
 */
export function memoryLimit(constrained = process.constrainedMemory(), total = totalmem()): number {
  // 0 stands for "not known", and a cgroup without a limit for a number beyond every machine.
  return constrained > 0 ? Math.min(constrained, total) : total;
}
