import assert from 'node:assert/strict'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Role } from '../../src/identity/permissions.ts'
import type { TestDatabase } from './database.ts'
import type { TestService } from './service.ts'

/** What came back; a body that is JSON has been read. */
export interface ApiReply {
  readonly status: number
  readonly headers: LightMyRequestResponse['headers']
  // biome-ignore lint/suspicious/noExplicitAny: a test names the members it asserts; the contract checks all of them
  readonly body: any
  readonly text: string
  readonly etag: string
}

export interface ApiRequest {
  readonly body?: unknown
  readonly ifMatch?: string
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type ApiCaller = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, request?: ApiRequest) => Promise<ApiReply>

/** Calls the service as a person of an organisation with these roles. */
export async function personOf(service: TestService, org: string, roles: readonly Role[], sub?: string): Promise<ApiCaller> {
  const authorization = await service.as({ org, roles: [...roles], ...(sub === undefined ? {} : { sub }) })
  return async (method, url, { body, ifMatch, key, headers } = {}) => {
    const reply = await service.inject({
      method,
      url,
      headers: { ...authorization, ...headers, ...(ifMatch ? { 'if-match': ifMatch } : {}), ...(key ? { 'idempotency-key': key } : {}) },
      ...(body === undefined ? {} : { payload: body as NonNullable<InjectOptions['payload']> }),
    })
    const isJson = String(reply.headers['content-type'] ?? '').includes('json')
    return {
      status: reply.statusCode,
      headers: reply.headers,
      body: isJson && reply.body ? JSON.parse(reply.body) : reply.body,
      text: reply.body,
      etag: String(reply.headers['etag'] ?? ''),
    }
  }
}

/** The law of a controller in its public task, for housing. */
export const HOUSING_LAW = {
  regime: 'UK_GDPR',
  art6: ['6(1)(e)'],
  gateways: ['HA1996_PART7'],
}

/** A flow between two boroughs that names known codes only. */
export function aFlow(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: 'F1',
    providers: ['LBC_CAMDEN'],
    recipients: ['LBC_HACKNEY'],
    purpose: 'HOMELESSNESS.PLACEMENT_NOTIFICATION',
    data_items: ['IDENTITY.NAME', 'CONTACT.ADDRESS'],
    data_subjects: ['HOMELESS_APPLICANT'],
    methods: ['API_MTLS'],
    countries: ['GB'],
    legal: { provider: HOUSING_LAW, recipient: HOUSING_LAW },
    confidentiality: 'NOT_ENGAGED',
    retention_days: 365,
    onward: 'WITH_PROVIDER_APPROVAL',
    frequency: 'ON_EVENT',
    ...over,
  }
}

export const TWO_PARTIES = [
  { org: 'LBC_CAMDEN', role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] },
  { org: 'LBC_HACKNEY', role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] },
]

/** A draft of Camden's with Hackney as its other party; answers its reference and `ETag`. */
export async function aDraft(camden: ApiCaller, title = 'Placements between two boroughs'): Promise<{ id: string; etag: string }> {
  const begun = await camden('POST', '/v1/agreements', { body: { title, instrument_type: 'CONTROLLER_TO_CONTROLLER' } })
  const id = String(begun.body.id)
  const written = await camden('PUT', `/v1/agreements/${id}/draft/parties`, { body: { parties: TWO_PARTIES }, ifMatch: begun.etag })
  return { id, etag: written.etag }
}

/** The database of a service that has one of its own, for looking behind its back. */
export function databaseOf(service: TestService): TestDatabase {
  assert(service.database, 'the service runs on a database of its own')
  return service.database
}
