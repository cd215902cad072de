import type { FastifyRequest } from 'fastify'
import { JUDGEMENTS, USE_COLUMNS } from '../../decisions/manifests/manifest-use.ts'
import type { ManifestUsesService } from '../../decisions/manifests/manifest-uses.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import { chosen, isKey, type Page } from '../forms.pages.ts'
import { everyRow, fileAt, READ_AT_ONCE, sendCsv } from '../list-files.pages.ts'
import { askedDays, DAY_FIELDS } from '../log/asked-days.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'

export interface ManifestUsePagesOptions extends Pick<RequestLists, 'organisationsFor'> {
  readonly manifestUses: Pick<ManifestUsesService, 'list'>
}

const PAGE = 50
const AT = '/manifest-uses'

/** What was shared while Accord could not be reached, as systems reported it afterwards: the list of `GET /v1/permissions/manifest/uses` for officers, and as a file. */
export function manifestUsePages({ manifestUses, organisationsFor }: ManifestUsePagesOptions) {
  /** What the address asks for; whatever none of the choices of the form stands for narrows nothing. */
  async function asked(request: FastifyRequest) {
    const { from, to, errors } = askedDays(request)
    const organisations = await organisationsFor(request)
    const other = organisations.find(({ code }) => code === chosen(request, 'with'))?.code
    const judged = JUDGEMENTS.find((one) => one === chosen(request, 'judged'))
    const agreement = chosen(request, 'agreement').slice(0, 100) || undefined
    const before = chosen(request, 'before')
    const days = Object.fromEntries(DAY_FIELDS.map((name) => [name, chosen(request, name).slice(0, 10)]))
    return {
      ...{ errors, before: isKey(before) ? before : undefined },
      filter: { from, to, with: other, judged, agreement },
      form: { ...days, with: other, judged, agreement },
    }
  }

  async function shown(request: FastifyRequest): Promise<Page> {
    const principal = callerOf(request)
    const { errors, before, filter, form } = await asked(request)
    const found =
      errors.length > 0 ? { uses: [], next_before: null } : await manifestUses.list(principal, { ...filter, before, limit: PAGE })
    return {
      template: 'sharing/manifest-uses.njk',
      title: 'What was shared while Accord could not be reached',
      ...(errors.length > 0 ? { status: 422, errors } : {}),
      data: {
        ...{ form, uses: found.uses, isLater: before !== undefined, isAuditor: permits(principal.roles, 'agreement:audit') },
        isNarrowed: Object.values(form).some(Boolean),
        ...{ first: fileAt(AT, form), csv: fileAt(`${AT}.csv`, { ...form, before }) },
        next: found.next_before && fileAt(AT, { ...form, before: found.next_before }),
      },
    }
  }

  return ({ page, file }: Web): void => {
    page(AT, 'listManifestUses', shown)
    file(`${AT}.csv`, 'listManifestUses', async (request, reply) => {
      const { before: first, filter } = await asked(request)
      const read = async (before: string | undefined) => {
        const { uses: rows, next_before: next } = await manifestUses.list(callerOf(request), { ...filter, before, limit: READ_AT_ONCE })
        return { rows, next }
      }
      return sendCsv(reply, 'shared-on-manifests.csv', USE_COLUMNS, everyRow(first, read))
    })
  }
}
