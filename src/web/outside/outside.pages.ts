import type { FastifyReply, FastifyRequest } from 'fastify'
import { OUTSIDE_SESSION_SECONDS } from '../../people/outside/outside-sessions.service.ts'
import { pathIn } from '../entry/entry.pages.ts'
import { chosen, faultsOf, field, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { leave } from './outside-cookie.ts'

/** How people without an account come in and go: the link of their mail, a code, a session for one agreement, its end. */
export function outsidePages({ open, openForm, options, setCookie }: Web): void {
  const { outside, outsiderOf } = options
  const finish = (request: FastifyRequest, reply: FastifyReply) => leave(request, options, () => setCookie(reply, 'outside', '', 0))
  const linkOf = (request: FastifyRequest) => (request.params as { readonly link: string }).link
  const at = (request: FastifyRequest, more = '') => {
    const wanted = chosen(request, 'return_to')
    return `/invitations/${encodeURIComponent(linkOf(request))}${more}${wanted === '' ? '' : `?return_to=${encodeURIComponent(wanted)}`}`
  }

  /** A page of an invitation that counts; any other is answered alike, whatever is the matter with it. */
  async function shown(request: FastifyRequest, template: string, title: string, over: Partial<Page> = {}): Promise<Page> {
    const invitation = await outside.look(linkOf(request))
    if (!invitation) return { template: 'outside/no-invitation.njk', title: 'This invitation cannot be used', status: 404 }
    const data = { invitation, here: at(request), codeAt: at(request, '/code') }
    return { template: `outside/${template}.njk`, title, data, ...over }
  }
  const codePage = (request: FastifyRequest, over: Partial<Page> = {}) => shown(request, 'code', 'Enter your code', over)

  open('/invitations/:link', (request) => shown(request, 'invitation', 'You are invited to read an agreement'))
  openForm('/invitations/:link', async (request) => {
    await outside.sendCode(linkOf(request))
    return { to: at(request, '/code') }
  })
  open('/invitations/:link/code', (request) => codePage(request))
  openForm('/invitations/:link/code', async (request, reply): Promise<Page | Redirect> => {
    const code = field(request, 'code').replaceAll(/\s/g, '')
    const isWritten = faultsOf('openOutsideSession', { code }).length === 0
    const text = code === '' ? 'Enter the code that was mailed to you' : 'A code has 8 digits'
    if (!isWritten) return codePage(request, { status: 422, errors: [{ field: 'code', text }] })
    const opened = await outside.open(linkOf(request), code)
    if (!opened.ok)
      return codePage(request, { status: 422, errors: [{ field: 'code', text: 'The code is not right, or its time is over' }] })
    const { token, agreement } = opened.value
    await finish(request, reply)
    setCookie(reply, 'outside', token, OUTSIDE_SESSION_SECONDS)
    const wanted = pathIn(chosen(request, 'return_to'))
    return { to: wanted === '/work' ? `/agreements/${encodeURIComponent(agreement)}` : wanted }
  })
  // Whoever signs proves once more who they are: by a new code to the same mailbox.
  open('/invited/again', async (request): Promise<Page | Redirect> => {
    const session = await outsiderOf(request)
    if (!session) return { to: '/invited/over' }
    return { to: `/invitations/${session.link}?return_to=${encodeURIComponent(pathIn(chosen(request, 'return_to')))}` }
  })
  const over = async (request: FastifyRequest): Promise<Page> => {
    const named = Object.keys((request.body as object | undefined) ?? {}).filter((name) => /^(text|reason|comment|reply)/.test(name))
    const written = named.map((name) => field(request, name)).filter((text) => text !== '')
    return { template: 'outside/over.njk', title: 'Your visit is over', status: 403, data: { written } }
  }
  open('/invited/over', over)
  openForm('/invited/over', over)
  openForm('/invited/finish', async (request, reply) => {
    await finish(request, reply)
    return { to: '/invited/finished' }
  })
  open('/invited/finished', async () => ({ template: 'outside/finished.njk', title: 'You have finished' }))
}
