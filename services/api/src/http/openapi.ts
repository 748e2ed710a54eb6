import { type ErrorCode, errorStatus } from '@shop/service/errors';
import type { RequestContext, Route } from '@shop/service/http/route';
import { z } from 'zod';
import type { Operation, Operations } from './operation.ts';

// Loose: /health says more beside the error.
const errorSchema = z.looseObject({
  error: z.looseObject({
    code: z.string(),
    message: z.string(),
    request_id: z.string(),
    fields: z
      .array(z.object({ field: z.string(), value: z.unknown(), message: z.string() }))
      .optional()
      .meta({ description: 'What is wrong with the request, each with its remedy' }),
  }),
});

/** `/openapi.json`: the routes that are given, told in OpenAPI 3.1. Made once, at the start. */
export function openApiRoutes(routes: readonly Route[], operations: Operations): Route[] {
  const own: Route = {
    method: 'GET',
    path: '/openapi.json',
    handle: (c: RequestContext) => c.body(text, 200, { 'content-type': 'application/json' }),
  };
  const text = JSON.stringify(openApiDocument([...routes, own], { ...operations, ...openApiOperations }));
  return [own];
}

const openApiOperations: Operations = {
  'GET /openapi.json': {
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1', body: z.looseObject({ openapi: z.string() }) } },
  },
};

/** A route without an operation is left out: pages and their files are for people, who need no such document. */
export function openApiDocument(routes: readonly Route[], operations: Operations) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path } of routes) {
    const operation = operations[`${method} ${path}`];
    if (operation === undefined) continue;
    const told = path.replace(/:(\w+)/g, '{$1}');
    paths[told] = { ...paths[told], [method.toLowerCase()]: tell(operation) };
  }
  return {
    openapi: '3.1.1',
    info: { title: 'shop api', version: '0.1.0', description: 'Amounts are integers in minor units.' },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Error: schemaOf(errorSchema, 'output') },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function tell(operation: Operation) {
  const { summary, path, query, header, body, secured = false } = operation;
  return {
    summary,
    ...(secured ? { security: [{ token: [] }] } : {}),
    parameters: [...parameters('path', path), ...parameters('query', query), ...parameters('header', header)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(body, 'input') } },
          },
        }),
    responses: { ...answers(operation), ...errors(operation) },
  };
}

function parameters(place: 'path' | 'query' | 'header', schema: z.ZodObject | undefined) {
  return Object.entries(schema?.shape ?? {}).map(([name, one]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: schemaOf(z.object({ one }), 'input').properties?.['one'] ?? {},
  }));
}

function answers({ answers: given }: Operation) {
  return Object.fromEntries(
    Object.entries(given).map(([status, { description, body, type = 'text/plain' }]) => {
      const content =
        body === undefined
          ? { [type]: { schema: { type: 'string' } } }
          : { 'application/json': { schema: schemaOf(body, 'output') } };
      return [status, { description, content }];
    }),
  );
}

const schema = { $ref: '#/components/schemas/Error' };

function errors({ errors: codes = [] }: Operation) {
  const all = new Set<ErrorCode>([...codes, 'internal', 'shutting_down']);
  const byStatus = Object.groupBy(all, (code) => String(errorStatus[code]));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, of = []]) => [
      status,
      { description: of.join(', '), content: { 'application/json': { schema } } },
    ]),
  );
}

function schemaOf(described: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...told } = z.toJSONSchema(described, { io, unrepresentable: 'any' });
  return told;
}
