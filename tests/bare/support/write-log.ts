// The process of log-writer.ts: does what each line on stdin says, and answers with a line.
import { createInterface } from 'node:readline';
import { openLog, synced, write, writeAhead } from '../../../services/alert-bot/src/store/db.ts';
import { insertDelivery } from '../../../services/alert-bot/src/store/deliveries.ts';

const { db } = openLog(process.argv[2] ?? '');
let number = 0;
const put = (pages: number) => {
  number += 1;
  const body = 'x'.repeat(4_096 * pages);
  const id = `delivery-${process.pid}-${number}`;
  insertDelivery(db, { id, receivedAt: Date.now(), source: 'manual', groupKey: null, body });
};

const orders: Readonly<Record<string, (pages: number) => Promise<unknown>>> = {
  write: () => write(db, () => put(1)),
  ahead: (pages) => writeAhead(db, () => put(pages)),
  sync: () => synced(db),
};

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [what = '', pages = '1'] = line.split(' ');
  const done = orders[what]?.(Number(pages)) ?? Promise.reject(new Error(`what is ${what}?`));
  console.log(
    await done.then(
      () => 'ok',
      (error: unknown) => String(error),
    ),
  );
}
