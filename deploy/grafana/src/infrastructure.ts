// Long because it is a list: the panels of one dashboard, from top to bottom.
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, fill, type Section } from './parts/board.ts';
import { highIsBad } from './parts/limits.ts';
import { zeroOne } from './parts/mappings.ts';
import { lines, states } from './parts/panels.ts';
import { range } from './parts/queries.ts';
import { choice } from './parts/variables.ts';

const SERVICE = 'container_label_com_docker_compose_service';
const containers = `${SERVICE}=~"$container"`;
const disks = 'fstype!~"tmpfs|ramfs|overlay|squashfs|fuse.*"';
const upOrDown = zeroOne({ text: 'down', color: 'red' }, { text: 'up', color: 'green' });

/** The machine, the containers on it, and the parts that watch the others. */
export function infrastructure(): DashboardBuilder {
  const dashboard = board(
    'infrastructure',
    'Infrastructure',
    'The machine, the containers, and what watches: targets, probes, and the way of logs and traces.',
  ).withVariable(choice('container', 'Container', 'container_last_seen', SERVICE));
  return fill(dashboard, [watched, machine, inContainers, pipeline, watchers]);
}

const watched: Section = {
  heading: 'Targets and probes',
  panels: [
    states(
      {
        title: 'Targets',
        says: 'Whether each target answers Prometheus. Red: see the log of its container first, then its network.',
        span: 12,
        unit: 'short',
        height: 10,
        mappings: upOrDown,
      },
      range('min by (service) (up)', '{{service}}'),
    ),
    states(
      {
        title: 'Probes',
        says: 'Whether each service answers a request from outside. Red while its target is up: it runs but does not serve.',
        span: 12,
        unit: 'short',
        height: 10,
        mappings: upOrDown,
      },
      range('min by (probe) (probe_success)', '{{probe}}'),
    ),
    lines(
      {
        title: 'Time of a probe',
        says: 'From connection to answer. Slow here and fast in Overview: the network or the queue before the service.',
        span: 12,
        unit: 's',
      },
      range('max by (probe) (probe_duration_seconds)', '{{probe}}'),
    ),
    lines(
      {
        title: 'Time of a scrape',
        says: 'At 5 s, the interval, scrapes begin to be missed and every panel of that target has holes.',
        span: 12,
        unit: 's',
        limits: highIsBad({ red: 5 }),
      },
      range('max by (job) (scrape_duration_seconds)', '{{job}}'),
    ),
  ],
};

const machine: Section = {
  heading: 'Machine',
  panels: [
    lines(
      {
        title: 'CPU',
        says: 'Share of all cores, by what they do. iowait: the disk is the limit. steal: the host of this machine is.',
        span: 8,
        unit: 'percentunit',
        stacked: true,
        max: 1,
      },
      range(
        'sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[$__rate_interval])) / scalar(count(count by (cpu) (node_cpu_seconds_total)))',
        '{{mode}}',
      ),
    ),
    lines(
      {
        title: 'Memory',
        says: 'Used, beside all there is. Used is what cannot be given back: caches are not in it.',
        span: 8,
        unit: 'bytes',
        dashed: 'total',
      },
      range('node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes', 'used'),
      range('node_memory_MemTotal_bytes', 'total'),
    ),
    lines(
      {
        title: 'Disk',
        says: 'Share used of each file system. Above 90 %: docs/operations.md says what may be removed, and how retention is set.',
        span: 8,
        unit: 'percentunit',
        max: 1,
        limits: highIsBad({ orange: 0.8, red: 0.9 }),
      },
      range(
        `max by (mountpoint) (1 - node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}})`,
        '{{mountpoint}}',
      ),
    ),
    lines(
      {
        title: 'Work waiting',
        says: 'Share of the time in which something waited for CPU, memory or the disk. Above 0.2 everything is slower than it has to be.',
        span: 12,
        unit: 'percentunit',
      },
      range('rate(node_pressure_cpu_waiting_seconds_total[$__rate_interval])', 'CPU'),
      range('rate(node_pressure_memory_waiting_seconds_total[$__rate_interval])', 'memory'),
      range('rate(node_pressure_io_waiting_seconds_total[$__rate_interval])', 'disk'),
    ),
    lines(
      {
        title: 'Load',
        says: 'Tasks that run or wait, beside the cores there are.',
        span: 12,
        unit: 'short',
        dashed: 'cores',
      },
      range('node_load1', 'load, 1 min'),
      range('count(count by (cpu) (node_cpu_seconds_total))', 'cores'),
    ),
  ],
};

const inContainers: Section = {
  heading: 'Containers',
  panels: [
    lines(
      {
        title: 'CPU by container',
        says: 'Cores used. Compare with the limit in docker-compose.yml: at the limit the container is held back.',
        span: 8,
        unit: 'short',
        stacked: true,
      },
      range(
        `sum by (${SERVICE}) (rate(container_cpu_usage_seconds_total{${containers}}[$__rate_interval]))`,
        `{{${SERVICE}}}`,
      ),
    ),
    lines(
      {
        title: 'Memory of the limit',
        says: 'Working set as a share of the limit. At 1 the kernel ends the container (out of memory).',
        span: 8,
        unit: 'percentunit',
        limits: highIsBad({ orange: 0.8, red: 0.9 }),
      },
      range(
        `max by (${SERVICE}) (container_memory_working_set_bytes{${containers}} / (container_spec_memory_limit_bytes{${containers}} > 0))`,
        `{{${SERVICE}}}`,
      ),
    ),
    lines(
      {
        title: 'Held back',
        says: 'Share of the periods in which a container wanted more CPU than it may have. It explains latency without load.',
        span: 8,
        unit: 'percentunit',
        limits: highIsBad({ orange: 0.25, red: 0.5 }),
      },
      range(
        `sum by (${SERVICE}) (rate(container_cpu_cfs_throttled_periods_total{${containers}}[$__rate_interval])) / sum by (${SERVICE}) (rate(container_cpu_cfs_periods_total{${containers}}[$__rate_interval]))`,
        `{{${SERVICE}}}`,
      ),
    ),
    lines(
      {
        title: 'Network by container',
        says: 'Bytes received and sent. Much more than the requests explain: a retry loop, or logs and traces on their way.',
        span: 12,
        unit: 'Bps',
      },
      range(
        `sum by (${SERVICE}) (rate(container_network_receive_bytes_total{${containers}}[$__rate_interval]))`,
        `{{${SERVICE}}} in`,
      ),
      range(
        `sum by (${SERVICE}) (rate(container_network_transmit_bytes_total{${containers}}[$__rate_interval]))`,
        `{{${SERVICE}}} out`,
      ),
    ),
    lines(
      {
        title: 'Running since',
        says: 'Time since the container started. A fall is a restart: by the bot (blue marks), by Docker or by a person.',
        span: 12,
        unit: 's',
      },
      range(`time() - max by (${SERVICE}) (container_start_time_seconds{${containers}})`, `{{${SERVICE}}}`),
    ),
  ],
};

const pipeline: Section = {
  heading: 'The way of traces and logs',
  panels: [
    lines(
      {
        title: 'Spans through the collector',
        says: 'Accepted, sent on, refused, failed. Refused: its memory limit is reached. Failed: Tempo is away.',
        span: 8,
        unit: 'cps',
      },
      range('sum(rate(otelcol_receiver_accepted_spans_total[$__rate_interval]))', 'accepted'),
      range('sum(rate(otelcol_exporter_sent_spans_total[$__rate_interval]))', 'sent'),
      range('sum(rate(otelcol_receiver_refused_spans_total[$__rate_interval]))', 'refused'),
      range('sum(rate(otelcol_exporter_send_failed_spans_total[$__rate_interval]))', 'failed'),
    ),
    lines(
      {
        title: 'Queue of the collector',
        says: 'What waits to be sent, beside what fits. Full: the oldest is lost. It fills while Tempo is away.',
        span: 8,
        unit: 'short',
        dashed: 'room',
      },
      range('sum(otelcol_exporter_queue_size)', 'waiting'),
      range('sum(otelcol_exporter_queue_capacity)', 'room'),
    ),
    lines(
      {
        title: 'Spans kept by Tempo',
        says: 'Received, and turned into metrics. 0 while the collector sends: look at the log of Tempo.',
        span: 8,
        unit: 'cps',
      },
      range('sum(rate(tempo_distributor_spans_received_total[$__rate_interval]))', 'received'),
      range('sum(rate(tempo_metrics_generator_spans_received_total[$__rate_interval]))', 'made metrics of'),
    ),
    lines(
      {
        title: 'Log lines',
        says: 'Read by Alloy, kept by Loki. They follow each other; apart: Loki refuses or is away.',
        span: 12,
        unit: 'cps',
      },
      range('sum(rate(loki_source_docker_target_entries_total[$__rate_interval]))', 'read by Alloy'),
      range('sum(rate(loki_distributor_lines_received_total[$__rate_interval]))', 'kept by Loki'),
    ),
    lines(
      {
        title: 'Log lines lost',
        says: 'Dropped by Alloy or discarded by Loki, by reason. Anything above 0 is a gap in the logs.',
        span: 12,
        unit: 'cps',
        limits: highIsBad({ red: 0.01 }),
      },
      range(
        'sum by (reason) (rate(loki_write_dropped_entries_total[$__rate_interval]))',
        'Alloy: {{reason}}',
      ),
      range('sum by (reason) (rate(loki_discarded_samples_total[$__rate_interval]))', 'Loki: {{reason}}'),
    ),
  ],
};

const watchers: Section = {
  heading: 'Prometheus and Alertmanager',
  panels: [
    lines(
      {
        title: 'Series',
        says: 'Time series in memory, by far the largest part of what Prometheus needs. A steep rise: a label with too many values.',
        span: 6,
        unit: 'short',
      },
      range('prometheus_tsdb_head_series', 'series'),
    ),
    lines(
      {
        title: 'Rule evaluation',
        says: 'Time of the slowest group beside its interval, and failures. A group that takes longer than its interval is skipped.',
        span: 6,
        unit: 's',
        dashed: 'interval',
      },
      range('max(prometheus_rule_group_last_duration_seconds)', 'slowest group'),
      range('min(prometheus_rule_group_interval_seconds)', 'interval'),
    ),
    lines(
      {
        title: 'Notifications',
        says: 'Sent by Alertmanager, and failed, by receiver kind. A failure to the bot: nothing is remediated. Runbook AlertBotDown.',
        span: 6,
        unit: 'short',
      },
      range('sum by (integration) (increase(alertmanager_notifications_total[5m]))', '{{integration}}'),
      range(
        'sum by (integration) (increase(alertmanager_notifications_failed_total[5m])) > 0',
        '{{integration}} failed',
      ),
    ),
    lines(
      {
        title: 'Disk of Prometheus',
        says: 'Blocks on disk, beside what retention allows.',
        span: 6,
        unit: 'bytes',
        dashed: 'allowed',
      },
      range('prometheus_tsdb_storage_blocks_bytes', 'blocks'),
      range('prometheus_tsdb_retention_limit_bytes > 0', 'allowed'),
    ),
  ],
};
