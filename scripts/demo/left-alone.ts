import type { Act } from './act.ts';
import type { RecordEntry } from './sources.ts';
import { Instead } from './stage.ts';

const watchedMs = 20_000;

/** What only the second act finds out. */
export type Handover = {
  reason: string;
  /** When the bot handed the target to a person. */
  at: number;
  /** Whether Alertmanager has told the person. */
  escalated: boolean;
};

/** It goes on failing, and nobody touches it. */
export async function isLeftAlone(act: Act, handover: Handover): Promise<void> {
  const { stages, sources, prober } = act.run;
  const seconds = watchedMs / 1000;
  const beganAt = Date.now();
  act.line(beganAt, 'demo', `watches for ${seconds} s: it goes on failing, and nothing is restarted`);
  const failed = await stages.reach({
    name: 'left_alone',
    awaited: `${seconds} s without another restart`,
    withinMs: watchedMs + 10_000,
    ask: async () => {
      await act.look();
      const touched = afterHandover(act, handover);
      if (touched.length > 0)
        return new Instead(
          `the API was touched in quarantine: ${touched.map(({ event }) => event).join(', ')}`,
        );
      const probes = prober.probes.filter(({ sentAt }) => sentAt >= beganAt);
      if (probes.some(({ good }) => good))
        return new Instead('the API answers again, though it is broken for good');
      // Half of them would do: a busy machine sends some late. None would prove nothing.
      const over = Date.now() - beganAt >= watchedMs && probes.length >= watchedMs / 200;
      return over ? { requests: probes.length } : undefined;
    },
    missed: () => 'the watch did not come to its end',
    look: `${sources.look.record}; ${prober.file}`,
  });
  act.line(Date.now(), 'supervisor', `no start, no stop since then; all ${failed.requests} requests failed`);
}

/** What the supervisor recorded since the target was handed over. */
export function afterHandover(act: Act, { at }: Handover): RecordEntry[] {
  return act.record.filter((entry) => entry.at > at);
}
