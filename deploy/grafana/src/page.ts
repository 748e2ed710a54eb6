/** docs/dashboards.md: what each dashboard shows, from the dashboards themselves. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

const INTRODUCTION = `# Dashboards

Six, in Grafana's folder Shop, with the profile \`all\`: \`COMPOSE_PROFILES=all docker compose up --build --wait\`, then
http://127.0.0.1:3000. Overview is the first page. Its user is \`admin\`, its password:

    docker compose exec grafana cat /run/grafana/admin-password

**From one to the other**: the menu Dashboards keeps time and choices. A dot on a latency panel is a request: it opens its trace. A span opens
its log lines and its service's metrics; a log line opens its trace and its service's overview. Red marks are alerts, blue ones are
attempts of the bot, on every dashboard. Each panel's (i) says what to do when it looks wrong.

**To change one**: edit \`deploy/grafana/src\`, then \`npm run dashboards\`. It writes the JSON, the drawings and this page; what is changed
in Grafana itself is not kept. Every metric and label in them is compared with what is really exported
([names.test.ts](../tests/names/names.test.ts)), and every panel is asked of a real Prometheus
([panels.test.ts](../tests/bare/panels.test.ts), [all.test.ts](../tests/docker/all.test.ts)).

The drawings below show where things stand, to scale, and no data: Grafana could not be run where this was built, so there are no
screenshots.
`;

/** @param made the dashboards in the order of the menu */
export function page(made: Iterable<Dashboard>): string {
  return `${[INTRODUCTION, ...[...made].map(section)].join('\n').trimEnd()}\n`;
}

function section({ uid, title, description, panels = [], templating }: Dashboard): string {
  const choices = (templating?.list ?? []).map(({ label }) => label).join(', ');
  const rows = panels.map((panel) =>
    panel.type === 'row'
      ? `| **${panel.title}** | |`
      : `| ${panel.title} | ${('description' in panel ? panel.description : undefined) ?? ''} |`,
  );
  return `## ${title}

${description} To choose: ${choices}.

![Layout of ${title}](dashboards/${uid}.svg)

| panel | what it shows, and what to do |
|---|---|
${rows.join('\n')}
`;
}
