import type { Address } from '@shop/service/listener';
import type { Logger } from 'pino';
import { formatDuration } from '../options/duration.ts';
import type { Settings } from '../options/read.ts';
import { rateAt } from '../users/demand.ts';
import { liveText, perSecond, rowFields, summaryText } from './summary.ts';
import type { Totals } from './tally.ts';

/** Who is told how it goes. `elapsedMs` is the time since the start. */
export interface Reporter {
  everyMs: number;
  /** /metrics is there. */
  listening(address: Address): void;
  begun(): void;
  progress(totals: Totals, elapsedMs: number): void;
  ended(totals: Totals, elapsedMs: number): void;
}

/** For a terminal: one line that is rewritten, then the summary. */
export function textReporter(settings: Settings, out: NodeJS.WriteStream): Reporter {
  const { url, users, demand, forMs } = settings;
  const clear = out.isTTY ? '\r\x1b[2K' : '';
  return {
    everyMs: 500,
    listening: () => undefined,
    begun() {
      const { burst } = demand;
      const bursts =
        burst === undefined
          ? ''
          : `, ${burst.factor} times that for ${formatDuration(burst.forMs)} of every ${formatDuration(burst.everyMs)}`;
      const howLong = forMs === undefined ? 'until Ctrl-C' : `for ${formatDuration(forMs)}`;
      out.write(`${url}: ${users} users, ${demand.perSecond} actions a second${bursts}, ${howLong}\n`);
    },
    progress(totals, elapsedMs) {
      // Where it could not be rewritten it would be a line twice a second.
      if (!out.isTTY) return;
      const line = liveText(totals, elapsedMs, rateAt(elapsedMs, demand));
      out.write(clear + line.slice(0, (out.columns || 80) - 1));
    },
    ended(totals, elapsedMs) {
      out.write(`${clear}${summaryText(totals, elapsedMs, users)}`);
    },
  };
}

/** For a log: one JSON line at each interval, and one at the end. */
export function jsonReporter(settings: Settings, log: Logger): Reporter {
  const { url, users, demand, forMs, everyMs } = settings;
  return {
    everyMs,
    listening: (address) => log.info(address, 'listening'),
    begun() {
      log.info({ url, users, per_second: demand.perSecond, burst: demand.burst, for_ms: forMs }, 'begun');
    },
    progress(totals, elapsedMs) {
      log.info({ elapsed_s: Math.round(elapsedMs / 1_000), users, ...rowFields(totals.all) }, 'progress');
    },
    ended({ all, actions, errors, retried }, elapsedMs) {
      const fields = {
        elapsed_s: Math.round(elapsedMs / 100) / 10,
        users,
        per_second: Number(perSecond(all.count, elapsedMs)),
        ...rowFields(all),
        retried,
        actions: Object.fromEntries(actions.map(({ action, ...row }) => [action, rowFields(row)])),
        errors,
      };
      log.info(fields, 'summary');
    },
  };
}
