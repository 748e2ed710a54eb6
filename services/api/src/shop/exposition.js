/**
 * One reading of the API's metrics, added up over what users ask. Probes and scrapes are no users, as in alert_rules.yml.
 * @typedef {object} Reading
 * @property {number} at milliseconds since 1970
 * @property {number} requests
 * @property {number} failed answered with 5xx
 * @property {Map<number, number>} buckets upper bound in seconds (Infinity for the last) to how many were at most so slow
 * @property {number} startedAt of the process, in seconds since 1970
 */

const nobodys = new Set(['/livez', '/health', '/metrics']);

/**
 * Reads Prometheus' text format, or OpenMetrics with its exemplars.
 * @param {string} text
 * @param {number} at
 * @returns {Reading}
 */
export function readExposition(text, at) {
  /** @type {Reading} */
  const reading = { at, requests: 0, failed: 0, buckets: new Map(), startedAt: 0 };
  for (const line of text.split('\n')) {
    const [, name, labelText = '', valueText] =
      /^(\w+)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)/.exec(line) ?? [];
    const value = Number(valueText);
    if (name === 'process_start_time_seconds') reading.startedAt = value;
    if (name !== 'http_requests_total' && name !== 'http_request_duration_seconds_bucket') continue;
    const labels = new Map(
      [...labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]),
    );
    if (nobodys.has(labels.get('route') ?? '')) continue;
    if (name === 'http_requests_total') {
      reading.requests += value;
      if (labels.get('status') === '5xx') reading.failed += value;
    } else {
      const bound = labels.get('le') === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.get('le'));
      reading.buckets.set(bound, (reading.buckets.get(bound) ?? 0) + value);
    }
  }
  return reading;
}

/**
 * What happened between two readings.
 * @typedef {object} Interval
 * @property {number} at when it ended
 * @property {boolean} up
 * @property {boolean} restarted another process answers than before
 * @property {number} perSecond
 * @property {number | undefined} success share of the requests that did not end with 5xx; undefined: there were none
 * @property {number | undefined} p95 in seconds; undefined: there were no requests
 */

/**
 * @param {Reading} before
 * @param {Reading} after
 * @returns {Interval}
 */
export function between(before, after) {
  const restarted = after.startedAt !== before.startedAt;
  // A new process counts from 0.
  const since = restarted ? { ...before, requests: 0, failed: 0, buckets: new Map() } : before;
  const requests = after.requests - since.requests;
  const buckets = [...after.buckets].map(([bound, count]) => ({
    bound,
    count: count - (since.buckets.get(bound) ?? 0),
  }));
  return {
    at: after.at,
    up: true,
    restarted,
    perSecond: (requests * 1000) / Math.max(1, after.at - before.at),
    success: requests > 0 ? 1 - (after.failed - since.failed) / requests : undefined,
    p95: quantile(0.95, buckets),
  };
}

/**
 * As Prometheus' histogram_quantile: linear within the bucket, the highest finite bound beyond that.
 * @param {number} share
 * @param {{ bound: number, count: number }[]} buckets counts of all that were at most so slow
 * @returns {number | undefined}
 */
export function quantile(share, buckets) {
  const sorted = buckets.toSorted((a, b) => a.bound - b.bound);
  const total = sorted.at(-1)?.count ?? 0;
  if (total <= 0) return undefined;
  const rank = share * total;
  const index = sorted.findIndex(({ count }) => count >= rank);
  const found = sorted[index];
  const below = sorted[index - 1] ?? { bound: 0, count: 0 };
  if (found === undefined) return undefined;
  if (found.bound === Number.POSITIVE_INFINITY) return below.bound;
  return below.bound + ((found.bound - below.bound) * (rank - below.count)) / (found.count - below.count);
}
