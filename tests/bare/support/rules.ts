import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { prometheusPart } from '../../../scripts/parts/prometheus.ts';
import { render } from '../../../scripts/render.ts';
import { Part } from '../../../scripts/stack/part.ts';
import type { Places } from '../../../scripts/stack/places.ts';
import type { Ports } from '../../../scripts/stack/ports.ts';
import { answersWell } from '../../../scripts/stack/until.ts';

const file = z.object({
  groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ alert: z.string().optional() })) })),
});

/**
 * Prometheus with the shipped rules of these alerts, their durations divided by five, and nobody to scrape: it tells how
 * long a proof may take, and proves nothing.
 */
export async function startRules(places: Places, ports: Ports, alerts: readonly string[]): Promise<Part> {
  const rulesFile = join(places.rendered, 'alert_rules.yml');
  const nobody = '127.0.0.1:9';
  const { files } = render({
    api: nobody,
    payments: nobody,
    bot: nobody,
    prometheus: nobody,
    alertmanager: nobody,
    rulesFile,
    tokenFile: join(places.rendered, 'no-token'),
    factor: 5,
  });
  // The other rules would fire, as nobody is there.
  const groups = file.parse(parse(files['alert_rules.yml'])).groups.map((group) => ({
    ...group,
    rules: group.rules.filter(({ alert }) => alert !== undefined && alerts.includes(alert)),
  }));
  // JSON is YAML.
  writeFileSync(rulesFile, JSON.stringify({ groups: groups.filter(({ rules }) => rules.length > 0) }));
  const config = { global: { evaluation_interval: '1s' }, rule_files: [rulesFile] };
  writeFileSync(join(places.rendered, 'prometheus.yml'), JSON.stringify(config));
  const part = new Part({
    ...(await prometheusPart(places, ports.prometheus, '1m')),
    ready: () => answersWell(`http://127.0.0.1:${ports.prometheus}/-/ready`),
  });
  await part.start();
  return part;
}
