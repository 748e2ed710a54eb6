import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, fill, type Section } from './parts/board.ts';
import { highIsBad, lowIsBad } from './parts/limits.ts';
import { dashboardLink } from './parts/links.ts';
import { lines, number, table } from './parts/panels.ts';
import { now, range, rows } from './parts/queries.ts';
import { choice } from './parts/variables.ts';

const chosen = 'service=~"$service",slo=~"$slo"';
const legend = '{{service}} {{slo}}';

/** How much of the budget of bad requests is left, and how fast it goes. Reads what rules/slo.yml records. */
export function slo(): DashboardBuilder {
  const dashboard = board(
    'slo',
    'SLO',
    'Error budgets over 30 days and how fast they are used up. The objectives stand in deploy/prometheus/rules/slo.yml.',
  )
    .time({ from: 'now-6h', to: 'now' })
    .withVariable(choice('service', 'Service', 'slo:objective:ratio', 'service'))
    .withVariable(choice('slo', 'Objective', 'slo:objective:ratio', 'slo'));
  return fill(dashboard, [budget, burn, ratios]);
}

const budget: Section = {
  heading: 'Error budget',
  panels: [
    number(
      {
        title: 'Budget left',
        says: 'Share of the bad requests of 30 days that are still allowed. Below 0 it is overspent: stop releases, mend first. A young stack reckons with the days it has.',
        span: 12,
        height: 6,
        unit: 'percentunit',
        limits: lowIsBad({ orange: 0, green: 0.25 }),
        links: [dashboardLink('overview', 'Overview')],
      },
      now(`slo:budget_left:ratio_rate30d{${chosen}}`, legend),
    ),
    table(
      {
        title: 'Objectives',
        says: 'What share of requests has to be good. Available: not answered with 5xx. Latency: answered within half a second.',
        span: 12,
        height: 6,
        unit: 'percentunit',
      },
      rows(`max by (service, slo) (slo:objective:ratio{${chosen}})`),
    ),
    lines(
      {
        title: 'Budget left over time',
        says: 'A step down is an incident, a steady slope is everyday trouble: the second costs more in a month.',
        span: 24,
        unit: 'percentunit',
        below: true,
      },
      range(`slo:budget_left:ratio_rate30d{${chosen}}`, legend),
    ),
  ],
};

const burn: Section = {
  heading: 'Burn rate: 1 uses up exactly the budget in 30 days',
  panels: [
    lines(
      {
        title: 'Within the hour (14.4)',
        says: 'Both windows above 14.4: ErrorBudgetBurnsFast pages. At this rate the whole month is gone in two days.',
        span: 12,
        unit: 'none',
        limits: highIsBad({ red: 14.4 }),
      },
      range(`slo:burn:ratio_rate1h{${chosen}}`, `${legend} 1 h`),
      range(`slo:burn:ratio_rate5m{${chosen}}`, `${legend} 5 min`),
    ),
    lines(
      {
        title: 'Within six hours (6)',
        says: 'Both windows above 6: ErrorBudgetBurnsFast pages.',
        span: 12,
        unit: 'none',
        limits: highIsBad({ red: 6 }),
      },
      range(`slo:burn:ratio_rate6h{${chosen}}`, `${legend} 6 h`),
      range(`slo:burn:ratio_rate30m{${chosen}}`, `${legend} 30 min`),
    ),
    lines(
      {
        title: 'Within a day (3)',
        says: 'Both windows above 3: ErrorBudgetBurns, a ticket. Nobody is woken; look today.',
        span: 12,
        unit: 'none',
        limits: highIsBad({ red: 3 }),
      },
      range(`slo:burn:ratio_rate1d{${chosen}}`, `${legend} 1 d`),
      range(`slo:burn:ratio_rate2h{${chosen}}`, `${legend} 2 h`),
    ),
    lines(
      {
        title: 'Within three days (1)',
        says: 'Both windows above 1: ErrorBudgetBurns, a ticket. The budget will not last until the end of the month.',
        span: 12,
        unit: 'none',
        limits: highIsBad({ red: 1 }),
      },
      range(`slo:burn:ratio_rate3d{${chosen}}`, `${legend} 3 d`),
      range(`slo:burn:ratio_rate6h{${chosen}}`, `${legend} 6 h`),
    ),
  ],
};

const ratios: Section = {
  heading: 'Bad requests',
  panels: [
    lines(
      {
        title: 'Share of bad requests, last five minutes',
        says: 'What the burn rates are made of. For routes and causes go to API.',
        span: 12,
        unit: 'percentunit',
        links: [dashboardLink('api', 'API')],
      },
      range(`slo:errors:ratio_rate5m{${chosen}}`, legend),
    ),
    lines(
      {
        title: 'Requests that count',
        says: 'Per second. Few requests: one failure is a large share, which is why the alerts ask for a minimum.',
        span: 12,
        unit: 'reqps',
      },
      range(`slo:requests:rate5m{${chosen}}`, legend),
    ),
  ],
};
