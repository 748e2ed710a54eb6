/** One thing the doctor looked at. Anything but `ok` has a remedy. */
export type Finding =
  | { level: 'ok'; what: string; says: string }
  | { level: 'warn' | 'fail'; what: string; says: string; remedy: string };

export const ok = (what: string, says: string): Finding => ({ level: 'ok', what, says });
export const warn = (what: string, says: string, remedy: string): Finding => ({
  level: 'warn',
  what,
  says,
  remedy,
});
export const fail = (what: string, says: string, remedy: string): Finding => ({
  level: 'fail',
  what,
  says,
  remedy,
});

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
