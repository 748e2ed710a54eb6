/**
 * The known word a person most likely meant.
 * @returns undefined where nothing known is close enough to be worth a guess
 */
export function nearest(written: string, known: readonly string[]): string | undefined {
  // No slip of a hand is that long, and the comparison costs what both lengths multiply to.
  if (written.length > 100) return undefined;
  const far = (word: string) => Math.max(2, Math.floor(Math.max(word.length, written.length) / 3));
  return known
    .map((word) => ({ word, distance: distance(written.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, distance: edits }) => edits <= far(word) && edits < word.length)
    .sort((a, b) => a.distance - b.distance)[0]?.word;
}

/** `did you mean …?` where there is a guess, else which words there are. */
export function didYouMean(written: string, known: readonly string[]): string {
  const guess = nearest(written, known);
  return guess === undefined ? `write one of ${known.join(', ')}` : `did you mean ${guess}?`;
}

/** Levenshtein's edit distance, where swapping two neighbours is one edit: the commonest slip of a hand. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return at(a.length, b.length);
}
