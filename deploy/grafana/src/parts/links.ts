import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import { loki, tempo } from './sources.ts';

/** Every dashboard carries it, and the menu of each lists what carries it. */
export const TAG = 'shop';

export function otherDashboards(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Dashboards')
    .type(DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(true);
}

/** Pages outside Grafana: the addresses are those that docker-compose.yml publishes for this machine. */
export function alertmanagerPage(): DashboardLinkBuilder {
  return page('Alertmanager', 'http://127.0.0.1:9093/#/alerts', 'Silences and inhibitions');
}

export function prometheusPage(): DashboardLinkBuilder {
  return page('Prometheus', 'http://127.0.0.1:9090/alerts', 'Rules and their state');
}

/** The lines of a service in Explore. */
export function logsOf(service: string, title: string): DashboardLinkBuilder {
  return link(title, explore(loki, { expr: `{service=~"${service}"}`, queryType: 'range' }));
}

/** The traces of a service that are worth a look, in Explore. */
export function tracesOf(service: string, title: string): DashboardLinkBuilder {
  const query = `{resource.service.name=~"${service}" && (status=error || duration>500ms)}`;
  return link(title, explore(tempo, { query, queryType: 'traceql', limit: 20 }));
}

/** To one of our dashboards, about the same time and the same variables. */
export function dashboardLink(uid: string, title: string): DashboardLinkBuilder {
  return link(title, `/d/${uid}?\${__url_time_range}&\${__all_variables}`);
}

function link(title: string, url: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url);
}

function page(title: string, url: string, tooltip: string): DashboardLinkBuilder {
  return link(title, url).tooltip(tooltip).icon('external link').targetBlank(true);
}

/** Explore's address takes its panes as JSON. Grafana fills in what stands in ${…}, so that part stays unencoded. */
function explore(datasource: { type: string; uid: string }, query: object): string {
  const panes = {
    a: {
      datasource: datasource.uid,
      queries: [{ refId: 'A', datasource, ...query }],
      range: { from: '${__from}', to: '${__to}' },
    },
  };
  const encoded = JSON.stringify(panes)
    .split(/(\$\{[^}]*\})/)
    .map((part) => (part.startsWith('${') ? part : encodeURIComponent(part)))
    .join('');
  return `/explore?schemaVersion=1&orgId=1&panes=${encoded}`;
}
