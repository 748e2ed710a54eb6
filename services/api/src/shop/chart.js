import { makeSvg } from './dom.js';

/** How long the chart looks back, in milliseconds. */
export const windowMs = 300_000;

const height = 170;

/**
 * Draws success (left scale, 0 to 100 %) and the 95th percentile (right scale) of the intervals.
 * @param {readonly import('./exposition.js').Interval[]} intervals
 * @param {number} now
 * @param {number} width in pixels of the page, so that the text has its size
 * @returns {SVGSVGElement}
 */
export function drawChart(intervals, now, width) {
  const plot = { left: 42, right: width - 52, top: 12, bottom: height - 24 };
  const slowest = niceAbove(Math.max(0.05, ...intervals.map(({ p95 }) => p95 ?? 0)));
  const x = (/** @type {number} */ at) => plot.right - ((now - at) / windowMs) * (plot.right - plot.left);
  const y = (/** @type {number} */ share) => plot.bottom - share * (plot.bottom - plot.top);

  const svg = makeSvg('svg', {
    viewBox: `0 0 ${width} ${height}`,
    'aria-hidden': 'true',
    focusable: 'false',
  });
  for (const share of [0, 0.5, 1]) {
    svg.append(
      makeSvg('line', { class: 'grid', x1: plot.left, x2: plot.right, y1: y(share), y2: y(share) }),
      makeSvg(
        'text',
        { class: 'axis success', x: plot.left - 8, y: y(share) + 4, 'text-anchor': 'end' },
        `${share * 100}%`,
      ),
      makeSvg(
        'text',
        { class: 'axis latency', x: plot.right + 8, y: y(share) + 4 },
        formatSeconds(share * slowest),
      ),
    );
  }
  for (const minutes of [4, 3, 2, 1, 0]) {
    const text = minutes === 0 ? 'now' : `-${minutes} min`;
    svg.append(
      makeSvg(
        'text',
        { class: 'axis', x: x(now - minutes * 60_000), y: height - 6, 'text-anchor': 'middle' },
        text,
      ),
    );
  }
  const everyMs = 5_000;
  for (const { at, up } of intervals) {
    if (up) continue;
    const left = Math.max(plot.left, x(at - everyMs));
    svg.append(
      makeSvg('rect', {
        class: 'down',
        x: left,
        y: plot.top,
        width: Math.max(0, x(at) - left),
        height: plot.bottom - plot.top,
      }),
    );
  }
  for (const { at, restarted } of intervals)
    if (restarted)
      svg.append(makeSvg('line', { class: 'restart', x1: x(at), x2: x(at), y1: plot.top, y2: plot.bottom }));

  for (const run of runsOf(intervals, ({ success }) => success)) {
    const line = run.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) continue;
    const area = [`${x(first.at).toFixed(1)},${y(0)}`, ...line, `${x(last.at).toFixed(1)},${y(0)}`];
    svg.append(makeSvg('polygon', { class: 'area', points: area.join(' ') }));
    svg.append(makeSvg('polyline', { class: 'line success', points: line.join(' ') }));
  }
  for (const run of runsOf(intervals, ({ p95 }) => p95)) {
    const line = run.map(
      ({ at, value }) => `${x(at).toFixed(1)},${y(Math.min(1, value / slowest)).toFixed(1)}`,
    );
    svg.append(makeSvg('polyline', { class: 'line latency', points: line.join(' ') }));
  }
  return svg;
}

/**
 * The same for those who do not see it.
 * @param {readonly import('./exposition.js').Interval[]} intervals
 */
export function chartInWords(intervals) {
  const restarts = intervals.filter(({ restarted }) => restarted).length;
  const worst = Math.min(1, ...intervals.map(({ success }) => success ?? 1));
  const slowest = Math.max(0, ...intervals.map(({ p95 }) => p95 ?? 0));
  return `In the last five minutes at worst ${formatShare(worst)} were answered well, the 95th percentile was at most ${formatSeconds(slowest)}, and the API was restarted ${restarts} times.`;
}

/** @param {number} share */
export function formatShare(share) {
  // 99.96 is not all.
  return `${share === 1 ? 100 : Math.floor(share * 1000) / 10}%`;
}

/** @param {number} seconds */
export function formatSeconds(seconds) {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${Number(seconds.toPrecision(2))} s`;
}

/**
 * Stretches without a gap. A single point becomes a short line, or it would not be seen.
 * @param {readonly import('./exposition.js').Interval[]} intervals
 * @param {(interval: import('./exposition.js').Interval) => number | undefined} read
 */
function runsOf(intervals, read) {
  /** @type {{ at: number, value: number }[][]} */
  const runs = [];
  let open = false;
  for (const interval of intervals) {
    const value = read(interval);
    if (value === undefined) {
      open = false;
      continue;
    }
    const point = { at: interval.at, value };
    if (open) runs.at(-1)?.push(point);
    else runs.push([{ at: interval.at - 2_500, value }, point]);
    open = true;
  }
  return runs;
}

/**
 * The next of 0.1, 0.2, 0.5, 1, 2, 5, …
 * @param {number} seconds
 */
function niceAbove(seconds) {
  const power = 10 ** Math.floor(Math.log10(seconds));
  return ([1, 2, 5, 10].find((factor) => factor * power >= seconds) ?? 10) * power;
}
