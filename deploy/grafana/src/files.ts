/** Every file that `npm run dashboards` writes, by its path from the root of the repository. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { api } from './api.ts';
import { database } from './database.ts';
import { drawn } from './drawn.ts';
import { infrastructure } from './infrastructure.ts';
import { overview } from './overview.ts';
import { page } from './page.ts';
import { remediation } from './remediation.ts';
import { slo } from './slo.ts';

/** Folders in which nothing else may be. */
export const FOLDERS = ['deploy/grafana/dashboards', 'docs/dashboards'];

export function files(): Map<string, string> {
  const made = [overview, api, database, infrastructure, slo, remediation].map((build) =>
    numbered(build().build()),
  );
  return new Map([
    ...made.map(
      (one) => [`deploy/grafana/dashboards/${one.uid}.json`, `${JSON.stringify(one, null, 2)}\n`] as const,
    ),
    ...made.map((one) => [`docs/dashboards/${one.uid}.svg`, drawn(one)] as const),
    ['docs/dashboards.md', page(made)],
  ]);
}

/** Ids by position: addresses of panels stay, and two builds are the same. */
function numbered(dashboard: Dashboard): Dashboard {
  return {
    ...dashboard,
    panels: (dashboard.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 })),
  };
}
