import type { RouteGenericInterface } from 'fastify'
import type { operations } from './api.gen.ts'

/** The name of an operation of the contract (`operationId`). */
export type OperationId = keyof operations

type Content<R> = R extends { readonly content: infer C } ? C[keyof C] : undefined
/** The statuses a handler may reply with; `default` is left out, so an undocumented status does not compile. */
type Replies<R> = { [K in Extract<keyof R, number>]: Content<R[K]> }
type Parameters<O, P extends string> = O extends { readonly parameters: infer A }
  ? P extends keyof A
    ? NonNullable<A[P]>
    : unknown
  : unknown
/** Undefined where there is none, and besides where it may be left out. */
type RequestBody<O> = O extends { readonly requestBody: infer B }
  ? Content<B>
  : O extends { readonly requestBody?: infer B }
    ? [NonNullable<B>] extends [never]
      ? undefined
      : Content<NonNullable<B>> | undefined
    : undefined

/**
 * An operation of the contract as Fastify's route generic: `app.route<Operation<'decide'>>({...operation('decide'), handler})`.
 * `Ops` is the generated `operations` of another contract; only tests need it.
 */
export interface Operation<K extends keyof Ops, Ops = operations> extends RouteGenericInterface {
  Params: Parameters<Ops[K], 'path'>
  Querystring: Parameters<Ops[K], 'query'>
  Headers: Parameters<Ops[K], 'header'>
  Body: RequestBody<Ops[K]>
  Reply: Ops[K] extends { readonly responses: infer R } ? Replies<R> : never
}

/** The body an operation takes. */
export type BodyOf<K extends OperationId> = Operation<K>['Body']
/** The body an operation replies with under a status. */
export type ReplyOf<K extends OperationId, S extends keyof Operation<K>['Reply']> = Operation<K>['Reply'][S]
