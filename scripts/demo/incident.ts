import { z } from 'zod';
import { instant } from './ask.ts';

const call = z.object({ verb: z.string(), callingAt: instant, result: z.string().nullable() });

/** What the demo reads of an incident in the bot's log. */
export const incidentShape = z.object({
  id: z.number(),
  status: z.string(),
  reason: z.string().nullable(),
  explanation: z.string().nullable(),
  outcome: z.string().nullable(),
  playbook: z.string().nullable(),
  openedAt: instant,
  closedAt: instant.nullable(),
  episodes: z.array(z.object({ labels: z.record(z.string(), z.string()), openedAt: instant })),
  decisions: z.array(z.object({ kind: z.string(), reason: z.string(), explanation: z.string() })),
  attempts: z.array(
    z.object({ outcome: z.string().nullable(), detail: z.string().nullable(), calls: z.array(call) }),
  ),
  evidence: z.array(z.object({ at: instant, error: z.string().nullable() })),
  escalations: z.array(z.object({ reason: z.string(), startsAt: instant })),
  timeline: z.array(
    z.object({ at: instant, kind: z.string(), text: z.string(), data: z.record(z.string(), z.unknown()) }),
  ),
});
export type Incident = z.output<typeof incidentShape>;

/** When the bot first heard of this alert. */
export function deliveredAt(incidents: readonly Incident[], alertname: string): number | undefined {
  const episodes = incidents.flatMap((incident) => incident.episodes);
  return earliest(
    episodes.filter(({ labels }) => labels['alertname'] === alertname).map(({ openedAt }) => openedAt),
  );
}

/** When each attempt first called the platform. One that never did is no action. */
export function actionsAt(incidents: readonly Incident[]): number[] {
  const attempts = incidents.flatMap((incident) => incident.attempts);
  return attempts.flatMap(({ calls }) => earliest(calls.map(({ callingAt }) => callingAt)) ?? []);
}

/** How it ended if not as hoped, with the bot's own reason. */
export function endedOtherwise(incident: Incident | undefined, hoped: string | null): string | undefined {
  if (incident === undefined) return undefined;
  const ending = incident.outcome ?? (incident.status === 'escalated' ? 'escalated' : null);
  if (ending === null || ending === hoped) return undefined;
  const why = incident.reason ?? incident.decisions.at(-1)?.reason ?? 'no reason';
  return `${why}: ${incident.explanation ?? incident.decisions.at(-1)?.explanation} The incident is ${ending}.`;
}

function earliest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The row of a timeline as the demo tells it, or undefined where it says nothing new. */
export function tell({ kind, text, data }: Incident['timeline'][number]): string | undefined {
  switch (kind) {
    case 'alert':
    case 'decision':
    case 'evidence':
      return `${kind}: ${text}`;
    case 'proof':
      // The deadline as a time of day says little here.
      return `proof: ${text.replace(/ until \S+Z$/, '')}`;
    case 'attempt':
      // That one is reserved is said by the decision just before.
      if (text.endsWith(' reserved')) return undefined;
      return data['outcome'] ? `attempt over: ${text}` : `attempt: ${text} begins`;
    case 'status':
      return data['to'] === 'closed' ? `incident over: ${text.replace(/^.*: /, '')}` : undefined;
    case 'escalation':
    case 'person':
      return text;
    default:
      return undefined;
  }
}
