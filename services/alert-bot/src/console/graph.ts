import { Graph, layout } from '@dagrejs/dagre';
import { html } from 'hono/html';
import { z } from 'zod';
import type { Target } from '../domain/target.ts';
import { type Html, NOTHING } from './layout.ts';

const HEIGHT = 34;
/** Of a letter of the label, in the units of the drawing. */
const LETTER = 7.6;
/** More than this nobody can read; the table has them all. */
const NODES_AT_MOST = 120;

// What the package gives back has no types that hold.
const size = z.object({ width: z.number(), height: z.number() });
const point = z.object({ x: z.number(), y: z.number() });
const box = size.extend(point.shape);
const line = z.object({ points: z.array(point) });

/** How a target is drawn. */
export type Look = 'well' | 'sick' | 'rest';

export interface GraphNode {
  target: Target;
  look: Look;
  /** In words, for whoever points at it or cannot see it. */
  words: string;
}

/** What depends on what, drawn from left to right: what others need stands on the right. */
export function dependencyGraph(nodes: readonly GraphNode[]): Html {
  const known = new Map(nodes.map((node) => [node.target.id, node]));
  const edges = nodes.flatMap(({ target }) =>
    target.dependsOn.filter(({ id }) => known.has(id)).map(({ id }) => ({ from: target.id, to: id })),
  );
  if (edges.length === 0) return NOTHING;
  const joined = nodes.filter(({ target }) =>
    edges.some(({ from, to }) => target.id === from || target.id === to),
  );
  if (joined.length > NODES_AT_MOST)
    return html`<p class="quiet">${joined.length} targets depend on each other: too many to draw. The table says what each depends on.</p>`;
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 56, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { target } of joined)
    graph.setNode(target.id, { width: 26 + target.service.length * LETTER, height: HEIGHT });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const { width, height } = size.parse(graph.graph());
  const words = edges.map(({ from, to }) => `${service(known, from)} on ${service(known, to)}`).join(', ');
  return html`<figure class="graph"><svg viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" role="group" aria-label="What depends on what: ${words}">
    <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
    ${edges.map(({ from, to }) => {
      const { points } = line.parse(graph.edge(from, to));
      const written = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
      return html`<polyline points="${written}" marker-end="url(#arrow)"/>`;
    })}
    ${joined.map((node) => drawn(node, box.parse(graph.node(node.target.id))))}
  </svg></figure>`;
}

const service = (known: ReadonlyMap<string, GraphNode>, id: string): string =>
  known.get(id)?.target.service ?? id;

function drawn({ target, look, words }: GraphNode, { x, y, width, height }: z.output<typeof box>): Html {
  const left = (x - width / 2).toFixed(1);
  const top = (y - height / 2).toFixed(1);
  return html`<a href="#${target.id}"><g class="${look}"><title>${target.service}: ${words}</title>
    <rect x="${left}" y="${top}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" rx="9"/>
    <text x="${x.toFixed(1)}" y="${(y + 5).toFixed(1)}" text-anchor="middle">${target.service}</text></g></a>`;
}
