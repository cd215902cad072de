import { fastifyCookie } from '@fastify/cookie'
import type { FastifyRequest } from 'fastify'

/** The name of a cookie that browsers keep for this host alone, where they reach it by https (RFC 6265bis, 4.1.3). */
export function cookieName(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name
}

/** What a request carries in a cookie; undefined: nothing. */
export function cookieOf({ headers }: Pick<FastifyRequest, 'headers'>, name: string, isSecure: boolean): string | undefined {
  return headers.cookie === undefined ? undefined : fastifyCookie.parse(headers.cookie)[cookieName(name, isSecure)] || undefined
}
