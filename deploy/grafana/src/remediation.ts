// Long because it is a list: the panels of one dashboard, from top to bottom.
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, fill, type Section } from './parts/board.ts';
import { highIsBad, lowIsBad } from './parts/limits.ts';
import { logsOf } from './parts/links.ts';
import { zeroOne } from './parts/mappings.ts';
import { bars, heat, lines, log, number, states } from './parts/panels.ts';
import { buckets, logLines, now, range } from './parts/queries.ts';
import { choice } from './parts/variables.ts';

const onOff = (on: string, color: string) => zeroOne({ text: 'no', color: 'green' }, { text: on, color });

/** What the bot decides, does and proves, and what it may still do. */
export function remediation(): DashboardBuilder {
  const dashboard = board(
    'remediation',
    'Remediation',
    'What the bot decided and why, what it did, whether it helped, and what it may still do.',
  ).withVariable(choice('target', 'Target', 'alert_bot_target_quarantined', 'target'));
  return fill(dashboard, [standing, decisions, actions, limits, health]);
}

const standing: Section = {
  heading: 'Now',
  panels: [
    number(
      {
        title: 'A person is needed',
        says: 'Incidents that the bot handed over or cannot know the outcome of, and questions that wait for a yes. Run: alert-bot incidents.',
        span: 4,
        unit: 'short',
        limits: highIsBad({ red: 1 }),
      },
      now('sum(alert_bot_incidents{status=~"escalated|lost|awaiting_approval"})'),
    ),
    number(
      {
        title: 'Being healed',
        says: 'Incidents acted on or proven at this moment.',
        span: 4,
        unit: 'short',
      },
      now('sum(alert_bot_incidents{status=~"queued|acting|proving"})'),
    ),
    number(
      {
        title: 'Held back',
        says: 'Incidents that wait: for a cooldown, a dependency, a pause, a storm. The reason is in Decisions below.',
        span: 4,
        unit: 'short',
        limits: highIsBad({ orange: 1, red: 10 }),
      },
      now('sum(alert_bot_incidents{status="deferred"})'),
    ),
    number(
      {
        title: 'Quarantined targets',
        says: 'Targets whose budget was spent: restarting them does not help. Find the cause, then alert-bot reset.',
        span: 4,
        unit: 'short',
        limits: highIsBad({ red: 1 }),
      },
      now('sum(alert_bot_target_quarantined) or vector(0)'),
    ),
    number(
      {
        title: 'Paused',
        says: 'Whether a person paused the bot. Nothing is acted on meanwhile: alert-bot resume.',
        span: 4,
        unit: 'short',
        mappings: onOff('paused', 'orange'),
      },
      now('alert_bot_paused'),
    ),
    number(
      {
        title: 'Storm',
        says: 'Too many incidents at once: they are held, then released one after the other. See docs/storms.md.',
        span: 4,
        unit: 'short',
        mappings: onOff('storm', 'red'),
      },
      now('max(alert_bot_storm)'),
    ),
    lines(
      {
        title: 'Incidents by status',
        says: 'Those that are not closed. Escalated ones stay until somebody closes or resets them.',
        span: 12,
        unit: 'short',
        stacked: true,
      },
      range('sum by (status) (alert_bot_incidents{status!="closed"})', '{{status}}'),
    ),
    lines(
      {
        title: 'Incidents closed, by outcome',
        says: 'In the last hour. Healed: acted and proven. Recovered: gone without us. Handed over and dismissed: a person.',
        span: 12,
        unit: 'short',
        stacked: true,
      },
      range('sum by (outcome) (increase(alert_bot_incidents_closed_total[1h]))', '{{outcome}}'),
    ),
  ],
};

const decisions: Section = {
  heading: 'Decisions',
  panels: [
    lines(
      {
        title: 'Decisions by kind',
        says: 'Act, defer, skip, escalate, in five minutes. Only defer for long: something blocks, see the reasons.',
        span: 8,
        unit: 'short',
        stacked: true,
      },
      range('sum by (kind) (increase(alert_bot_decisions_total[5m]))', '{{kind}}'),
    ),
    bars(
      {
        title: 'Reasons in the time shown',
        says: 'Why it was decided so. Each reason is explained in docs/reasons.md.',
        span: 16,
        unit: 'short',
        decimals: 0,
      },
      now(
        'sort_desc(sum by (kind, reason) (increase(alert_bot_decisions_total[$__range])) > 0.5)',
        '{{kind}}: {{reason}}',
      ),
    ),
  ],
};

const actions: Section = {
  heading: 'Actions and proof',
  panels: [
    lines(
      {
        title: 'Attempts by outcome',
        says: 'In the last hour. Helped is proven. Did not help, again and again: the playbook has the wrong remedy.',
        span: 8,
        unit: 'short',
        stacked: true,
      },
      range('sum by (outcome) (increase(alert_bot_attempts_total[1h]))', '{{outcome}}'),
    ),
    lines(
      {
        title: 'Calls to the platform',
        says: 'In the last hour. Refused or not done: permission or the socket proxy. Lost: the outcome is unknown and a person was told.',
        span: 8,
        unit: 'short',
        stacked: true,
      },
      range(
        'sum by (verb, result) (increase(alert_bot_platform_calls_total[1h])) > 0',
        '{{verb}} {{result}}',
      ),
    ),
    number(
      {
        title: 'Time to heal, half and 95 %',
        says: 'From the opening of an incident to its proof, of those healed in the time shown. No value: none was healed.',
        span: 8,
        height: 8,
        unit: 's',
        limits: highIsBad({ orange: 120, red: 300 }),
      },
      now(
        'histogram_quantile(0.5, sum by (le) (increase(alert_bot_heal_duration_seconds_bucket[$__range])))',
        'half',
      ),
      now(
        'histogram_quantile(0.95, sum by (le) (increase(alert_bot_heal_duration_seconds_bucket[$__range])))',
        '95 %',
      ),
    ),
    heat(
      {
        title: 'Time to heal',
        says: 'Each healed incident by how long it took. Longer ones need a second attempt or a longer proof.',
        span: 12,
        unit: 's',
      },
      buckets('sum by (le) (increase(alert_bot_heal_duration_seconds_bucket[$__rate_interval]))'),
    ),
    lines(
      {
        title: 'Alerts and what became of them',
        says: 'Alerts per minute as the bot sorted them. Rejected ones are malformed; the log names the field.',
        span: 12,
        unit: 'short',
        stacked: true,
      },
      range('sum by (outcome) (rate(alert_bot_alerts_total[$__rate_interval])) * 60', '{{outcome}}'),
    ),
  ],
};

const limits: Section = {
  heading: 'What it may still do',
  panels: [
    bars(
      {
        title: 'Attempts left',
        says: 'Of each target, in a window of the length named. 0: the next trouble goes to a person.',
        span: 12,
        unit: 'short',
        limits: lowIsBad({ orange: 1, green: 2 }),
      },
      now('alert_bot_target_budget_left{target=~"$target"}', '{{target}} per {{per}}'),
    ),
    states(
      {
        title: 'Quarantine',
        says: 'Targets that are left alone because their budget was spent.',
        span: 12,
        unit: 'short',
        mappings: onOff('quarantined', 'red'),
      },
      range('max by (target) (alert_bot_target_quarantined{target=~"$target"})', '{{target}}'),
    ),
  ],
};

const health: Section = {
  heading: 'The bot itself',
  panels: [
    lines(
      {
        title: 'Since it last heard',
        says: 'Since the heartbeat alert came, and since it read Alertmanager itself. Minutes: the path of alerts is broken. Runbook AlertBotDown.',
        span: 8,
        unit: 's',
        limits: highIsBad({ red: 180 }),
      },
      range('time() - (alert_bot_heartbeat_timestamp_seconds > 0)', 'heartbeat'),
      range('time() - (alert_bot_sweep_timestamp_seconds > 0)', 'reading of Alertmanager'),
    ),
    lines(
      {
        title: 'Webhooks',
        says: 'Deliveries per minute, and those refused. Unauthorized: Alertmanager has another token. log_unavailable: the disk.',
        span: 8,
        unit: 'short',
      },
      range('sum by (source) (rate(alert_bot_deliveries_total[$__rate_interval])) * 60', '{{source}}'),
      range(
        'sum by (why) (rate(alert_bot_webhook_refused_total[$__rate_interval])) * 60',
        'refused: {{why}}',
      ),
      range('max(alert_bot_pending_deliveries)', 'not yet sorted'),
    ),
    lines(
      {
        title: 'Incident log',
        says: 'Size on disk, beside its limit. At the limit the bot refuses alerts: Alertmanager keeps them. See docs/operations.md.',
        span: 8,
        unit: 'bytes',
        dashed: 'limit',
      },
      range('alert_bot_log_size_bytes', 'log'),
      range('alert_bot_log_max_bytes', 'limit'),
    ),
    number(
      {
        title: 'Pages sent, last day',
        says: 'Escalations delivered to Alertmanager, and those that failed and are tried again.',
        span: 8,
        unit: 'short',
        decimals: 0,
      },
      now('sum by (result) (increase(alert_bot_escalation_sendings_total[1d]))', '{{result}}'),
    ),
    number(
      {
        title: 'Log written',
        says: 'Whether the last write of the incident log failed. Nothing is acted on then. Runbook AlertBotLogUnwritable.',
        span: 4,
        unit: 'short',
        mappings: zeroOne({ text: 'fails', color: 'red' }, { text: 'yes', color: 'green' }),
      },
      now('min(alert_bot_store_writable)'),
    ),
    number(
      {
        title: 'Own failures, last hour',
        says: 'Failures of the bot at its own work. Any: its log has the place and the error.',
        span: 4,
        unit: 'short',
        decimals: 0,
        limits: highIsBad({ red: 1 }),
        links: [logsOf('alert-bot', 'Logs in Explore')],
      },
      now('sum(increase(alert_bot_failures_total[1h])) or vector(0)'),
    ),
    number(
      {
        title: 'Playbooks',
        says: 'Whether the playbook files as they stand now can be used. If not, the last good ones hold: alert-bot check names the line.',
        span: 8,
        unit: 'short',
        limits: lowIsBad({ orange: 1, green: 1 }),
        mappings: zeroOne({ text: 'wrong' }, { text: 'in use' }),
      },
      now('alert_bot_config_last_reload_successful'),
    ),
    log(
      {
        title: 'What it says',
        says: 'The log of the bot: each decision with its reason, each call with its outcome.',
        span: 24,
        height: 10,
      },
      logLines('{service="alert-bot"} | json | line_format "{{.msg}}"'),
    ),
  ],
};
