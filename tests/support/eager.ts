/**
 * Overrides without pauses between attempts and without a limit over all targets: what happens once with them would happen
 * once with any.
 */
export const eager = ({ within, stable }: { within: string; stable: string }): string => `
defaults:
  cooldown: 1s
  backoff: { initial: 1s, factor: 1, max: 1s }
  prove: { within: ${within}, stable: ${stable} }
limits:
  targets: { count: 50, percent: 100, per: 1h }
  storm: { incidents: 50, per: 1m, calm: 2m }
`;
