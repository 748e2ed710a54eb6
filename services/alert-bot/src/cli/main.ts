#!/usr/bin/env node
// Nothing is imported before this check: better-sqlite3 crashes an older Node without a word.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `alert-bot: Node 24 or newer is needed, and this is ${process.versions.node}: run it with npm exec -- alert-bot, which brings its own.\n`,
  );
  process.exitCode = 1;
} else {
  const { enableCompileCache } = await import('node:module');
  // Half of the time a command takes is reading TypeScript. Beside the code, so that who cannot change the one cannot change the other.
  enableCompileCache(`${import.meta.dirname}/../../../../node_modules/.cache/alert-bot`);
  const { runCli } = await import('./run.ts');
  process.exitCode = await runCli(process.argv.slice(2), process.env);
}
