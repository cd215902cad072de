import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TypedFields, TypedFormsService } from '../../identity/sessions/typed-forms.service.ts'
import { TYPED_SECONDS } from '../../identity/sessions/typed-forms.service.ts'
import { cookieName, type RequestSessions } from './request-sessions.ts'

export interface TypingOptions extends RequestSessions {
  readonly typed: TypedFormsService
  readonly isSecure: boolean
  readonly setCookie: (reply: FastifyReply, name: 'typed', value: string, seconds: number) => void
}

export type Typing = ReturnType<typeof typing>

/** What somebody sent in a form when they had to sign in first, between their browser and where it waits for them. */
export function typing({ typed, knownOf, sessionOf, isSecure, setCookie }: TypingOptions) {
  /** Requests whose form has just been kept: it is sent when it is sent again. */
  const keeping = new WeakSet<FastifyRequest>()
  const secretOf = ({ cookies }: FastifyRequest) => cookies[cookieName('typed', isSecure)] || undefined

  return {
    /** Keeps the form of a request for whoever its session is or was of; answers whether there is such a person. */
    async keep(request: FastifyRequest, reply: FastifyReply, address: string): Promise<boolean> {
      const known = await knownOf(request)
      if (!known) return false
      keeping.add(request)
      const { _csrf, ...fields } = { ...(request.body as TypedFields & { readonly _csrf?: string }) }
      setCookie(reply, 'typed', await typed.keep(secretOf(request), { person: known.session, address }, fields), TYPED_SECONDS)
      return true
    },

    /** What whoever is signed in typed for this address; undefined: nothing that waits. */
    async find(request: FastifyRequest, address: string): Promise<TypedFields | undefined> {
      const secret = secretOf(request)
      const live = secret === undefined ? undefined : await sessionOf(request)
      return secret !== undefined && live ? typed.find(secret, { person: live.session, address }) : undefined
    },

    /** A form of this address was sent by whoever is signed in: nothing of it waits any longer. */
    async sent(request: FastifyRequest): Promise<void> {
      const secret = secretOf(request)
      if (secret !== undefined && !keeping.has(request)) await typed.drop(secret, { address: request.url })
    },
  }
}
