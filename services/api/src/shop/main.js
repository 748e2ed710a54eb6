import { setUpBreaking } from './breaking.js';
import { setUpBuying } from './buy.js';
import { setUpFigures } from './figures.js';
import { setUpTransactions } from './transactions.js';

const figures = setUpFigures();
const transactions = setUpTransactions();
const changed = () => {
  void transactions.refresh();
  void transactions.refreshPaid();
};
setUpBuying(changed);
setUpBreaking(changed);

/**
 * Does something at once and then again and again while the page is looked at. Each pause begins with the answer, so that
 * a slow API is not asked more and more.
 * @param {() => Promise<void>} work
 * @param {number} everyMs
 */
function keepDoing(work, everyMs) {
  let running = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const round = async () => {
    clearTimeout(timer);
    if (running || document.hidden) return;
    running = true;
    await work();
    running = false;
    timer = setTimeout(() => void round(), everyMs);
  };
  document.addEventListener('visibilitychange', () => void round());
  void round();
}

// The metrics are asked for more often, as that counts as no traffic. The rest does: rarely enough that the good answers
// of a few open pages do not hide what fails for others.
keepDoing(figures.refresh, 5_000);
keepDoing(transactions.refresh, 10_000);
keepDoing(transactions.refreshPaid, 30_000);
