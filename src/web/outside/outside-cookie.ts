import type { FastifyRequest } from 'fastify'
import type { OutsideSession, OutsideSessionsService } from '../../people/outside/outside-sessions.service.ts'
import { cookieOf } from '../cookies.ts'

/** The session of somebody without an account that a request carries; undefined: it carries none that counts. */
export type OutsiderOf = (request: FastifyRequest) => Promise<OutsideSession | undefined>

/** The secret of such a session that a request carries; undefined: it carries none. */
export function outsideSecret(request: Pick<FastifyRequest, 'headers'>, isSecure: boolean): string | undefined {
  return cookieOf(request, 'outside', isSecure)
}

/** Who without an account sends a request: as it is `now`, asked anew each time, or as it was last `known` in this request. */
export function outsiderOfRequest(
  { find }: Pick<OutsideSessionsService, 'find'>,
  isSecure: boolean,
): { readonly now: OutsiderOf; readonly known: OutsiderOf } {
  const asked = new WeakMap<FastifyRequest, ReturnType<OutsiderOf>>()
  const now: OutsiderOf = async (request) => {
    const secret = outsideSecret(request, isSecure)
    if (secret === undefined) return undefined
    const found = find(secret)
    asked.set(request, found)
    return found
  }
  return { now, known: (request) => asked.get(request) ?? now(request) }
}

/** Ends the session that somebody without an account has in this browser, where they have one. */
export async function leave(
  request: FastifyRequest,
  { outside, isSecure }: { readonly outside: Pick<OutsideSessionsService, 'end'>; readonly isSecure: boolean },
  forget: () => void,
): Promise<void> {
  const secret = outsideSecret(request, isSecure)
  if (secret === undefined) return
  await outside.end(secret)
  forget()
}
