import {
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { prometheus } from './sources.ts';

/** A choice among the values of a label, all of them at first. */
export function choice(name: string, title: string, metric: string, label: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(title)
    .datasource(prometheus)
    .query({ qryType: 1, query: `label_values(${metric}, ${label})`, refId: 'values' })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/** The services that answer requests. */
export function services(): QueryVariableBuilder {
  return choice('service', 'Service', 'http_requests_total', 'service');
}
