import type { TestPages } from './browser.ts'

/** What a visitor was answered. */
export interface Visited {
  readonly status: number
  readonly location: string | null
  readonly text: string
  readonly cookies: readonly string[]
  readonly headers: Readonly<Record<string, unknown>>
}

const FORM = 'application/x-www-form-urlencoded'

export type Visitor = ReturnType<typeof visitorOf>

/** A browser without a window: it keeps cookies and follows redirects, to the issuer as well. */
export function visitorOf({ service, address }: TestPages) {
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (origin: string) => {
    const jar = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, jar)
    return jar
  }
  const keep = (origin: string, cookies: readonly string[]) => {
    for (const cookie of cookies) {
      const [pair = ''] = cookie.split(';')
      const at = pair.indexOf('=')
      if (/max-age=0/i.test(cookie)) jarOf(origin).delete(pair.slice(0, at))
      else jarOf(origin).set(pair.slice(0, at), pair.slice(at + 1))
    }
  }
  const cookieOf = (origin: string) => [...jarOf(origin)].map(([name, value]) => `${name}=${value}`).join('; ')
  const go = async (path: string, method: 'GET' | 'POST' = 'GET', body?: string | Buffer, bodyType = FORM): Promise<Visited> => {
    const url = new URL(path, address)
    if (url.origin === address) {
      const cookie = cookieOf(address)
      const type = body === undefined ? {} : { 'content-type': bodyType }
      const request = { method, url: `${url.pathname}${url.search}`, headers: { cookie, accept: 'text/html', ...type } }
      const reply = await service.inject({ ...request, ...(body === undefined ? {} : { payload: body }) })
      const cookies = [reply.headers['set-cookie'] ?? []].flat()
      keep(address, cookies)
      const location = (reply.headers['location'] as string | undefined) ?? null
      // Sent on with its body, as a browser does (RFC 9110, 15.4.8).
      if (reply.statusCode === 307 && location !== null) return go(location, method, body, bodyType)
      return { status: reply.statusCode, location, text: reply.body, cookies, headers: reply.headers }
    }
    const reply = await fetch(url, { redirect: 'manual', headers: { cookie: cookieOf(url.origin) } })
    keep(url.origin, reply.headers.getSetCookie())
    return { status: reply.status, location: reply.headers.get('location'), text: await reply.text(), cookies: [], headers: {} }
  }
  return {
    go,
    jar: jarOf(address),
    /** Follows redirects until a page comes; answers that and the addresses on the way. */
    async follow(path: string): Promise<Visited & { readonly way: readonly string[] }> {
      const way: string[] = []
      let at = new URL(path, address).href
      for (let hops = 0; hops < 10; hops += 1) {
        way.push(at)
        const reply = await go(at)
        if (reply.location === null) return { ...reply, way }
        at = new URL(reply.location, at).href
      }
      throw new Error('too many redirects')
    },
    /** Sends a form of a page with its hidden token. */
    async send(page: string, action: string, fields: Readonly<Record<string, string>>): Promise<Visited> {
      const [, token = ''] = /name="_csrf" value="([^"]+)"/.exec((await go(page)).text) ?? []
      return go(action, 'POST', new URLSearchParams({ _csrf: token, ...fields }).toString())
    },

    /** Sends the form of a page that asks for a file and nothing else. */
    async sendFile(page: string, file: File): Promise<Visited> {
      const form = new FormData()
      form.append('_csrf', /name="_csrf" value="([^"]+)"/.exec((await go(page)).text)?.[1] ?? '')
      form.append('file', file)
      const written = new Response(form)
      return go(page, 'POST', Buffer.from(await written.arrayBuffer()), written.headers.get('content-type') ?? '')
    },
  }
}

/** Signs a visitor in as somebody of the demo, and answers the page that came then. */
export function signIn(who: Visitor, account: string, returnTo = '/work'): ReturnType<Visitor['follow']> {
  return who.follow(`/sign-in/start?account=${account}&return_to=${encodeURIComponent(returnTo)}`)
}

/** What a page says without its tags, with single blanks. */
export function said(html: string): string {
  return html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ')
}
