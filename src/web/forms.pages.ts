import type { FastifyReply, FastifyRequest } from 'fastify'
import { sha256Hex } from '../audit/format/canonical-json.ts'
import type { IdempotencyKey } from '../commands/command.ts'
import { contract, type OperationId } from '../platform/http/openapi.ts'
import type { Refusal } from '../platform/kernel/refusal.ts'
import { stableJson } from '../platform/kernel/stable-json.ts'

/** A page as its handler answers it: which template, its title, what it shows. */
export interface Page {
  readonly template: string
  /** The h1 and the beginning of the window's title. */
  readonly title: string
  /** 200 unless it says otherwise; a form that was refused is shown again with 422. */
  readonly status?: number
  readonly data?: Readonly<Record<string, unknown>>
  /** What is wrong, beside its field and in the summary. */
  readonly errors?: readonly FieldError[]
}

/** What is wrong with a field of a form; `field` empty: with all of it. */
export interface FieldError {
  readonly field: string
  readonly text: string
}

/** Where to go after a form was taken: with 303, so that nothing is sent twice by the back button. */
export interface Redirect {
  readonly to: string
}

/** Answers a request with a page or sends the browser on. */
export type PageHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<Page | Redirect>

/** The text of a field; empty where it did not come or came more than once. */
export function field(request: Pick<FastifyRequest, 'body'>, name: string): string {
  const value = (request.body as Readonly<Record<string, unknown>> | undefined)?.[name]
  return typeof value === 'string' ? value.trim() : ''
}

/**
 * The key under which a form is taken: of the same page, sent again as it was, it is the same act, which is done once. The token of a form is
 * another one each time a page is shown.
 */
export function once({ url, body }: Pick<FastifyRequest, 'url' | 'body'>): IdempotencyKey {
  const key = sha256Hex(`${url}\n${stableJson(body ?? null)}`)
  return { key, requestHash: key }
}

/** The boxes of a name that were ticked. */
export function boxes(request: Pick<FastifyRequest, 'body'>, name: string): readonly string[] {
  const value = (request.body as Readonly<Record<string, unknown>> | undefined)?.[name]
  return value === undefined ? [] : ([value].flat() as string[])
}

/** A choice of the address; empty where it was not made. */
export function chosen(request: Pick<FastifyRequest, 'query'>, name: string): string {
  const value = (request.query as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' ? value.trim() : ''
}

/** Whether a word of an address or a form is a key, as everything here has one (RFC 9562). */
export function isKey(word: unknown): word is string {
  return typeof word === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(word)
}

/** The number of a version in an address; 0, which no version has: it is none. */
export function versionIn(word: string): number {
  return /^[1-9]\d{0,4}$/.test(word) ? Number(word) : 0
}

/** The number of an act in an address, after which later ones are shown; 0, before all of them: it is none. */
export function sequenceIn(word: string): number {
  return /^[1-9]\d{0,14}$/.test(word) ? Number(word) : 0
}

/** The lines of a field, without those that are empty. */
export function linesIn(request: Pick<FastifyRequest, 'body'>, name: string): string[] {
  return field(request, name)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** The member of a body that a JSON pointer leads into: the field of a form has its name. */
export function memberAt(pointer: string): string {
  return pointer.split('/')[1] ?? ''
}

/** What a body breaks of the contract of an operation, each beside its field: pages take what the API takes, and nothing else. */
export function faultsOf(operation: OperationId, body: unknown, fieldAt = memberAt): FieldError[] {
  return contract.faultsOf(operation, body).map(({ pointer, detail }) => ({ field: fieldAt(pointer), text: detail }))
}

/** What a service refused, in its own words: at the head of the form, or beside the field of what it names. */
export function refusedWith({ detail, errors: [first] }: Refusal, fieldAt: (pointer: string) => string = () => ''): FieldError[] {
  return [{ field: fieldAt(first?.pointer ?? ''), text: first?.detail ?? detail }]
}
