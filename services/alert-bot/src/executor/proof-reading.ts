import { rulesOf } from '../decision/rules.ts';
import type { Deps } from '../deps.ts';
import type { Instant } from '../domain/duration.ts';
import { PlatformError } from '../domain/platform.ts';
import type { Playbook } from '../domain/playbook.ts';
import { SignalError } from '../domain/signals.ts';
import type { Instance } from '../domain/target.ts';
import { type Look, type Proof, SCRAPES_BEFORE_QUERY } from '../policy/proof.ts';
import { fill, quotePromql } from '../policy/template.ts';
import { episodesOf } from '../store/episodes.ts';
import type { Incident } from '../store/incidents.ts';

export const playbookOf = (deps: Deps, incident: Incident): Playbook | undefined =>
  deps.playbooks().playbooks.find((playbook) => playbook.name === incident.playbook);

/** The instances of an incident's target now; none where it is gone, null where the platform cannot say. */
export async function instancesOf(deps: Deps, incident: Incident): Promise<readonly Instance[] | null> {
  if (incident.target === null) return [];
  try {
    return (await deps.platform.inspect(incident.target)).instances;
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return error.code === 'not_found' ? [] : null;
  }
}

/** Several instances seen as one: as well as the worst of them, as young as the youngest. */
export function together(all: readonly Instance[]): NonNullable<Look['target']> {
  // Beside one that runs, what somebody stopped says nothing of how the service does.
  const instances = all.some(({ running }) => running) ? all.filter(({ atRest }) => atRest === null) : all;
  const starts = instances.flatMap(({ startedAt }) => (startedAt === null ? [] : [startedAt]));
  const healths = instances.map((instance) => instance.health);
  const worst = (['unhealthy', 'starting', 'healthy'] as const).find((health) => healths.includes(health));
  return {
    running: instances.length > 0 && instances.every((instance) => instance.running),
    health: worst ?? 'none',
    startedAt: starts.length === 0 ? null : Math.max(...starts),
    restartCount: instances.reduce((sum, instance) => sum + instance.restartCount, 0),
  };
}

/** One look at everything that proves or refutes (design §6). What cannot be read is null. */
export async function lookAt(
  deps: Deps,
  incident: Incident,
  proof: Proof,
  instances: readonly Instance[] | null,
): Promise<Look> {
  const [scrapes, rules] = await Promise.all([
    scrapesSince(deps, incident, proof.since),
    rulesOf(deps, incident),
  ]);
  const at = deps.now();
  const query = await askQuery(deps, incident, proof, scrapes);
  return {
    at,
    target: instances === null ? null : together(instances),
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
    const back = Math.max(1_000, deps.now() - deps.behind() - since + 1_000);
    const samples = await deps.prometheus.samples(selector, back);
    return samples.filter((sample) => sample.at > since);
  } catch (error) {
    return unread(error);
  }
}

/** A source that does not answer proves nothing; anything else is a defect of ours. */
function unread(error: unknown): null {
  if (error instanceof SignalError) return null;
  throw error;
}

async function askQuery(
  deps: Deps,
  incident: Incident,
  proof: Proof,
  scrapes: Look['scrapes'],
): Promise<Look['query']> {
  const query = playbookOf(deps, incident)?.prove.query ?? null;
  const answered = scrapes?.filter((scrape) => scrape.value === 1) ?? [];
  if (query === null || answered.length < SCRAPES_BEFORE_QUERY) return 'none';
  const labels = episodesOf(deps.db, incident.id).at(0)?.labels ?? {};
  // By the scrapes' own times: our clock may be off from Prometheus'.
  const last = answered.at(-1)?.at ?? proof.since;
  const since = `${Math.max(1, Math.ceil((last - proof.since) / 1000))}s`;
  const filled = fill(query.query, labels, { $since: since }, quotePromql);
  if ('missing' in filled) return null;
  try {
    return { value: await deps.prometheus.value(filled.text) };
  } catch (error) {
    return unread(error);
  }
}
