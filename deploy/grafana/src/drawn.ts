/** A drawing of a dashboard's layout, to scale: where each panel stands, what it is called and what kind it is. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

const COLUMN = 38;
const ROW = 17;
const GAP = 5;

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** An SVG that reads on white and on black. */
export function drawn(dashboard: Dashboard): string {
  const panels = (dashboard.panels ?? []).flatMap((panel) =>
    panel.gridPos === undefined
      ? []
      : [{ type: panel.type, title: panel.title ?? '', at: scaled(panel.gridPos) }],
  );
  const height = Math.max(...panels.map(({ at }) => at.y + at.h)) + GAP;
  const width = 24 * COLUMN + GAP;
  const shapes = panels.map(({ type, title, at }) =>
    type === 'row' ? heading(title, at) : panelBox(type, title, at),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Layout of the dashboard ${escaped(dashboard.title ?? '')}">
<style>
  text { font: 12px system-ui, sans-serif; fill: #1f2328 } .heading { font-weight: 600 }
  .panel { fill: #f6f8fa; stroke: #d0d7de } .ink { fill: none; stroke: #0969da; stroke-width: 1.5; opacity: .55 } .full { fill: #0969da; opacity: .35 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .panel { fill: #161b22; stroke: #30363d } .ink { stroke: #58a6ff } .full { fill: #58a6ff } }
</style>
${shapes.join('\n')}
</svg>
`;
}

function scaled({ x, y, w, h }: Box): Box {
  return { x: x * COLUMN + GAP, y: y * ROW + GAP, w: w * COLUMN - GAP, h: h * ROW - GAP };
}

function heading(title: string, { x, y, h }: Box): string {
  return `<text class="heading" x="${x}" y="${y + h}">▾ ${escaped(title)}</text>`;
}

function panelBox(type: string, title: string, at: Box): string {
  const shown = shortened(title, at.w - 16);
  const inner = { x: at.x + 10, y: at.y + 26, w: at.w - 20, h: at.h - 34 };
  return [
    `<rect class="panel" x="${at.x}" y="${at.y}" width="${at.w}" height="${at.h}" rx="3"/>`,
    `<text x="${at.x + 8}" y="${at.y + 17}">${escaped(shown)}</text>`,
    inner.h < 8 ? '' : (SIGNS[type] ?? SIGNS['table'])?.(inner),
  ].join('');
}

/** A sign of the kind of panel. It shows no data: there is none in a drawing. */
const SIGNS: Readonly<Record<string, (at: Box) => string>> = {
  timeseries: (at) => {
    const heights = [0.7, 0.45, 0.6, 0.3, 0.5, 0.2, 0.4, 0.35];
    const points = heights.map(
      (part, i) => `${round(at.x + (at.w * i) / (heights.length - 1))},${round(at.y + at.h * part)}`,
    );
    return `<polyline class="ink" points="${points.join(' ')}"/>`;
  },
  stat: ({ x, y, w, h }) =>
    `<rect class="full" x="${round(x + w / 2 - 22)}" y="${round(y + h / 2 - 9)}" width="44" height="18" rx="4"/>`,
  bargauge: ({ x, y, w, h }) =>
    [0.9, 0.6, 0.35]
      .map(
        (part, i) =>
          `<rect class="full" x="${x}" y="${round(y + (h * i) / 3)}" width="${round(w * part)}" height="${round(h / 4)}"/>`,
      )
      .join(''),
  'state-timeline': ({ x, y, w, h }) =>
    [0.25, 0.7, 0.5]
      .map((part, i) => {
        const top = round(y + (h * i) / 3);
        const bar = round(h / 4);
        return `<rect class="full" x="${x}" y="${top}" width="${round(w * part)}" height="${bar}"/><rect class="panel" x="${round(x + w * part)}" y="${top}" width="${round(w * (1 - part))}" height="${bar}"/>`;
      })
      .join(''),
  heatmap: ({ x, y, w, h }) =>
    Array.from({ length: 24 }, (_, i) => {
      const [column, row] = [i % 8, Math.floor(i / 8)];
      const shade = [0.1, 0.3, 0.15][row] ?? 0.1;
      return `<rect class="full" style="opacity:${round(shade + ((column * 7) % 5) / 20)}" x="${round(x + (w * column) / 8)}" y="${round(y + (h * row) / 3)}" width="${round(w / 8 - 2)}" height="${round(h / 3 - 2)}"/>`;
    }).join(''),
  table: ({ x, y, w, h }) =>
    [0, 0.34, 0.67, 1]
      .map(
        (part) =>
          `<line class="ink" x1="${x}" x2="${x + w}" y1="${round(y + h * part)}" y2="${round(y + h * part)}"/>`,
      )
      .join(''),
  logs: ({ x, y, w, h }) =>
    [0.85, 0.6, 0.95, 0.5, 0.7]
      .map(
        (part, i) =>
          `<line class="ink" x1="${x}" x2="${round(x + w * part)}" y1="${round(y + (h * i) / 4)}" y2="${round(y + (h * i) / 4)}"/>`,
      )
      .join(''),
  nodeGraph: ({ x, y, w, h }) => {
    const points = [0.12, 0.38, 0.64, 0.9].map((part, i) => ({
      x: round(x + w * part),
      y: round(y + h * (i % 2 === 0 ? 0.45 : 0.6)),
    }));
    const line = `<polyline class="ink" points="${points.map((one) => `${one.x},${one.y}`).join(' ')}"/>`;
    return line + points.map((one) => `<circle class="full" cx="${one.x}" cy="${one.y}" r="12"/>`).join('');
  },
};

const round = (value: number): number => Math.round(value * 10) / 10;

/** About 6.4 units a letter at this size. */
function shortened(text: string, width: number): string {
  const letters = Math.floor(width / 6.4);
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
