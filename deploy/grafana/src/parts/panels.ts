import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BarGaugeDisplayMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LogsSortOrder,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type {
  DashboardLink,
  ThresholdsConfig,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as Heatmap,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as Logs } from '@grafana/grafana-foundation-sdk/logs';
import { PanelBuilder as NodeGraph } from '@grafana/grafana-foundation-sdk/nodegraph';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { neutral } from './limits.ts';
import { loki, prometheus, tempo } from './sources.ts';

/** What every panel has. `says`: what it shows and what to do when it looks wrong. `span`: of 24 columns. */
export interface Face {
  title: string;
  says: string;
  span: number;
  height?: number;
  links?: Builder<DashboardLink>[];
}

/** A face with values. `unit`: one of Grafana's unit ids. */
export interface ValueFace extends Face {
  unit: string;
  limits?: Builder<ThresholdsConfig>;
  decimals?: number;
  max?: number;
  mappings?: ValueMapping[];
}

/** `stacked`: the parts make a whole that means something. `dashed`: the series that others are held against. */
export interface LinesFace extends ValueFace {
  stacked?: boolean;
  dashed?: string;
  /** Values may be below 0. */
  below?: boolean;
}

/** Lines over time, from 0. */
export function lines(face: LinesFace, ...queries: Builder<Dataquery>[]): TimeSeries {
  const panel = new TimeSeries()
    .unit(face.unit)
    .lineWidth(1)
    .fillOpacity(face.stacked ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (!face.below) panel.min(0);
  if (face.stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (face.limits !== undefined) {
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  // What a value is measured against: no area of its own.
  if (face.dashed !== undefined) {
    panel.overrideByName(face.dashed, [
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } },
      { id: 'custom.fillOpacity', value: 0 },
      { id: 'custom.stacking', value: { mode: 'none' } },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
    ]);
  }
  return withValues(dressed(panel.datasource(prometheus), face, queries), face);
}

/** One number, or one for each series. */
export function number(face: ValueFace, ...queries: Builder<Dataquery>[]): Stat {
  const panel = new Stat()
    .unit(face.unit)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .datasource(prometheus);
  return withValues(dressed(panel, { height: 4, ...face }, queries), face);
}

/** A bar for each series. */
export function bars(face: ValueFace, ...queries: Builder<Dataquery>[]): BarGauge {
  const panel = new BarGauge()
    .unit(face.unit)
    .min(0)
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .datasource(prometheus);
  return withValues(dressed(panel, face, queries), face);
}

/** States over time: a row for each series, coloured by `mappings`. */
export function states(face: ValueFace, ...queries: Builder<Dataquery>[]): StateTimeline {
  const panel = new StateTimeline()
    .unit(face.unit)
    .showValue(VisibilityMode.Never)
    .rowHeight(0.8)
    .datasource(prometheus);
  return withValues(dressed(panel, face, queries), face);
}

/** A row for each series, a column for each label. */
export function table(face: ValueFace, ...queries: Builder<Dataquery>[]): Table {
  const panel = new Table().unit(face.unit).filterable(true).datasource(prometheus);
  return withValues(dressed(panel, face, queries), face);
}

/** How many requests took how long. */
export function heat(face: Face & { unit: string }, query: Builder<Dataquery>): Heatmap {
  const panel = new Heatmap()
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Oranges').steps(64))
    .unit(face.unit)
    .datasource(prometheus);
  return dressed(panel, face, [query]);
}

/** Log lines, the newest first. */
export function log(face: Face, query: Builder<Dataquery>): Logs {
  const panel = new Logs()
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Descending)
    .datasource(loki);
  return dressed(panel, face, [query]);
}

/** Traces, a row each; the id leads to the trace. */
export function traceList(face: Face, query: Builder<Dataquery>): Table {
  return dressed(new Table().datasource(tempo), face, [query]);
}

/** Who calls whom. */
export function graph(face: Face, query: Builder<Dataquery>): NodeGraph {
  return dressed(new NodeGraph().datasource(tempo), face, [query]);
}

interface Dressable {
  title(title: string): this;
  description(text: string): this;
  span(columns: number): this;
  height(rows: number): this;
  links(links: Builder<DashboardLink>[]): this;
  withTarget(query: Builder<Dataquery>): this;
}

interface Valued {
  thresholds(thresholds: Builder<ThresholdsConfig>): this;
  decimals(decimals: number): this;
  max(max: number): this;
  mappings(mappings: ValueMapping[]): this;
}

function dressed<P extends Dressable>(panel: P, face: Face, queries: Builder<Dataquery>[]): P {
  panel
    .title(face.title)
    .description(face.says)
    .span(face.span)
    .height(face.height ?? 8);
  if (face.links !== undefined) panel.links(face.links);
  for (const [index, query] of queries.entries()) panel.withTarget(named(query, index));
  return panel;
}

/** A, B, C: Grafana needs an id for each query of a panel. */
function named(query: Builder<Dataquery>, index: number): Builder<Dataquery> {
  return { build: () => ({ ...query.build(), refId: String.fromCharCode(65 + index) }) };
}

function withValues<P extends Valued>(panel: P, face: ValueFace): P {
  panel.thresholds(face.limits ?? neutral());
  if (face.decimals !== undefined) panel.decimals(face.decimals);
  if (face.max !== undefined) panel.max(face.max);
  if (face.mappings !== undefined) panel.mappings(face.mappings);
  return panel;
}
