const PREFIX = 'alert-bot.';
const ENABLE = `${PREFIX}enable`;

type Labels = Readonly<Record<string, string>>;

/**
 * The labels of a target: those that all its containers share. In what its owner allows the stricter
 * holds: only what every container enables is enabled; a limit that some carry holds for all; where two differ,
 * `alert-bot.enable` becomes a sentence, which `readOptIn` refuses (as in the middle of a deploy that changes it).
 */
export function mergeLabels(containers: readonly Labels[]): Labels {
  const [first = {}] = containers;
  const shared = Object.entries(first).filter(([key, value]) =>
    containers.every((labels) => labels[key] === value),
  );
  const merged: Record<string, string> = Object.fromEntries(shared);
  const ours = new Set(containers.flatMap((labels) => Object.keys(labels).filter(isOurs)));
  const disputed: string[] = [];
  for (const key of ours) {
    const values = [...new Set(containers.map((labels) => labels[key]))];
    if (key === ENABLE) {
      merged[key] = strictest(values);
      continue;
    }
    const set = values.filter((value) => value !== undefined);
    const [only] = set;
    if (set.length === 1 && only !== undefined) merged[key] = only;
    else disputed.push(key);
  }
  if (disputed.length > 0 && merged[ENABLE] === 'true')
    merged[ENABLE] = `true, but its containers differ in ${disputed.join(', ')}`;
  return merged;
}

const isOurs = (key: string): boolean => key.startsWith(PREFIX);

/** What is neither "true" nor "false" stays, to be refused; otherwise "true" only where all say so. */
function strictest(values: readonly (string | undefined)[]): string {
  const invalid = values.find((value) => value !== undefined && value !== 'true' && value !== 'false');
  if (invalid !== undefined) return invalid;
  return values.length === 1 && values[0] === 'true' ? 'true' : 'false';
}
