/**
 * npm passes Ctrl-C and SIGTERM on, but a killed npm tells nobody and would leave us running unseen. Only under npm:
 * a program started by hand may outlive the shell that started it.
 */
export function endWithParent(end: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end();
  }, 500);
  watch.unref();
}
