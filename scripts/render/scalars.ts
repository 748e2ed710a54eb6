import { isMap, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml';

/** One value of a YAML file with its place in the text, quotes or block header included. */
export type YamlScalar = { keys: string[]; where: string; source: string; at: number; value: string };

/** Every value that is a text, in the order of the file. Keys of maps are not values. */
export function yamlScalars(text: string): YamlScalar[] {
  const document = parseDocument(text);
  const problem = document.errors[0];
  if (problem) throw problem;

  const found: YamlScalar[] = [];
  visit(document, {
    Scalar(key, node, path) {
      if (key === 'key' || typeof node.value !== 'string' || !node.range) return;
      const [at, end] = node.range;
      const { keys, where } = place([...path, node]);
      found.push({ keys, where, at, source: text.slice(at, end), value: node.value });
    },
  });
  return found;
}

function place(path: readonly unknown[]): { keys: string[]; where: string } {
  const keys: string[] = [];
  let where = '';
  path.forEach((node, index) => {
    if (isPair(node) && isScalar(node.key)) {
      keys.push(String(node.key.value));
      where += `${where === '' ? '' : '.'}${node.key.value}`;
    } else if (isSeq(node)) {
      const item = path[index + 1];
      where += `[${nameOf(item) ?? node.items.indexOf(item)}]`;
    }
  });
  return { keys, where };
}

/** Items of a list are told by their name where they have one: a person looks for that, not for a number. */
function nameOf(item: unknown): string | undefined {
  if (!isMap(item)) return undefined;
  const name = ['alert', 'name', 'job_name'].map((key) => item.get(key)).find((value) => value !== undefined);
  return typeof name === 'string' ? name : undefined;
}
