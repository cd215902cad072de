import type { FastifyRequest } from 'fastify'
import { KNOWN_AFTER_SECONDS } from '../../identity/sessions/sessions.service.ts'
import { ProblemError, problem, problemCodeOf } from '../../platform/http/problem.ts'
import { problemKinds } from '../../platform/http/refusals.ts'
import { cookieName } from '../cookies.ts'
import { chosen, field, type PageHandler } from '../forms.pages.ts'
import { leave } from '../outside/outside-cookie.ts'
import type { OfferedSignIn, Web } from '../web.plugin.ts'

/** Minutes for which a sign-in may be on its way. */
const SIGN_IN_SECONDS = 900
/** Characters of an address to come back to: a browser carries it in a cookie. */
const PATH_LENGTH_MAX = 1_000

/** The start page, signing in and out, changing the organisation, and the pages that every service has. */
export function entryPages({ open, openOperation, openForm, options, setCookie, typing }: Web): void {
  const { sessions, sessionOf, knownOf, signIns, isSecure, demoAccounts } = options

  /** Where somebody signs in: as they chose, else where they did before, else where everybody does. */
  async function signInFor(request: FastifyRequest): Promise<OfferedSignIn | undefined> {
    const key = chosen(request, 'issuer')
    if (key !== '') return signIns.find((one) => one.key === key)
    const before = await knownOf(request)
    return signIns.find(({ issuer }) => issuer === before?.session.issuer) ?? (signIns.length === 1 ? signIns[0] : undefined)
  }

  open('/', async () => ({ template: 'entry/start.njk', title: 'Share information lawfully, and show why' }))
  open('/sign-in', async (request) => {
    const returnTo = pathIn(chosen(request, 'return_to'))
    const isKept = chosen(request, 'kept') === 'yes'
    return { template: 'entry/sign-in.njk', title: 'Sign in', data: { returnTo, isKept, signIns, accounts: demoAccounts ?? [] } }
  })
  // Where a form is sent on to whose session had ended: it is kept until its person has signed in again, and then shown, not carried out.
  openForm('/sign-in/typed', async (request, reply) => {
    const address = pathIn(chosen(request, 'to'))
    const isKept = await typing.keep(request, reply, address)
    const back = chosen(request, 'page') === 'yes' ? address : `/sign-in/typed?${new URLSearchParams({ to: address })}`
    return { to: `/sign-in?${new URLSearchParams({ return_to: back, kept: isKept ? 'yes' : 'no' })}` }
  })
  open('/sign-in/typed', async (request) => {
    const address = pathIn(chosen(request, 'to'))
    const typed = await typing.find(request, address)
    if (!typed) return { to: '/work' }
    const fields = Object.entries(typed.fields).flatMap(([name, values]) => [values].flat().map((value) => ({ name, value })))
    const shown = fields.map(({ name, value }) => ({ name: name.replaceAll('_', ' '), value }))
    return { template: 'entry/typed.njk', title: 'What you typed was not sent', data: { address, fields, typed: shown } }
  })
  open('/sign-in/start', async (request, reply) => {
    const account = demoAccounts ? chosen(request, 'account') : ''
    const returnTo = pathIn(chosen(request, 'return_to'))
    const found = await signInFor(request)
    if (!found) return { to: `/sign-in?${new URLSearchParams({ return_to: returnTo })}` }
    const asked = { ...(account === '' ? {} : { account }), ...(chosen(request, 'again') === '' ? {} : { maxAge: 0 }) }
    const started = await found.signIn.start({ returnTo, ...asked }).catch((error: unknown) => {
      request.log.error({ err: error, issuer: found.issuer }, 'an issuer cannot be reached')
      throw new ProblemError(problem('OVERLOADED', 'Where you sign in cannot be reached at present. Try again in a few minutes.'))
    })
    setCookie(reply, 'sign-in', started.ticket, SIGN_IN_SECONDS)
    return { to: started.address.href }
  })
  const signedIn: PageHandler = async (request, reply) => {
    const { issuer: key = '' } = request.params as { readonly issuer?: string }
    const found = signIns.find((one) => one.key === key)
    if (!found) throw new ProblemError(problem('NOT_FOUND', 'There is nothing at this address.'))
    const ticket = request.cookies[cookieName('sign-in', isSecure)]
    const finished = await found.signIn.finish(new URL(request.url, 'http://here').searchParams, ticket)
    setCookie(reply, 'sign-in', '', 0)
    if (!finished.ok) {
      request.log.warn({ err: finished.refusal.cause, why: finished.refusal.why }, 'a sign-in came to nothing')
      return { template: 'entry/sign-in-failed.njk', title: 'You are not signed in', status: 400, data: { requestId: String(request.id) } }
    }
    const secret = await sessions.open(finished.value.signedIn, await knownOf(request))
    setCookie(reply, 'session', secret, options.sessionSeconds + KNOWN_AFTER_SECONDS)
    // Whoever signs in goes on with their account.
    await leave(request, options, () => setCookie(reply, 'outside', '', 0))
    return { to: finished.value.returnTo }
  }
  for (const path of ['/signed-in', '/signed-in/:issuer']) open(path, signedIn)
  // The cookie stays: it opens nothing any longer, and says whose a form is that is sent from another window.
  openForm('/sign-out', async (request) => {
    const session = await sessionOf(request)
    if (session) await sessions.end(session)
    return { to: '/' }
  })
  openForm('/organisation', async (request) => {
    const session = await sessionOf(request)
    if (!session) return { to: '/sign-in' }
    await sessions.actFor(session, field(request, 'org'))
    return { to: '/work' }
  })
  for (const [path, title] of [
    ['accessibility', 'Accessibility statement'],
    ['privacy', 'Privacy notice'],
    ['cookies', 'Cookies'],
    ['contact', 'Contact'],
  ] as const)
    open(`/${path}`, async () => ({ template: `entry/${path}.njk`, title }))
  // What the `type` of a problem points at.
  openOperation('getProblemPage', async (request) => {
    const code = problemCodeOf((request.params as { readonly code: string }).code)
    if (!code) throw new ProblemError(problem('NOT_FOUND', 'There is nothing at this address.'))
    const { title, status, explanation } = problemKinds[code]
    // Every other part stands in backquotes: a name of the API.
    return { template: 'entry/problem-kind.njk', title, data: { code, kindStatus: status, parts: explanation.split('`') } }
  })
}

/** A path of this service to go to afterwards; anything else is the list of work: no address of another host is followed. */
export function pathIn(wanted: string): string {
  if (!wanted.startsWith('/') || wanted.length > PATH_LENGTH_MAX || /[\\\s]/.test(wanted)) return '/work'
  const address = URL.canParse(wanted, 'http://here.invalid') ? new URL(wanted, 'http://here.invalid') : undefined
  // Looked at as it will be sent: dots in a path can leave two slashes at its beginning, which name another host.
  return address?.host === 'here.invalid' && !address.pathname.startsWith('//') ? `${address.pathname}${address.search}` : '/work'
}
