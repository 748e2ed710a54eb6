import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { alertmanagerPage, otherDashboards, prometheusPage, TAG } from './links.ts';
import { grafana, prometheus } from './sources.ts';

/** Panels under one heading. */
export interface Section {
  heading: string;
  panels: Builder<Panel>[];
}

/** A dashboard with what all of ours share: the links, the annotations, the crosshair. */
export function board(uid: string, title: string, description: string): DashboardBuilder {
  return new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .readonly()
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-30m', to: 'now' })
    .refresh('10s')
    .links([otherDashboards(), alertmanagerPage(), prometheusPage()])
    .annotations([alertsFiring(), attemptsEnded(), actionsTold()]);
}

/** Adds the panels in their order: rows of 24 columns, a new row for each heading. */
export function fill(dashboard: DashboardBuilder, sections: Section[]): DashboardBuilder {
  for (const { heading, panels } of sections) {
    dashboard.withRow(new RowBuilder(heading));
    for (const panel of panels) dashboard.withPanel(panel);
  }
  return dashboard;
}

function alertsFiring(): AnnotationQueryBuilder {
  return annotation('Alerts', 'red', 'ALERTS{alertstate="firing",severity!="none"}')
    .titleFormat('{{alertname}}')
    .tagKeys('service,severity');
}

/** What the bot did, on every dashboard: a curve that bends is read together with it. */
function attemptsEnded(): AnnotationQueryBuilder {
  return annotation('Remediations', 'blue', 'sum by (outcome) (increase(alert_bot_attempts_total[30s])) > 0')
    .titleFormat('Attempt of the bot: {{outcome}}')
    .tagKeys('outcome');
}

/** What the bot has told Grafana of its actions: a region each from the call to the proof, with a link to the incident. */
function actionsTold(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Actions')
    .datasource(grafana)
    .enable(true)
    .iconColor('purple')
    .target({ build: () => BY_TAG });
}

/** Grafana's own annotations with the bot's tag; the builders know no query of this data source. */
const BY_TAG = {
  ...{ type: 'tags', tags: ['alert-bot'], matchAny: false, limit: 100 },
  _implementsDataqueryVariant: () => undefined,
};

function annotation(name: string, colour: string, expr: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(prometheus)
    .enable(true)
    .iconColor(colour)
    .expr(expr)
    .step('10s');
}
