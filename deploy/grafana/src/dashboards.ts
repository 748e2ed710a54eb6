import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { api } from './api.ts';
import { database } from './database.ts';
import { infrastructure } from './infrastructure.ts';
import { overview } from './overview.ts';
import { remediation } from './remediation.ts';

/** All dashboards, by the name of the file. */
export function dashboards(): Map<string, Dashboard> {
  const built = [overview, api, database, infrastructure, remediation].map((build) =>
    numbered(build().build()),
  );
  return new Map(built.map((dashboard) => [`${dashboard.uid}.json`, dashboard]));
}

/** The text of the file: what Grafana reads and what people compare. */
export function fileText(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

/** Ids by position: addresses of panels stay, and two builds are the same. */
function numbered(dashboard: Dashboard): Dashboard {
  return {
    ...dashboard,
    panels: (dashboard.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 })),
  };
}
