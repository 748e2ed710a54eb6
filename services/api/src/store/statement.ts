/** How statements are counted: by what they do to the data. */
export const operations = ['select', 'insert', 'update', 'delete', 'other'] as const;
export type Operation = (typeof operations)[number];

export interface Statement {
  /** PostgreSQL parses and plans a statement once for each connection under this name. */
  name: string;
  operation: Operation;
  text: string;
  /** The fault `slow_database` does not delay it: what ends the fault must stay possible. */
  undelayed?: boolean;
}

/** A statement whose operation is its first word; one that begins with `with` has to say what it does. */
export function statement(
  name: string,
  text: string,
  { operation = operationOf(text), undelayed = false }: { operation?: Operation; undelayed?: boolean } = {},
): Statement {
  return { name, operation, text, undelayed };
}

function operationOf(text: string): Operation {
  const word = /^\s*(\w+)/.exec(text)?.[1]?.toLowerCase();
  return operations.find((operation) => operation === word) ?? 'other';
}
