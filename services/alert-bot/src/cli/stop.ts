/** How long things may take to let go of the process once the work is over. */
const AFTER_THE_END = 2_000;

/**
 * Runs something until SIGTERM or SIGINT asks it to stop. A second signal ends the process at once.
 * @returns the exit code
 */
export async function untilStopped(run: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const stop = new AbortController();
  const onSignal = (name: 'SIGTERM' | 'SIGINT', number: number) => () => {
    if (stop.signal.aborted) process.exit(128 + number);
    process.stderr.write(`alert-bot: ${name}, stopping; a second signal ends it at once.\n`);
    stop.abort(name);
  };
  const onTerm = onSignal('SIGTERM', 15);
  const onInt = onSignal('SIGINT', 2);
  process.on('SIGTERM', onTerm).on('SIGINT', onInt);
  try {
    await run(stop.signal);
    return 0;
  } finally {
    process.off('SIGTERM', onTerm).off('SIGINT', onInt);
    // The process ends by itself when nothing is left to do. Unreferenced, this only fires where something is.
    setTimeout(() => {
      process.stderr.write('alert-bot: something still ran after the end, so the process was ended.\n');
      process.exit();
    }, AFTER_THE_END).unref();
  }
}
