/** Runs what it is given one after another, in the order it was given. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    // The failure of one is its asker's; the one behind it starts all the same.
    this.#last = next.catch(() => {});
    return next;
  }
}
