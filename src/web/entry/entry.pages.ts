import { chosen, field } from '../forms.pages.ts'
import { cookieName, sessionSecret, type Web } from '../web.plugin.ts'

/** Minutes for which a sign-in may be on its way. */
const SIGN_IN_SECONDS = 900

/** The start page, signing in and out, changing the organisation, and the pages that every service has. */
export function entryPages({ open, openForm, options, setCookie }: Web): void {
  const { sessions, sessionOf, signIn, isSecure, demoAccounts } = options

  open('/', async () => ({ template: 'entry/start.njk', title: 'Share information lawfully, and show why' }))
  open('/sign-in', async (request) => {
    const returnTo = pathIn(chosen(request, 'return_to'))
    return { template: 'entry/sign-in.njk', title: 'Sign in', data: { returnTo, accounts: demoAccounts ?? [] } }
  })
  open('/sign-in/start', async (request, reply) => {
    const account = demoAccounts ? chosen(request, 'account') : ''
    const started = await signIn.start({
      returnTo: pathIn(chosen(request, 'return_to')),
      ...(account === '' ? {} : { account }),
      ...(chosen(request, 'again') === '' ? {} : { maxAge: 0 }),
    })
    setCookie(reply, 'sign-in', started.ticket, SIGN_IN_SECONDS)
    return { to: started.address.href }
  })
  open('/signed-in', async (request, reply) => {
    const finished = await signIn.finish(new URL(request.url, 'http://here').searchParams, request.cookies[cookieName('sign-in', isSecure)])
    setCookie(reply, 'sign-in', '', 0)
    if (!finished.ok) {
      request.log.warn({ err: finished.refusal.cause, why: finished.refusal.why }, 'a sign-in came to nothing')
      return { template: 'entry/sign-in-failed.njk', title: 'You are not signed in', status: 400, data: { requestId: String(request.id) } }
    }
    const before = await sessionOf(request)
    const secret = await sessions.open(finished.value.signedIn, sessionSecret(request, isSecure), before?.session.org ?? null)
    setCookie(reply, 'session', secret, options.sessionSeconds)
    return { to: finished.value.returnTo }
  })
  openForm('/sign-out', async (request, reply) => {
    const session = await sessionOf(request)
    if (session) await sessions.end(session)
    setCookie(reply, 'session', '', 0)
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
}

/** A path of this service to go to afterwards; anything else is the list of work: no address of another host is followed. */
export function pathIn(wanted: string): string {
  if (!wanted.startsWith('/') || wanted.length > 500 || /[\\\s]/.test(wanted)) return '/work'
  const address = URL.canParse(wanted, 'http://here.invalid') ? new URL(wanted, 'http://here.invalid') : undefined
  return address?.host === 'here.invalid' && !wanted.startsWith('//') ? `${address.pathname}${address.search}` : '/work'
}
