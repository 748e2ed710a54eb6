import { type Api, startApi } from '../../support/api.ts';
import { type Payments, startPayments } from '../../support/payments.ts';
import { type Postgres, startPostgres } from '../../support/postgres.ts';
import { type Browser, startBrowser } from './chromium.ts';

export interface Shop {
  postgres: Postgres;
  payments: Payments;
  api: Api;
  browser: Browser;
  stop(): Promise<void>;
}

/** The page with everything real behind it. */
export async function startShop(): Promise<Shop> {
  const [postgres, payments, browser] = await Promise.all([startPostgres(), startPayments(), startBrowser()]);
  const api = await startApi(postgres.url, payments.url);
  return {
    postgres,
    payments,
    api,
    browser,
    async stop() {
      await browser.close();
      await api.stop();
      await Promise.all([payments.stop(), postgres.stop()]);
    },
  };
}

/** Buys something beside the page, as somebody else does. */
export async function buyElsewhere(api: Api, description: string, amount = 1250): Promise<number> {
  const response = await fetch(`${api.url}/transactions`, {
    method: 'POST',
    body: JSON.stringify({ amount, currency: 'EUR', description }),
  });
  await response.arrayBuffer();
  return response.status;
}
