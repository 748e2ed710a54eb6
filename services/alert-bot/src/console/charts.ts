import { html } from 'hono/html';
import { formatDuration, type Instant } from '../domain/duration.ts';
import { medianWithin, type Stretch } from '../store/hours.ts';
import { type Html, NOTHING } from './layout.ts';
import { table, when } from './parts.ts';

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

/** Bars over time; `most` says in words how high the highest is. The numbers stand in a table below all of them. */
function chart(
  title: string,
  mostOf: (most: number) => string,
  axis: readonly [string, string],
  bars: readonly Bar[],
): Html {
  const sums = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const most = Math.max(1, ...sums);
  const said = summary(bars, sums, mostOf);
  const step = WIDTH / Math.max(1, bars.length);
  const [first, last] = axis;
  return html`<figure>
    <figcaption><h3>${title}</h3></figcaption>
    <svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: ${said}">
      <line class="axis" x1="0" x2="${WIDTH}" y1="${BASE + 0.5}" y2="${BASE + 0.5}"/>
      ${bars.map((bar, i) => column(bar, i * step, step, most))}
      <text class="axis-text" x="0" y="${HEIGHT - 3}">${first}</text>
      <text class="axis-text" x="${WIDTH}" y="${HEIGHT - 3}" text-anchor="end">${last}</text>
    </svg>
    <p class="quiet">${said}</p>
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

function summary(bars: readonly Bar[], sums: readonly number[], mostOf: (most: number) => string): string {
  const most = Math.max(0, ...sums);
  if (most === 0) return 'none in this time';
  return `${mostOf(most)}, ${bars[sums.indexOf(most)]?.title.split(': ')[0] ?? ''}`;
}

const round = (value: number): string => value.toFixed(1);
const day = (at: Instant | undefined): string =>
  at === undefined ? '' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/**
 * Incidents by how they ended, calls to the platform, and how soon half of what was healed was.
 * @param to where the time ends, if it does not reach to now
 */
export function charts(all: readonly Stretch[], to: Instant | undefined): Html {
  const at = (stretch: Stretch): string => `${day(stretch.from)} UTC`;
  const axis = [day(all[0]?.from), to === undefined ? 'now' : day(to)] as const;
  return html`<div class="charts">
    ${chart(
      'Incidents closed',
      atMost,
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
      atMost,
      axis,
      all.map((one) => ({
        title: `${at(one)}: ${one.actions} calls to the platform`,
        parts: [{ tone: 'work', value: one.actions }],
      })),
    )}
    ${chart(
      'Time to heal, half of them within',
      (most) => `at most ${formatDuration(most * 1_000)}`,
      axis,
      all.map((one) => {
        const median = medianWithin(one.healed);
        return {
          title: `${at(one)}: ${median === null ? 'none healed' : `half within ${formatDuration(median * 1_000)}`}`,
          parts: [{ tone: 'good', value: median ?? 0 }],
        };
      }),
    )}
  </div>
  ${numbers(all)}`;
}

const atMost = (most: number): string => `at most ${most}`;

/** What the bars show, for whoever would rather read it or cannot see it. */
function numbers(all: readonly Stretch[]): Html {
  const some = all.filter(
    ({ closed, actions, healed }) =>
      actions > 0 || medianWithin(healed) !== null || Object.values(closed).some((count) => count > 0),
  );
  if (some.length === 0) return NOTHING;
  return html`<details><summary>As numbers</summary>${table(
    'What the charts show; times in which nothing happened are left out',
    ['From', 'Healed', 'Recovered', 'Handed over', 'Dismissed', 'Actions', 'Half healed within'],
    some.map(({ from, closed, actions, healed }) => {
      const median = medianWithin(healed);
      return [
        when(from),
        ...[closed.healed, closed.recovered, closed.handed_over, closed.dismissed, actions].map(
          (count) => html`${count}`,
        ),
        html`${median === null ? '–' : formatDuration(median * 1_000)}`,
      ];
    }),
    '',
  )}</details>`;
}
