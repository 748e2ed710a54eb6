import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** The data sources by the uids that provisioning/datasources/datasources.yml gives them. */
export const prometheus = { type: 'prometheus', uid: 'prometheus' } satisfies DataSourceRef;
export const loki = { type: 'loki', uid: 'loki' } satisfies DataSourceRef;
/** Its own database, which it always has under this name. */
export const grafana = { type: 'grafana', uid: '-- Grafana --' } satisfies DataSourceRef;
export const tempo = { type: 'tempo', uid: 'tempo' } satisfies DataSourceRef;
