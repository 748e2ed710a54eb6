/** One replaced piece of a text: where it begins in the shipped text, what stood there, what stands there now. */
export type Edit = {
  at: number;
  from: string;
  to: string;
  kind: 'address' | 'path' | 'duration' | 'receiver';
  /** The place as a person would name it, such as `groups[workload].rules[HighErrorRate].expr`. */
  where: string;
};

/** Everything outside the edits stays byte for byte. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  return splice(text, edits, 'from', 'to');
}

/** Gives back what `applyEdits` was given: the proof that nothing else was changed. */
export function revertEdits(text: string, edits: readonly Edit[]): string {
  let moved = 0;
  const back = inOrder(edits).map((edit) => {
    const at = edit.at + moved;
    moved += edit.to.length - edit.from.length;
    return { ...edit, at };
  });
  return splice(text, back, 'to', 'from');
}

function splice(text: string, edits: readonly Edit[], old: 'from' | 'to', fresh: 'from' | 'to'): string {
  let result = '';
  let end = 0;
  for (const edit of inOrder(edits)) {
    const found = text.slice(edit.at, edit.at + edit[old].length);
    if (edit.at < end || found !== edit[old]) {
      throw new Error(`${edit.where}: expected ${edit[old]} there, found ${found}`);
    }
    result += text.slice(end, edit.at) + edit[fresh];
    end = edit.at + edit[old].length;
  }
  return result + text.slice(end);
}

function inOrder(edits: readonly Edit[]): Edit[] {
  return edits.toSorted((a, b) => a.at - b.at);
}
