// Reads, checks and compiles what it is sent, as the bot does at start and at each change of the file.
import { parentPort } from 'node:worker_threads';
import { loadPlaybooks } from '../../../services/alert-bot/src/config/playbooks.ts';

parentPort?.on('message', (text: string) => {
  // Of this thread: what else the machine does is not the file's doing.
  const began = process.threadCpuUsage();
  const took = () => {
    const { user, system } = process.threadCpuUsage(began);
    return (user + system) / 1_000;
  };
  try {
    const loaded = loadPlaybooks(text, 'playbooks.yml');
    // What is taken has to be usable, too: a matcher is asked about each alert.
    if ('file' in loaded)
      for (const { matches } of loaded.file.playbooks) matches({ a: 'a'.repeat(2_000), alertname: 'A' });
    const errors = 'errors' in loaded ? loaded.errors : null;
    parentPort?.postMessage({ errors, ms: took(), thrown: null });
  } catch (error) {
    const thrown = error instanceof Error ? (error.stack ?? error.message) : String(error);
    parentPort?.postMessage({ errors: null, ms: took(), thrown });
  }
});
