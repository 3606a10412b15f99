// The contract as OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as the schema library prints it.
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { FAULTS } from '../core/index.ts'
import { BASE, ROUTES, type RouteSpec } from './contract.ts'
import { typeOf } from './problem.ts'

type Json = Record<string, unknown>

/** A schema; those with a name of their own go to `shared`: in the place where the library puts them no reference finds them. */
function schemaOf(type: z.ZodType, io: 'input' | 'output', shared: Json): Json {
  const printed = JSON.stringify(z.toJSONSchema(type, { io, target: 'draft-2020-12' }))
  const { $schema: _, $defs, ...schema } = JSON.parse(printed.replaceAll('"#/$defs/', `"#${SHARED}`)) as Json
  Object.assign(shared, $defs)
  return schema
}
const SHARED = '/components/schemas/'

const PROBLEM: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'instance'],
  properties: {
    type: { type: 'string', examples: [typeOf('access_denied')] },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'Id of the request, as in x-request-id.' },
    code: { type: 'string', enum: Object.keys(FAULTS) },
    param: { type: 'string' },
    decision: { type: 'string' },
    ask: { type: 'string', description: 'How to ask for access.' },
    next: { type: 'string', description: 'What helps on: a command, or where to ask.' },
  },
}

/** Printing all schemas takes long enough to be felt by calls: between two routes they get a turn. */
export async function createOpenApi(product: string): Promise<Json> {
  const paths: Record<string, Json> = {}
  const schemas: Json = { Problem: PROBLEM }
  for (const [id, route] of Object.entries(ROUTES) as [string, RouteSpec][]) {
    await setImmediate()
    const path = BASE + route.path
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(id, route, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Sallyport admin API', version: product.split(' ').at(-1) ?? '0' },
    security: [{ bearer: [] }, { key: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas,
    },
  }
}

function operation(id: string, route: RouteSpec, schemas: Json): Json {
  const parameters = [
    ...[...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...(route.query ? queryParameters(route.query, schemas) : []),
    ...(route.idempotent ? [header('idempotency-key', 'A repeated request with this key gets the first answer.')] : []),
    ...(route.versioned && route.method !== 'GET' ? [header('if-match', 'Refuse with 412 if it has changed.')] : []),
  ]
  const content = route.stream
    ? { 'text/event-stream': { schema: { type: 'string' } } }
    : { 'application/json': { schema: route.output ? schemaOf(route.output, 'output', schemas) : {} } }
  return {
    operationId: id,
    summary: route.summary,
    tags: [id.split('.')[0]],
    'x-sallyport-action': route.action,
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(route.body, 'input', schemas) } },
      },
    }),
    responses: {
      [route.status ?? 200]: { description: route.summary, content },
      default: {
        description: 'Refused or failed',
        content: { 'application/problem+json': { schema: { $ref: `#${SHARED}Problem` } } },
      },
    },
  }
}

const header = (name: string, description: string): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
})

function queryParameters(query: z.ZodType, shared: Json): Json[] {
  const { properties = {}, required = [] } = schemaOf(query, 'input', shared) as {
    properties?: Json
    required?: string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}
