#!/usr/bin/env node
// JavaScript, so that an older Node reads it and says what is wrong: it refuses main.ts as an unknown file.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `alert-bot: Node 24 or newer is needed, and this is ${process.versions.node}: run it with npm exec -- alert-bot, which brings its own.\n`,
  );
  process.exitCode = 1;
} else {
  await import('../src/cli/main.ts');
}
