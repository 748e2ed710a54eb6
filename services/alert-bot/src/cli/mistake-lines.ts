import { formatPlaybookError, type PlaybookError } from '../config/playbooks.ts';
import { hanging } from './lines.ts';

/** What is wrong in a playbook file, each with its place. */
export const mistakeLines = (errors: readonly PlaybookError[]): string[] =>
  errors.flatMap((error) => hanging(formatPlaybookError(error), 2));
