import type { Labels } from '../domain/alert.ts';
import { formatDuration, type Millis } from '../domain/duration.ts';
import type { AlertingRule, PrometheusPort, Sample } from '../domain/signals.ts';
import { SignalError } from '../domain/signals.ts';
import { askJson, endpoint } from './http.ts';
import { queryShape } from './query.ts';
import { rulesShape, toAlertingRules } from './rules.ts';

export interface PrometheusOptions {
  /** How long one answer may take. Queries carry it along, so that Prometheus gives up too. */
  atMost?: Millis;
}

const AT_MOST: Millis = 3_000;

/**
 * Prometheus' HTTP API.
 * @param url base URL; a path in it is kept, a user and password are sent as Basic
 */
export function createPrometheus(url: URL, options: PrometheusOptions = {}): PrometheusPort {
  const server = endpoint('Prometheus', url);
  const atMost = options.atMost ?? AT_MOST;

  /** By POST: a query may be longer than a URL. */
  async function query(text: string) {
    const form = new URLSearchParams({ query: text, timeout: `${atMost}ms` });
    const answer = await askJson(
      server,
      {
        path: 'api/v1/query',
        body: { type: 'application/x-www-form-urlencoded', text: form.toString() },
        signal: AbortSignal.timeout(atMost),
        atMost,
      },
      queryShape,
    );
    return answer.data;
  }

  /** The series of a query that yields numbers, one per series. */
  async function series(text: string): Promise<readonly { labels: Labels; value: number }[]> {
    const data = await query(text);
    switch (data.resultType) {
      case 'scalar':
        return [{ labels: {}, value: data.result.value }];
      case 'vector':
        return data.result.map(({ metric, value }) => {
          if (value === undefined) throw unfit(text, 'native histograms; take a quantile or a rate of them');
          return { labels: metric, value: value.value };
        });
      default:
        throw unfit(text, `a ${data.resultType}; ask for an instant vector or a scalar`);
    }
  }

  const unfit = (text: string, what: string) => new SignalError(`${server.name}: ${text} yields ${what}`);

  return {
    series,

    async value(text) {
      const found = await series(text);
      if (found.length > 1)
        throw unfit(text, `${found.length} series; aggregate it to one, for example with sum() or max()`);
      const value = found[0]?.value;
      return value === undefined || Number.isNaN(value) ? null : value;
    },

    async samples(selector, back) {
      const text = `${selector}[${formatDuration(back)}]`;
      const data = await query(text);
      if (data.resultType !== 'matrix') throw unfit(text, `a ${data.resultType}; ask for a plain selector`);
      const samples: Sample[] = data.result.flatMap(({ values }) => values);
      return samples.sort((a, b) => a.at - b.at);
    },

    async rules(): Promise<readonly AlertingRule[]> {
      const signal = AbortSignal.timeout(atMost);
      const answer = await askJson(server, { path: 'api/v1/rules', signal, atMost }, rulesShape);
      return toAlertingRules(answer.data.groups);
    },
  };
}
