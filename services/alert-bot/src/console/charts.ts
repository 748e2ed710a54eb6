import { html } from 'hono/html';
import { formatDuration, type Instant } from '../domain/duration.ts';
import { medianWithin } from '../store/hours.ts';
import type { Drawn } from '../store/matching-hours.ts';
import type { Html } from './layout.ts';

const WIDTH = 340;
const HEIGHT = 96;
const BASE = 80;

/** One part of a bar. */
interface Part {
  tone: 'good' | 'work' | 'bad' | 'still';
  value: number;
}

interface Bar {
  /** What a pointer on it, or a screen reader, is told. */
  title: string;
  parts: readonly Part[];
}

/** Bars over time, with the numbers in a table below for whoever does not see them. */
function chart(title: string, unit: string, axis: readonly [string, string], bars: readonly Bar[]): Html {
  const sums = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const most = Math.max(1, ...sums);
  const step = WIDTH / Math.max(1, bars.length);
  const [first, last] = axis;
  return html`<figure>
    <figcaption><h3>${title}</h3></figcaption>
    <svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: ${summary(bars, sums, unit)}">
      <line class="axis" x1="0" x2="${WIDTH}" y1="${BASE + 0.5}" y2="${BASE + 0.5}"/>
      ${bars.map((bar, i) => column(bar, i * step, step, most))}
      <text class="axis-text" x="0" y="${HEIGHT - 3}">${first}</text>
      <text class="axis-text" x="${WIDTH}" y="${HEIGHT - 3}" text-anchor="end">${last}</text>
    </svg>
    <p class="quiet">${summary(bars, sums, unit)}</p>
  </figure>`;
}

function column({ title, parts }: Bar, x: number, step: number, most: number): Html {
  let y = BASE;
  const width = Math.max(0.6, step - Math.min(2, step / 4));
  return html`<g><title>${title}</title>${parts
    .filter(({ value }) => value > 0)
    .map(({ tone, value }) => {
      const height = Math.max(1.5, (value / most) * (BASE - 6));
      y -= height;
      return html`<rect class="${tone}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"/>`;
    })}</g>`;
}

function summary(bars: readonly Bar[], sums: readonly number[], unit: string): string {
  const most = Math.max(0, ...sums);
  if (most === 0) return 'none in this time';
  return `most at once ${most}${unit}, ${bars[sums.indexOf(most)]?.title.split(': ')[0] ?? ''}`;
}

const round = (value: number): string => value.toFixed(1);
const day = (at: Instant | undefined): string =>
  at === undefined ? '' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/**
 * Incidents by how they ended, calls to the platform, and how soon half of what was healed was.
 * @param to where the time ends, if it does not reach to now
 */
export function charts(all: readonly Drawn[], to: Instant | undefined): Html {
  const at = (stretch: Drawn): string => `${day(stretch.from)} UTC`;
  const axis = [day(all[0]?.from), to === undefined ? 'now' : day(to)] as const;
  return html`<div class="charts">
    ${chart(
      'Incidents closed',
      '',
      axis,
      all.map((one) => ({
        title: `${at(one)}: ${one.closed.healed} healed, ${one.closed.recovered} recovered, ${one.closed.handed_over} handed over, ${one.closed.dismissed} dismissed`,
        parts: [
          { tone: 'good', value: one.closed.healed + one.closed.recovered },
          { tone: 'bad', value: one.closed.handed_over },
          { tone: 'still', value: one.closed.dismissed },
        ],
      })),
    )}
    ${chart(
      'Actions',
      '',
      axis,
      all.map((one) => ({
        title: `${at(one)}: ${one.actions} calls to the platform`,
        parts: [{ tone: 'work', value: one.actions }],
      })),
    )}
    ${chart(
      'Time to heal, half of them within',
      's',
      axis,
      all.map((one) => {
        const median = medianWithin(one.healed);
        return {
          title: `${at(one)}: ${median === null ? 'none healed' : `half within ${formatDuration(median * 1_000)}`}`,
          parts: [{ tone: 'good', value: median ?? 0 }],
        };
      }),
    )}
  </div>`;
}
