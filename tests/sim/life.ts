/** What tells the parts of one process of the bot whether it still lives. */
export interface Life {
  boot: number;
  isDead: boolean;
  /** Whoever sleeps; each can be woken with an error, when the bot is asked to stop. */
  sleepers: Set<(reason: Error) => void>;
  stopping: AbortSignal;
}
