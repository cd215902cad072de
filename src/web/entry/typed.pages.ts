import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TypedFields, TypedForm, TypedFormsService } from '../../identity/sessions/typed-forms.service.ts'
import { TYPED_SECONDS } from '../../identity/sessions/typed-forms.service.ts'
import { SentFile } from '../../platform/http/multipart-body.ts'
import { cookieName } from '../cookies.ts'

/** Beside the fields that are kept, where a file was sent with them: it is never kept. */
const FILE_LEFT = '_file'

export interface TypingOptions {
  /** Whose session a request carries, and whose it was where it has ended; undefined: nobody's. */
  readonly personOf: (request: FastifyRequest) => Promise<TypedForm['person'] | undefined>
  readonly lastPersonOf: (request: FastifyRequest) => Promise<TypedForm['person'] | undefined>
  readonly typed: TypedFormsService
  readonly isSecure: boolean
  readonly setCookie: (reply: FastifyReply, name: 'typed', value: string, seconds: number) => void
}

export type Typing = ReturnType<typeof typing>

/** What somebody sent in a form when they had to sign in first, between their browser and where it waits for them. */
export function typing({ typed, personOf, lastPersonOf, isSecure, setCookie }: TypingOptions) {
  /** Requests whose form has just been kept: it is sent when it is sent again. */
  const keeping = new WeakSet<FastifyRequest>()
  const secretOf = ({ cookies }: FastifyRequest) => cookies[cookieName('typed', isSecure)] || undefined

  return {
    /** Keeps the form of a request for whoever its session is or was of; answers whether there is such a person. */
    async keep(request: FastifyRequest, reply: FastifyReply, address: string): Promise<boolean> {
      const person = await lastPersonOf(request)
      if (!person) return false
      keeping.add(request)
      const { _csrf, [FILE_LEFT]: _forged, ...sent } = { ...(request.body as Readonly<Record<string, TypedFields[string] | SentFile>>) }
      const isFile = (value: unknown): value is SentFile => value instanceof SentFile
      const texts = Object.entries(sent).filter((one): one is [string, TypedFields[string]] => !isFile(one[1]))
      const fields = { ...Object.fromEntries(texts), ...(Object.values(sent).some(isFile) ? { [FILE_LEFT]: 'yes' } : {}) }
      setCookie(reply, 'typed', await typed.keep(secretOf(request), { person, address }, fields), TYPED_SECONDS)
      return true
    },

    /** What whoever is signed in typed for this address, and whether a file was sent with it, which was not kept; undefined: nothing that waits. */
    async find(
      request: FastifyRequest,
      address: string,
    ): Promise<{ readonly fields: TypedFields; readonly isFileLeft: boolean } | undefined> {
      const secret = secretOf(request)
      const person = secret === undefined ? undefined : await personOf(request)
      const found = secret !== undefined && person ? await typed.find(secret, { person, address }) : undefined
      if (!found) return undefined
      const { [FILE_LEFT]: left, ...fields } = found
      return { fields, isFileLeft: left !== undefined }
    },

    /** A form of this address was sent by whoever is signed in: nothing of it waits any longer. */
    async sent(request: FastifyRequest): Promise<void> {
      const secret = secretOf(request)
      if (secret !== undefined && !keeping.has(request)) await typed.drop(secret, { address: request.url })
    },
  }
}
