/** A command that cannot go on; the message is one sentence for a person, with its remedy. */
export class Failure extends Error {
  override name = 'Failure';
  readonly exitCode: 1 | 2;
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command line is wrong. */
export const misuse = (message: string): Failure => new Failure(message, 2);
