import { Hono } from 'hono';
import { z } from 'zod';
import type { Operation } from './operation.ts';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode, problemShape } from './problem.ts';

type Json = Readonly<Record<string, unknown>>;

/** Everything that is described by name once, and referred to everywhere. */
interface Components {
  refer(schema: z.ZodType): Json;
  all(): Json;
}

/** `GET /openapi.json`. It says what this program can do and nothing of what it did: no token. */
export function openapiRoute(operations: readonly Operation[]): Hono {
  const document = JSON.stringify(openapiOf(operations));
  const app = new Hono();
  app.get('/openapi.json', (c) => c.body(document, 200, { 'content-type': 'application/json' }));
  return app;
}

/**
 * The OpenAPI 3.1 document of the operations: made of the very schemas that check what is sent and type what is answered, so
 * that it cannot say anything else.
 */
export function openapiOf(operations: readonly Operation[]): Json {
  const components = createComponents();
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const path = `/api/v1${operation.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [operation.method]: describe(operation, components) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'alert-bot',
      version: '1',
      description:
        'What the bot did, what it did not do, and why; and what people tell it. Times are ISO 8601 in UTC. ' +
        'Lists are in pages: ask again with the same query and `cursor`, until `next` is null.',
    },
    security: [{ admin: [] }],
    paths,
    components: {
      securitySchemes: {
        admin: { type: 'http', scheme: 'bearer', description: 'A token of tokens/admin in the data folder' },
      },
      schemas: components.all(),
    },
  };
}

function describe(operation: Operation, components: Components): Json {
  const { method, path, name, summary, query, body, answer, problems = [] } = operation;
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, part]) => ({
      name: part,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(propertiesOf(query)).map(([key, { required, schema }]) => ({
      name: key,
      in: 'query',
      required,
      schema,
    })),
  ];
  const codes: readonly ProblemCode[] = [
    'invalid',
    'unauthorized',
    'internal',
    ...(method === 'post' ? (['too_large'] as const) : []),
    ...problems,
  ];
  const content = typeof answer === 'string' ? textContent(answer) : jsonContent(components.refer(answer));
  return {
    operationId: name,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === null
      ? {}
      : { requestBody: { required: true, content: jsonContent(components.refer(body)) } }),
    responses: { 200: { description: 'OK', content }, ...problemResponses(codes, components) },
  };
}

const jsonContent = (schema: Json): Json => ({ 'application/json': { schema } });
const textContent = (type: string): Json => ({ [type]: { schema: { type: 'string' } } });

/** By status: several problems may have the same one. */
function problemResponses(codes: readonly ProblemCode[], components: Components): Json {
  const problem = components.refer(problemShape);
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code][0]))];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: codes
          .filter((code) => PROBLEMS[code][0] === status)
          .map((code) => `${code}: ${PROBLEMS[code][1]}`)
          .join('. '),
        content: { [PROBLEM_TYPE]: { schema: problem } },
      },
    ]),
  );
}

/** As the schema is written, before it changes what was sent: a duration is a text. What a format says already is left out. */
const schemaOf = (schema: z.ZodType) =>
  z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.format === 'date-time' || jsonSchema.format === 'date') delete jsonSchema.pattern;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });

const objectShape = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  required: z.array(z.string()).default([]),
});

function propertiesOf(query: z.ZodType): Record<string, { required: boolean; schema: Json }> {
  const { properties, required } = objectShape.parse(schemaOf(query));
  return Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [key, { required: required.includes(key), schema }]),
  );
}

function createComponents(): Components {
  const schemas: Record<string, unknown> = {};
  return {
    refer(schema) {
      const { $schema: _, $defs, ...own } = schemaOf(schema);
      for (const [id, definition] of Object.entries($defs ?? {})) schemas[id] = moved(definition);
      return asObject.parse(moved(own));
    },
    all: () => schemas,
  };
}

const asObject = z.record(z.string(), z.unknown());

/** The same, where everything that is referred to is among the components. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === '$ref' && typeof one === 'string'
        ? one.replace('#/$defs/', '#/components/schemas/')
        : moved(one),
    ]),
  );
}
