import {
  type Environment,
  faultsTokenFileVariable,
  type LogLevel,
  listenVariable,
  logLevelVariable,
  readEnvironment,
  readTokens,
} from '@shop/service/config';
import type { Address } from '@shop/service/listener';
import { z } from 'zod';
import type { Banks } from './authorisations/authorisation.ts';

export interface Config {
  listen: Address;
  banks: Banks;
  /** undefined: /faults is closed. */
  faultsTokens: readonly string[] | undefined;
  logLevel: LogLevel;
}

const share = (fallback: string) =>
  z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'give a share from 0 to 1, for example 0.05')
    .default(fallback)
    .transform(Number);

const schema = z.strictObject({
  PAYMENTS_LISTEN: listenVariable('127.0.0.1:8010'),
  PAYMENTS_FAILURE_RATE: share('0.05'),
  PAYMENTS_DECLINE_RATE: share('0.02'),
  PAYMENTS_LIMIT: z
    .string()
    .regex(/^[1-9]\d{0,12}$/, 'give a whole number of minor units, for example 10000000')
    .default('10000000')
    .transform(Number),
  PAYMENTS_FAULTS_TOKEN_FILE: faultsTokenFileVariable,
  PAYMENTS_LOG_LEVEL: logLevelVariable,
});

// Kubernetes and Docker links inject these into the neighbours of a service named `payments`.
const foreign = /^PAYMENTS_(SERVICE_|PORT$|PORT_|NAME$|ENV_)/;

/** Reads the configuration from the PAYMENTS_… variables. */
export function readConfig(env: Environment): Config {
  const value = readEnvironment(env, { prefix: 'PAYMENTS_', foreign, schema });
  return {
    listen: value.PAYMENTS_LISTEN,
    banks: {
      failureRate: value.PAYMENTS_FAILURE_RATE,
      declineRate: value.PAYMENTS_DECLINE_RATE,
      limit: value.PAYMENTS_LIMIT,
    },
    faultsTokens: readTokens('PAYMENTS_FAULTS_TOKEN_FILE', value.PAYMENTS_FAULTS_TOKEN_FILE),
    logLevel: value.PAYMENTS_LOG_LEVEL,
  };
}
