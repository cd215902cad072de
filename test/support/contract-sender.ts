import type { LightMyRequestResponse } from 'fastify'
import { addressOf, callerFor, operations, type WalkedOperation } from './contract-walk.ts'
import type { TestService } from './service.ts'

/** Sends requests of the contract's own examples, but for what a test puts in. */
export interface ContractSender {
  send(operation: WalkedOperation, over?: { readonly url?: string; readonly payload?: string | Buffer }): Promise<LightMyRequestResponse>
  /** The operation with this name. */
  of(id: string): WalkedOperation
}

/** Operations that take a JSON body. */
export const withJson = operations.filter(({ body }) => body?.type.includes('json'))

/** The text of a body, as an example writes it. */
export const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body ?? {}))

export function contractSender(service: TestService): ContractSender {
  const tokens = new Map<string, Promise<{ readonly authorization: string }>>()
  const headersOf = (operation: WalkedOperation) => {
    const key = JSON.stringify(operation.permission)
    const known = tokens.get(key) ?? service.as(callerFor(operation))
    tokens.set(key, known)
    return known
  }
  return {
    async send(operation, over = {}) {
      const payload = over.payload ?? (operation.body === undefined ? undefined : textOf(operation.body.example))
      return service.inject({
        method: operation.method as 'GET',
        url: over.url ?? addressOf(operation),
        headers: {
          ...(operation.isPublic ? {} : await headersOf(operation)),
          'if-match': '"999"',
          ...(payload === undefined ? {} : { 'content-type': operation.body?.type ?? 'application/json' }),
        },
        ...(payload === undefined ? {} : { payload }),
      })
    },
    of(id) {
      const found = operations.find((operation) => operation.id === id)
      if (!found) throw new Error(`the contract has no operation ${id}`)
      return found
    },
  }
}

/** Why a reply is no refusal of what was sent, at this place; undefined when it is one. */
export function notRefused(reply: LightMyRequestResponse, pointer?: string): string | undefined {
  if (reply.statusCode !== 400 || !/^application\/problem\+json/.test(String(reply.headers['content-type'])))
    return `${reply.statusCode} ${reply.body.slice(0, 200)}`
  const places = (reply.json().errors ?? []).map((one: { readonly pointer: string }) => one.pointer)
  return pointer === undefined || places.join() === pointer ? undefined : `names ${places.join()} instead of ${pointer}`
}
