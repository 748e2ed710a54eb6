import { rulesOf } from '../decision/rules.ts';
import type { Deps } from '../deps.ts';
import type { Instant } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';
import type { Playbook } from '../domain/playbook.ts';
import type { Target } from '../domain/target.ts';
import { type Look, type Proof, SCRAPES_BEFORE_QUERY } from '../policy/proof.ts';
import { fill, quotePromql } from '../policy/template.ts';
import { episodesOf } from '../store/episodes.ts';
import type { Incident } from '../store/incidents.ts';

export const playbookOf = (deps: Deps, incident: Incident): Playbook | undefined =>
  deps.playbooks().playbooks.find((playbook) => playbook.name === incident.playbook);

export async function inspect(deps: Deps, incident: Incident): Promise<Target | null> {
  if (incident.target === null) return null;
  try {
    return await deps.platform.inspect(incident.target);
  } catch (error) {
    if (error instanceof PlatformError) return null;
    throw error;
  }
}

/** One look at everything that proves or refutes (design §6). What cannot be read is null. */
export async function lookAt(deps: Deps, incident: Incident, proof: Proof): Promise<Look> {
  const [target, scrapes, rules] = await Promise.all([
    inspect(deps, incident),
    scrapesSince(deps, incident, proof.since),
    rulesOf(deps, incident),
  ]);
  const at = deps.now();
  const query = await askQuery(deps, incident, proof, scrapes, at);
  const instance = target?.instances[0];
  return {
    at,
    target: instance === undefined ? null : instance,
    scrapes,
    rules:
      rules?.map(({ episode, rule }) => ({
        fingerprint: episode.fingerprint,
        evaluatedAt: rule.lastEvaluation,
        alerting: rule.alerting,
      })) ?? null,
    query,
  };
}

async function scrapesSince(deps: Deps, incident: Incident, since: Instant): Promise<Look['scrapes']> {
  if (incident.service === null) return null;
  const selector = `up{service="${quotePromql(incident.service)}"}`;
  try {
    const back = Math.max(1_000, deps.now() - since + 1_000);
    const samples = await deps.prometheus.samples(selector, back);
    return samples.filter((sample) => sample.at > since);
  } catch {
    return null;
  }
}

async function askQuery(
  deps: Deps,
  incident: Incident,
  proof: Proof,
  scrapes: Look['scrapes'],
  now: Instant,
): Promise<Look['query']> {
  const query = playbookOf(deps, incident)?.prove.query ?? null;
  const answered = scrapes?.filter((scrape) => scrape.value === 1) ?? [];
  if (query === null || answered.length < SCRAPES_BEFORE_QUERY) return 'none';
  const labels = episodesOf(deps.db, incident.id).at(0)?.labels ?? {};
  const since = `${Math.max(1, Math.floor((now - proof.since) / 1000))}s`;
  const filled = fill(query.query, labels, { $since: since }, quotePromql);
  if ('missing' in filled) return null;
  try {
    return { value: await deps.prometheus.value(filled.text) };
  } catch {
    return null;
  }
}
