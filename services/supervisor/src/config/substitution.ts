export type Path = readonly (string | number)[];
export type Complaint = (path: Path, remedy: string) => void;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const REFERENCE = /\$\$|\$\{([^}]*)\}?/g;

/**
 * Replaces `${NAME}` by that variable in every text of a parsed document (keys stay), and `$$` by `$`. It is
 * done after parsing, so a value can never change the document's structure. What cannot be replaced is
 * complained about and stays as written.
 */
export function substitute(value: unknown, variables: NodeJS.ProcessEnv, complain: Complaint): unknown {
  const visit = (part: unknown, path: Path): unknown => {
    if (typeof part === 'string') return replace(part, variables, (remedy) => complain(path, remedy));
    if (Array.isArray(part)) return part.map((item, index) => visit(item, [...path, index]));
    if (typeof part !== 'object' || part === null) return part;
    const entries: [string, unknown][] = Object.entries(part);
    return Object.fromEntries(entries.map(([key, item]) => [key, visit(item, [...path, key])]));
  };
  return visit(value, []);
}

function replace(text: string, variables: NodeJS.ProcessEnv, complain: (remedy: string) => void): string {
  return text.replaceAll(REFERENCE, (found, name: string | undefined) => {
    if (name === undefined) return '$';
    if (!NAME.test(name) || !found.endsWith('}')) {
      complain(`only \${NAME} is understood, not ${found}: write $$ for a plain dollar sign`);
      return found;
    }
    const variable = variables[name];
    if (variable === undefined) complain(`set ${name} in the supervisor's own environment`);
    return variable ?? found;
  });
}
