import type { Platform } from '../domain/platform.ts';
import type { PlaybookFile } from '../domain/playbook.ts';
import { readOptIn, type Target } from '../domain/target.ts';
import { cyclesOf, wayAround } from '../policy/cycles.ts';
import { graphOf } from '../policy/graph.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** Whether a playbook can mean it: what belongs to other projects of the engine is nothing to this bot. */
function isInReach(platform: Platform, file: PlaybookFile | null, { id, service }: Target): boolean {
  const services = file?.playbooks.map((playbook) => playbook.service) ?? [];
  // A label of an alert gives a plain name, so that a project or `container:` is what the playbook itself says.
  const named = services.map((template) => template.replace(/\{\{.*?\}\}/g, () => service));
  return [service, ...named].some((name) => platform.targetId(name) === id);
}

/** What the bot could act on: opted-in targets, what is wrong with their labels, what is protected. */
export async function checkTargets(platform: Platform, file: PlaybookFile | null): Promise<Finding[]> {
  try {
    const targets = (await platform.list()).filter((target) => isInReach(platform, file, target));
    const findings: Finding[] = [];
    let optedIn = 0;
    for (const target of targets) {
      const optIn = readOptIn(target.labels);
      if ('invalid' in optIn) {
        findings.push(fail(`target ${target.id}`, optIn.invalid, 'until then the bot does nothing to it'));
        continue;
      }
      if (!optIn.enabled) continue;
      if (target.protectedBecause !== null) {
        const says = `is opted in, but protected: ${target.protectedBecause}`;
        findings.push(warn(`target ${target.id}`, says, 'remove alert-bot.enable from it'));
        continue;
      }
      optedIn += 1;
      findings.push(ok(`target ${target.id}`, `opted in, ${target.instances.length} running or stopped`));
      const names = file?.playbooks.map((playbook) => playbook.name) ?? [];
      const unknown = optIn.playbooks?.filter((name) => file !== null && !names.includes(name)) ?? [];
      if (unknown.length > 0)
        findings.push(
          warn(
            `target ${target.id}`,
            `alert-bot.playbooks names ${unknown.join(', ')}, which the file has not`,
            `there are: ${names.join(', ')}`,
          ),
        );
    }
    if (optedIn === 0)
      findings.push(
        fail(
          'targets',
          `none of ${targets.length} is opted in: the bot can act on nothing`,
          'label what it may restart: alert-bot.enable: "true"',
        ),
      );
    const graph = graphOf(targets);
    for (const members of cyclesOf(graph))
      findings.push(
        warn(
          'dependencies',
          `${wayAround(graph, members)} depend on each other, so that none of them waits for another`,
          'take one of them out of depends_on or alert-bot.depends-on',
        ),
      );
    return findings;
  } catch (error) {
    return [fail('targets', messageOf(error), 'without the platform the bot can act on nothing')];
  }
}
