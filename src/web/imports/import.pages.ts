import type { FastifyRequest } from 'fastify'
import type { ImportRun, ImportRunsService } from '../../agreements/register-import/import-runs.service.ts'
import type { ImportsService } from '../../agreements/register-import/imports.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { importIn, opened, stateSeen } from './opened.ts'
import { FIELD_NAMES, fieldName } from './words.ts'

export interface ImportPagesOptions {
  readonly imports: Pick<ImportsService, 'read'>
  readonly runs: ImportRunsService
}

/** One import: what is left to say, how far it is, and taking its lines into the register and out of it. */
export function importPages({ imports, runs }: ImportPagesOptions) {
  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const found = await opened(imports, request)
    const { columns } = found.mapping
    return {
      ...{ template: 'imports/import.njk', title: 'Your register' },
      ...over,
      data: {
        ...{ found, here: `/imports/${found.id}`, running: runs.at(found.id) ?? null },
        read: FIELD_NAMES.filter(([name]) => columns[name] !== undefined).length,
        lacking: found.missing_fields.map(fieldName),
        toSay:
          found.questions.filter(({ is_needed }) => is_needed).length + found.open_partners.filter(({ orgs }) => orgs.length === 0).length,
      },
    }
  }
  const begun = async (request: FastifyRequest, what: ImportRun): Promise<Page | Redirect> => {
    const refusal = await runs.begin(what, callerOf(request), importIn(request), stateSeen(request))
    if (!refusal) return { to: `/imports/${importIn(request)}` }
    const template = what === 'undo' ? { template: 'imports/undo.njk', title: 'Undo this import' } : {}
    return shown(request, { ...template, status: 422, errors: refusedWith(refusal) })
  }

  return ({ app, page, form }: Web): void => {
    app.addHook('onClose', () => runs.stop())
    page('/imports/:id', 'getImport', (request) => shown(request))
    form('/imports/:id/commit', 'commitImport', (request) => begun(request, 'commit'))
    page('/imports/:id/undo', 'undoImport', (request) => shown(request, { template: 'imports/undo.njk', title: 'Undo this import' }))
    form('/imports/:id/undo', 'undoImport', (request) => begun(request, 'undo'))
  }
}
