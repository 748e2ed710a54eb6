import { ask } from './api.js';
import { chartInWords, drawChart, formatSeconds, formatShare, windowMs } from './chart.js';
import { byId } from './dom.js';
import { between, readExposition } from './exposition.js';

/** Rates look back over so many milliseconds, so that a few requests are a line and not dots. */
const smoothMs = 15_000;

/**
 * The figures and the chart, from the metrics that Prometheus reads too: looking at them is no traffic.
 * @returns {{ refresh(): Promise<void> }}
 */
export function setUpFigures() {
  const pulse = byId('pulse', HTMLElement);
  const pulseText = byId('pulse-text', HTMLElement);
  const chart = byId('chart', HTMLElement);
  const words = byId('chart-words', HTMLElement);
  /** @type {import('./exposition.js').Reading[]} */
  let readings = [];
  /** @type {import('./exposition.js').Interval[]} */
  let intervals = [];

  /** @param {import('./exposition.js').Reading} reading */
  const intervalTo = (reading) => {
    const last = readings.at(-1);
    if (last === undefined) return undefined;
    if (last.startedAt !== reading.startedAt) return between(last, reading);
    const since = readings.find(
      ({ at, startedAt }) => startedAt === reading.startedAt && at >= reading.at - smoothMs,
    );
    return between(since ?? last, reading);
  };

  const refresh = async () => {
    const { status, body } = await ask('GET', '/metrics');
    const now = Date.now();
    const reading = status === 200 && typeof body === 'string' ? readExposition(body, now) : undefined;
    /** @type {import('./exposition.js').Interval | undefined} */
    const interval =
      reading === undefined
        ? { at: now, up: false, restarted: false, perSecond: 0, success: undefined, p95: undefined }
        : intervalTo(reading);
    if (reading !== undefined) readings = [...readings.filter(({ at }) => at > now - windowMs), reading];
    if (interval !== undefined) intervals = [...intervals.filter(({ at }) => at > now - windowMs), interval];

    chart.replaceChildren(drawChart(intervals, now, Math.max(280, chart.clientWidth)));
    words.textContent = chartInWords(intervals);
    const { success, p95, perSecond } = interval ?? {
      success: undefined,
      p95: undefined,
      perSecond: undefined,
    };
    setText('figure-success', success === undefined ? '–' : formatShare(success));
    setText('figure-latency', p95 === undefined ? '–' : formatSeconds(p95));
    setText('figure-rate', perSecond === undefined ? '–' : perSecond.toFixed(1));

    const [state, said] = judge(interval, intervals);
    // A status that is said again and again would be read out again and again.
    if (pulseText.textContent === said) return;
    pulse.dataset['state'] = state;
    pulseText.textContent = said;
  };
  return { refresh };
}

/**
 * @param {import('./exposition.js').Interval | undefined} interval the newest one
 * @param {readonly import('./exposition.js').Interval[]} intervals
 * @returns {[state: string, words: string]}
 */
function judge(interval, intervals) {
  if (interval !== undefined && !interval.up) return ['bad', 'Not answering'];
  const restart = intervals.findLast(({ restarted }) => restarted);
  if (restart !== undefined && Date.now() - restart.at < 30_000) return ['warn', 'Just restarted'];
  if (interval?.success !== undefined && interval.success < 0.8) return ['bad', 'Failing'];
  if (interval?.p95 !== undefined && interval.p95 > 0.5) return ['warn', 'Slow'];
  return ['good', 'Answering well'];
}

/**
 * @param {string} id
 * @param {string} text
 */
function setText(id, text) {
  byId(id, HTMLElement).textContent = text;
}
