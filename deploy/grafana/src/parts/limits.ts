import { ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';

/** Where a value begins to be worth a look, and where it is trouble. In the unit of the panel. */
export interface Limits {
  orange?: number;
  red: number;
}

/** Green below, then orange, then red. */
export function highIsBad({ orange, red }: Limits): ThresholdsConfigBuilder {
  return steps([
    { value: null, color: 'green' },
    ...(orange === undefined ? [] : [{ value: orange, color: 'orange' }]),
    { value: red, color: 'red' },
  ]);
}

/** Red below `orange`, orange up to `green`. */
export function lowIsBad({ orange, green }: { orange: number; green: number }): ThresholdsConfigBuilder {
  return steps([
    { value: null, color: 'red' },
    { value: orange, color: 'orange' },
    { value: green, color: 'green' },
  ]);
}

/** A number that is neither good nor bad. */
export function neutral(): ThresholdsConfigBuilder {
  return steps([{ value: null, color: 'blue' }]);
}

function steps(list: { value: number | null; color: string }[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(list);
}
