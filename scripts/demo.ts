import { help, type Options, readOptions } from './demo/options.ts';
import { runDemo } from './demo/run.ts';
import { Screen } from './demo/screen.ts';
import { endWithParent } from './stack/parent.ts';

await main();

async function main(): Promise<void> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(
      `${error instanceof Error ? error.message : String(error)}\nTry: npm run demo -- --help\n`,
    );
    process.exitCode = 2;
    return;
  }
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  const ended = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve(signal));
    endWithParent(() => resolve('npm has ended'));
  });
  const screen = new Screen(options.json ? process.stderr : process.stdout);
  const { figures, interrupted } = await runDemo(options, screen, ended);
  if (options.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exitCode = interrupted ? 130 : figures.ok ? 0 : 1;
  // A client's open connection must not hold what has ended. What still starts is tied to our life, and ends with it.
  process.exit();
}
