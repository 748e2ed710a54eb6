import { z } from 'zod';
import { HEARTBEAT_LATE, isHeartbeat } from '../domain/alert.ts';
import { formatDuration, type Instant } from '../domain/duration.ts';
import { createAlertmanager } from '../signals/alertmanager.ts';
import { createPrometheus } from '../signals/prometheus.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** Clocks further apart than this make proofs late and silences wrong. */
const SKEW = 2_000;

/** Prometheus loses what it sends before it has found Alertmanager, and sends again after its resend delay, 1m. */
const YOUNG = 150_000;
const WAIT = 'it has just started: ask again in two minutes';

/** Each Alertmanager peer: it answers, and Prometheus sends to it (the Watchdog alert is there). */
export function checkAlertmanagers(urls: readonly string[], now: () => Instant): Promise<Finding[]> {
  return Promise.all(
    urls.map(async (url) => {
      const what = `Alertmanager ${url}`;
      try {
        const reading = await createAlertmanager([new URL(url)]).read(now());
        const watchdog = [...reading.alerts.values()].some((alert) => isHeartbeat(alert.labels));
        if (!watchdog && reading.uptime < YOUNG)
          return warn(
            what,
            `answers, up for ${formatDuration(reading.uptime)}; nothing from Prometheus yet`,
            WAIT,
          );
        if (!watchdog)
          return fail(
            what,
            'answers, but has no Watchdog alert: Prometheus sends it nothing',
            "add the rule Watchdog (alert_rules.yml), and this peer to alerting.alertmanagers in Prometheus' configuration",
          );
        return ok(what, `answers, up for ${formatDuration(reading.uptime)}; Prometheus sends to it`);
      } catch (error) {
        return fail(
          what,
          messageOf(error),
          'ALERT_BOT_ALERTMANAGER_URLS names each peer as the bot reaches it',
        );
      }
    }),
  );
}

/** Prometheus: it answers, evaluates its rules, and its clock agrees with ours. */
export async function checkPrometheus(url: string, now: () => Instant): Promise<Finding[]> {
  const what = `Prometheus ${url}`;
  const prometheus = createPrometheus(new URL(url));
  try {
    const asked = now();
    const [rules, theirs] = await Promise.all([prometheus.rules(), prometheus.value('time()')]);
    const findings: Finding[] = [];
    const broken = rules.filter((rule) => !rule.healthy);
    findings.push(
      rules.length === 0
        ? fail(
            what,
            'answers, but has no alerting rule',
            'rule_files in its configuration name alert_rules.yml',
          )
        : ok(what, `answers, ${rules.length} alerting rules`),
    );
    for (const rule of broken)
      findings.push(warn(`rule ${rule.name}`, 'its evaluation fails', `look at ${url}/rules`));
    if (theirs !== null) findings.push(skew(what, theirs * 1000, asked, now()));
    return findings;
  } catch (error) {
    return [fail(what, messageOf(error), 'ALERT_BOT_PROMETHEUS_URL names it as the bot reaches it')];
  }
}

/** Their time was taken between our two readings; what is outside of them is skew. */
function skew(what: string, theirs: Instant, before: Instant, after: Instant): Finding {
  const off = theirs < before ? before - theirs : Math.max(0, theirs - after);
  if (off <= SKEW) return ok('clock', `agrees with ${what} within ${formatDuration(SKEW)}`);
  return fail('clock', `is ${formatDuration(off)} off from ${what}`, 'let NTP or chrony set both clocks');
}

const metric = z.object({
  heartbeat: z.coerce.number(),
  pending: z.coerce.number(),
  started: z.coerce.number(),
});

/** Of something else that answers, or of an older bot, it is empty. */
const readiness = z.object({ notes: z.array(z.string()).catch([]) }).catch({ notes: [] });

/** The running bot: it serves, is ready, and the heartbeat has come the whole way. */
export async function checkBot(url: string, now: () => Instant): Promise<Finding[]> {
  const what = `alert-bot ${url}`;
  try {
    const signal = AbortSignal.timeout(3_000);
    const [ready, metrics] = await Promise.all([
      fetch(`${url}/readyz`, { signal }).then(async (response) => ({
        status: response.status,
        ...readiness.parse(await response.json().catch(() => null)),
      })),
      fetch(`${url}/metrics`, { signal }).then((response) => response.text()),
    ]);
    const { heartbeat, pending, started } = metric.parse({
      heartbeat: /^alert_bot_heartbeat_timestamp_seconds (\S+)/m.exec(metrics)?.[1],
      started: /^process_start_time_seconds (\S+)/m.exec(metrics)?.[1],
      pending: /^alert_bot_pending_deliveries (\S+)/m.exec(metrics)?.[1],
    });
    const ago = now() - heartbeat * 1000;
    const young = heartbeat === 0 && now() - started * 1000 < YOUNG;
    return [
      ready.status === 200
        ? ok(what, `ready, ${pending} deliveries waiting`)
        : fail(what, `/readyz answers ${ready.status}`, `curl ${url}/readyz says what is in the way`),
      // The heartbeat has a line of its own.
      ...ready.notes
        .filter((note) => !note.includes('heartbeat'))
        .map((note) => warn('note', note, 'the running bot says so; if it is as you want it, leave it')),
      ago <= HEARTBEAT_LATE
        ? ok('heartbeat', `arrived ${formatDuration(Math.max(0, Math.round(ago / 1000) * 1000))} ago`)
        : (young ? warn : fail)(
            'heartbeat',
            heartbeat === 0 ? 'has never arrived at the bot' : `last arrived ${formatDuration(ago)} ago`,
            young
              ? WAIT
              : "Alertmanager's route for Watchdog goes to the bot with the webhook token (alertmanager.yml); look at its log for 401 or refused connections",
          ),
    ];
  } catch (error) {
    return [
      fail(
        what,
        `cannot be asked: ${messageOf(error)}`,
        'start it with alert-bot serve, or set ALERT_BOT_URL',
      ),
    ];
  }
}
