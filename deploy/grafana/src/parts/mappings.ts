import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

interface Shown {
  text: string;
  color?: string;
}

/** What 0 and 1 are shown as. Without a colour the limits of the panel give it. */
export function zeroOne(zero: Shown, one: Shown): ValueMapping[] {
  return [{ type: MappingType.ValueToText, options: { '0': zero, '1': one } }];
}
