import { memoryLimit } from '@shop/service/memory';

/** Memory of this process and the most it may have, in bytes. */
export function memory(): { used: number; limit: number } {
  return { used: process.memoryUsage.rss(), limit: memoryLimit() };
}
