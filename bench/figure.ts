/** What was measured, beside its baseline of the same run. */
export interface Figure {
  name: string;
  /** What the number is, and of what. */
  what: string;
  value: number;
  unit: string;
  baseline?: { what: string; value: number };
  /** Of several runs, of which the value is the median. */
  spread?: { least: number; most: number };
  /** The value, or its ratio to the baseline, must be at least, or at most this. Without a bar it is only printed. */
  bar?: { of: 'value' | 'ratio'; atLeast: number } | { of: 'value' | 'ratio'; atMost: number };
}

export const ratioOf = ({ value, baseline }: Figure): number =>
  baseline === undefined ? Number.NaN : value / baseline.value;

/** A figure that is no number meets no bar. */
export function meetsBar(figure: Figure): boolean {
  const { bar, value } = figure;
  if (bar === undefined) return true;
  const measured = bar.of === 'value' ? value : ratioOf(figure);
  return 'atLeast' in bar ? measured >= bar.atLeast : measured <= bar.atMost;
}

/** One line for people. */
export function tell(figure: Figure): string {
  const { name, what, value, unit, baseline, spread, bar } = figure;
  const limit =
    bar === undefined
      ? 'no bar'
      : `${meetsBar(figure) ? 'met' : 'MISSED'}: ${'atLeast' in bar ? `at least ${bar.atLeast}` : `at most ${bar.atMost}`}`;
  const beside =
    baseline === undefined
      ? ''
      : `, ${ratioOf(figure).toFixed(2)} of ${show(baseline.value)} ${unit} (${baseline.what})`;
  const between = spread === undefined ? '' : ` (${show(spread.least)} to ${show(spread.most)})`;
  return `${name.padEnd(10)} ${show(value)} ${unit}${between} ${what}${beside}. ${limit}`;
}

const show = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
