import type { FastifyRequest } from 'fastify'
import type { PermissionPage, PermissionsQuery, PermissionsService } from '../../decisions/permitted/permissions.service.ts'
import { traceOf } from '../../decisions/trace.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { chosen, type Page } from '../forms.pages.ts'
import { fileAt, LINES_MAX, READ_AT_ONCE, sendCsv } from '../list-files.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'

export interface PermissionPagesOptions extends RequestLists {
  readonly permissions: Pick<PermissionsService, 'list'>
}

type Line = PermissionPage['permissions'][number]
type Narrowed = Pick<PermissionsQuery, 'direction' | 'with' | 'purpose'>

const LINES = 50
/** A page of the table may hold few lines and not be the last: so many are read for one file, each recorded. */
const READS_MAX = 100
const COLUMNS = [
  ...['provider', 'recipient', 'purpose', 'data_items', 'data_subjects', 'methods', 'countries', 'data_form'],
  ...['subject_count', 'record_count', 'agreement', 'version', 'flow'],
  ...['provider_lawful_basis', 'provider_gateways', 'recipient_lawful_basis', 'recipient_gateways', 'expires_at'],
] as const

/** What the reader's organisation may send or receive now, as a table and a file, by the same recorded search as `GET /v1/permissions`. */
export function permissionPages({ permissions, organisationsFor, listsFor }: PermissionPagesOptions) {
  /** What the address asks for; whatever none of the choices of the form stands for narrows nothing. */
  async function narrowedBy(request: FastifyRequest): Promise<Narrowed> {
    const [organisations, lists] = [await organisationsFor(request), await listsFor(request)]
    const codes = lists.find(({ list }) => list === 'PURPOSE')?.entries ?? []
    const known = (name: string, of: readonly { readonly code: string }[]) => of.find(({ code }) => code === chosen(request, name))?.code
    const [other, purpose] = [known('with', organisations), known('purpose', codes)]
    return {
      direction: chosen(request, 'direction') === 'RECEIVE' ? 'RECEIVE' : 'SEND',
      ...(other ? { with: other } : {}),
      ...(purpose ? { purpose } : {}),
    }
  }

  const find = (request: FastifyRequest, query: PermissionsQuery) =>
    permissions.list({ caller: callerOf(request), trace: traceOf(request.headers['traceparent']) }, query)

  async function shown(request: FastifyRequest): Promise<Page> {
    const narrowed = await narrowedBy(request)
    const token = chosen(request, 'token')
    const found = await find(request, { ...narrowed, limit: LINES, ...(token === '' ? {} : { token }) })
    // A later page is given for 15 minutes, and only to whoever was given the first: then one begins again.
    const isOver = !found.ok && token !== '' && found.refusal.code === 'INVALID_REQUEST'
    const page = isOver ? undefined : (JSON.parse(orThrow(found).text) as PermissionPage)
    const at = (path: string, more: { readonly token?: string } = {}) => fileAt(path, { ...narrowed, ...more })
    return {
      template: 'sharing/permissions.njk',
      title: 'What may be shared now',
      ...(isOver ? { status: 400 } : {}),
      data: {
        ...{ narrowed, isOver, isLater: token !== '', isNarrowed: Boolean(narrowed.with ?? narrowed.purpose) },
        ...{ found: page, lines: page?.permissions ?? [], hasChanged: page && page.policy_revision !== page.first_policy_revision },
        ...{ first: at('/permissions'), all: `/permissions?direction=${narrowed.direction}`, csv: at('/permissions.csv') },
        next: page?.next_token ? at('/permissions', { token: page.next_token }) : null,
        isSent: narrowed.direction === 'SEND',
      },
    }
  }

  /** The first page is read before anything is sent: what is refused is told as a problem. */
  async function linesOf(request: FastifyRequest): Promise<AsyncGenerator<object>> {
    const narrowed = await narrowedBy(request)
    const read = async (token?: string) =>
      JSON.parse(
        orThrow(await find(request, { ...narrowed, limit: READ_AT_ONCE, ...(token === undefined ? {} : { token }) })).text,
      ) as PermissionPage
    const first = await read()
    return (async function* () {
      let page = first
      for (let [taken, reads] = [0, 1]; ; reads += 1) {
        yield* page.permissions.map(inColumns)
        taken += page.permissions.length
        if (page.next_token === null || taken >= LINES_MAX || reads === READS_MAX) return
        page = await read(page.next_token)
      }
    })()
  }

  return ({ page, file }: Web): void => {
    page('/permissions', 'listPermissions', shown)
    file('/permissions.csv', 'listPermissions', async (request, reply) =>
      sendCsv(reply, 'permissions.csv', COLUMNS, await linesOf(request)),
    )
  }
}

/** A line with the law of each side in columns of its own. */
function inColumns({ legal, ...line }: Line): object {
  const codes = (ground: { readonly gateways: readonly { readonly code: string }[] } | null | undefined) =>
    ground?.gateways.map(({ code }) => code)
  return {
    ...line,
    ...{ provider_lawful_basis: legal?.provider.lawful_basis, provider_gateways: codes(legal?.provider) },
    ...{ recipient_lawful_basis: legal?.recipient?.lawful_basis, recipient_gateways: codes(legal?.recipient) },
  }
}
