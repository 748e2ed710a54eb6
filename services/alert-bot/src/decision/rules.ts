import type { Deps } from '../deps.ts';
import { type Labels, MANUAL_ALERT_LASTS } from '../domain/alert.ts';
import type { Instant } from '../domain/duration.ts';
import { type AlertingRule, SignalError } from '../domain/signals.ts';
import { type Episode, episodesOf } from '../store/episodes.ts';
import type { Incident } from '../store/incidents.ts';

/** The rule behind an alert of an incident. */
export interface RuleOfEpisode {
  episode: Episode;
  rule: Pick<AlertingRule, 'range' | 'holds' | 'keepFiringFor' | 'interval' | 'lastEvaluation'> & {
    alerting: boolean;
  };
}

/**
 * The rule behind each alert of an incident, with whether the alert is there. null where Prometheus does
 * not answer, or does not know the rule of one of them: that proves nothing.
 */
export async function rulesOf(deps: Deps, incident: Incident): Promise<RuleOfEpisode[] | null> {
  const episodes = episodesOf(deps.db, incident.id);
  try {
    const rules = await deps.prometheus.rules();
    const found: RuleOfEpisode[] = [];
    for (const episode of episodes) {
      const rule = ruleOf(episode, rules, deps.now() - deps.behind());
      if (rule === null) return null;
      found.push({ episode, rule });
    }
    return found;
  } catch (error) {
    if (error instanceof SignalError) return null;
    throw error;
  }
}

/** The rule whose query is the one in generatorURL, else the one of that name (design §6). */
function ruleOf(
  episode: Episode,
  rules: readonly AlertingRule[],
  now: Instant,
): RuleOfEpisode['rule'] | null {
  const expression = expressionOf(episode.generatorURL);
  const named = rules.filter((rule) => rule.name === episode.labels['alertname']);
  const rule = rules.find((one) => one.query === expression && expression !== null) ?? named[0];
  if (rule !== undefined) {
    if (!rule.healthy) return null;
    return { ...rule, alerting: rule.alerts.some((alert) => compatible(alert.labels, episode.labels)) };
  }
  if (episode.source !== 'manual') return null;
  // Somebody's test without a rule is its own truth: it is over when resolved, or after five minutes.
  const alerting = episode.closedAt === null;
  const none = { range: 0, holds: MANUAL_ALERT_LASTS, keepFiringFor: 0, interval: 0 };
  return { ...none, lastEvaluation: now, alerting };
}

/** `g0.expr` of an alert's generatorURL: the query of the rule that made it. */
export function expressionOf(generatorURL: string): string | null {
  return URL.parse(generatorURL)?.searchParams.get('g0.expr') ?? null;
}

/**
 * Whether two label sets may be the same alert: equal where both have a name. Prometheus adds external
 * labels on sending and a hand-written alert has few, so neither set is the other's subset; counting a
 * stranger's alert as ours only delays a proof.
 */
function compatible(a: Labels, b: Labels): boolean {
  return Object.entries(a).every(([name, value]) => b[name] === undefined || b[name] === value);
}
