import { type FaultDeps, faultRoutes } from '@shop/service/http/faults';
import type { Route } from '@shop/service/http/route';
import type { LastingFault } from '../faults/fault.ts';
import { type BatchRouteDeps, batchOperations, batchRoutes } from './batches.ts';
import { faultOperations } from './fault-operations.ts';
import { openApiRoutes } from './openapi.ts';
import type { Operations } from './operation.ts';
import { type OpsDeps, opsOperations, opsRoutes } from './ops.ts';
import { purchaseOperations, purchaseRoutes } from './purchases.ts';
import { settlementOperations, settlementRoutes } from './settlements.ts';
import { shopRoutes } from './shop.ts';
import { signInOperations, signInRoutes } from './signin.ts';
import { transactionOperations, transactionRoutes } from './transactions.ts';

/** What `/openapi.json` tells of the routes. */
export const operations: Operations = {
  ...transactionOperations,
  ...purchaseOperations,
  ...batchOperations,
  ...settlementOperations,
  ...signInOperations,
  ...faultOperations,
  ...opsOperations,
};

/** Every route of this service. */
export function apiRoutes(deps: OpsDeps & BatchRouteDeps, faults: FaultDeps<LastingFault>): Route[] {
  const routes = [
    ...opsRoutes(deps),
    ...transactionRoutes(deps),
    ...purchaseRoutes(deps),
    ...batchRoutes(deps),
    ...settlementRoutes(deps),
    ...signInRoutes(deps),
    ...faultRoutes(faults),
    ...shopRoutes(),
  ];
  return [...routes, ...openApiRoutes(routes, operations)];
}
