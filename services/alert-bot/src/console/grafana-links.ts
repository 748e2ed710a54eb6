import type { Incident } from '../store/incidents.ts';
import type { Link } from './links.ts';

/** The data sources and dashboards by the uids that deploy/grafana provisions; tests/names holds them together. */
const LOKI = { type: 'loki', uid: 'loki' } as const;
const TEMPO = { type: 'tempo', uid: 'tempo' } as const;

/** Of what led to it, and of what came after. */
const BEFORE = 15 * 60_000;
const AFTER = 5 * 60_000;

interface Range {
  from: string;
  to: string;
}

type Shown = Pick<Incident, 'target' | 'service' | 'trace' | 'openedAt' | 'closedAt'>;

/**
 * Where an incident can be looked at in Grafana, each at its time: the lines of its service, its trace, the dashboards.
 * @param grafana the address that people's browsers reach it under; without one there are no links
 */
export function grafanaLinks(grafana: string | null, incident: Shown): Link[] {
  if (grafana === null) return [];
  const { target, trace, openedAt, closedAt } = incident;
  // What is open goes on: Grafana moves `now` along, and the link stays the same.
  const range = {
    from: String(openedAt - BEFORE),
    to: closedAt === null ? 'now' : String(closedAt + AFTER),
  };
  const stream = streamOf(incident);
  const service = stream?.service;
  const expr = stream === null ? null : selector(stream);
  const logs = expr === null ? null : explore(LOKI, { expr, queryType: 'range' }, range);
  const spans = trace === null ? null : explore(TEMPO, { query: trace, queryType: 'traceql' }, range);
  const boards = [
    { text: 'Dashboard of the service', path: service === undefined ? null : overview(service, range) },
    { text: 'Dashboard of remediation', path: remediation(target, range) },
  ];
  return [{ text: 'Logs at that time', path: logs }, { text: 'Trace', path: spans }, ...boards].flatMap(
    ({ text, path }) => (path === null ? [] : [{ href: `${grafana}${path}`, text }]),
  );
}

const overview = (service: string, range: Range): string =>
  `/d/overview?${new URLSearchParams({ 'var-service': service, ...range })}`;
const remediation = (target: string | null, range: Range): string =>
  `/d/remediation?${new URLSearchParams({ ...(target === null ? {} : { 'var-target': target }), ...range })}`;

/** Labels that its lines have in Loki (deploy/alloy). A target of Compose says both; of another only the service is known. */
function streamOf({ target, service }: Shown): ({ service: string } & Record<string, string>) | null {
  const [, project, name] = /^docker:service:([^/]+)\/(.+)$/.exec(target ?? '') ?? [];
  if (project !== undefined && name !== undefined) return { project, service: name };
  return service === null ? null : { service };
}

/** A stream selector. Whoever sends an alert chooses values: none may end its quotes. */
const selector = (labels: Readonly<Record<string, string>>): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(',')}}`;

/** LogQL has the strings of Go, whose escapes are those of JSON but for what is half a character. */
const quoted = (value: string): string => JSON.stringify(value.toWellFormed());

function explore(
  datasource: typeof LOKI | typeof TEMPO,
  query: Readonly<Record<string, string>>,
  range: Range,
): string {
  const queries = [{ refId: 'A', datasource, ...query }];
  const panes = JSON.stringify({ a: { datasource: datasource.uid, queries, range } });
  return `/explore?${new URLSearchParams({ schemaVersion: '1', panes, orgId: '1' })}`;
}
