/** A program that can be started: `spawn(path, args, { cwd, env: { ...process.env, ...env } })`. */
export type Tool = {
  path: string;
  origin: 'PATH' | 'Debian';
  /** Where it must be started, because it reads files by a relative path. Give it absolute paths then. */
  cwd?: string;
  /** What it needs beside the caller's own environment. */
  env: Record<string, string>;
};

export type ToolName = 'prometheus' | 'promtool' | 'alertmanager' | 'amtool' | 'strace';

/** Commands: the names it goes by, the first found counts. Packages: Debian's, the program's own first. */
export const toolPlaces: Record<
  ToolName,
  { commands: [string, ...string[]]; packages: [string, ...string[]] }
> = {
  prometheus: { commands: ['prometheus'], packages: ['prometheus'] },
  promtool: { commands: ['promtool'], packages: ['prometheus'] },
  alertmanager: {
    commands: ['alertmanager', 'prometheus-alertmanager'],
    packages: ['prometheus-alertmanager'],
  },
  amtool: { commands: ['amtool'], packages: ['prometheus-alertmanager'] },
  // Debian's strace is linked with libunwind, which a bare machine lacks.
  strace: { commands: ['strace'], packages: ['strace', 'libunwind8'] },
};
