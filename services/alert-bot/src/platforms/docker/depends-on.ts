import type { Dependency } from '../../domain/target.ts';

/** What a service depends on, by the name of the other service of its project. */
export interface DependsOn {
  service: string;
  condition: Dependency['condition'];
}

/**
 * Reads Compose's label `com.docker.compose.depends_on`: `db:service_healthy:false,seed:service_completed_successfully:true`
 * (name, condition, whether to restart with it). Early versions of Compose wrote names only.
 */
export function parseDependsOn(label: string | undefined): readonly DependsOn[] {
  return namesOf(label).map((entry) => {
    const [service = '', condition = 'service_started'] = entry.split(':');
    return { service, condition: conditionOf(condition) };
  });
}

/** Reads our own label `alert-bot.depends-on`: names with commas between them. */
export function parseOwnDependsOn(label: string | undefined): readonly DependsOn[] {
  return namesOf(label).map((service) => ({ service, condition: 'started' }));
}

const namesOf = (label = ''): string[] =>
  label
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

function conditionOf(text: string): Dependency['condition'] {
  switch (text) {
    case 'service_started':
      return 'started';
    case 'service_completed_successfully':
      return 'completed';
    // A condition that is not known is taken for the stricter of those for what runs.
    default:
      return 'healthy';
  }
}
