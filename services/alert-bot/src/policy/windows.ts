import type { Instant, Millis } from '../domain/duration.ts';
import { type MaintenanceWindow, WEEKDAYS } from '../domain/playbook.ts';
import { instantsOf, wallMidnight } from './local-time.ts';

const MINUTE: Millis = 60_000;
const DAY: Millis = 24 * 3_600_000;

/**
 * The maintenance window that is open for a service and a playbook, and when it closes; of several the one that closes
 * last. null where none is open.
 *
 * Where a change of the clocks leaves room for doubt a window is rather open: it opens at the first moment that can be
 * meant and closes at the last one. It is open from its first moment on, and no more at its last.
 */
export function openWindow(
  windows: readonly MaintenanceWindow[],
  subject: { service: string | null; playbook: string },
  now: Instant,
): { name: string; until: Instant } | null {
  let open: { name: string; until: Instant } | null = null;
  for (const window of windows) {
    if (!concerns(window, subject)) continue;
    const until = closesAt(window, now);
    if (until !== null && (open === null || until > open.until)) open = { name: window.name, until };
  }
  return open;
}

const concerns = (
  { services, playbooks }: MaintenanceWindow,
  subject: { service: string | null; playbook: string },
): boolean =>
  (services === null || (subject.service !== null && services.includes(subject.service))) &&
  (playbooks === null || playbooks.includes(subject.playbook));

/** When the window closes that is open now, or null. */
function closesAt({ zone, days, from, to }: MaintenanceWindow, now: Instant): Instant | null {
  const today = wallMidnight(zone, now);
  const ends: Instant[] = [];
  // It may have opened yesterday. Tomorrow's: clocks that are set back over midnight show yesterday once more.
  for (const midnight of [today - DAY, today, today + DAY]) {
    const weekday = WEEKDAYS[(new Date(midnight).getUTCDay() + 6) % 7];
    if (weekday === undefined || !days.includes(weekday)) continue;
    const closing = to > from ? midnight : midnight + DAY;
    const opens = instantsOf(zone, midnight + from * MINUTE).first;
    const closes = instantsOf(zone, closing + to * MINUTE).last;
    if (opens <= now && now < closes) ends.push(closes);
  }
  return ends.length === 0 ? null : Math.max(...ends);
}
