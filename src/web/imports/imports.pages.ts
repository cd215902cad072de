import type { FastifyRequest } from 'fastify'
import type { ImportListService } from '../../agreements/register-import/import-list.service.ts'
import type { ImportsService } from '../../agreements/register-import/imports.service.ts'
import { CSV_BYTES_MAX, CSV_ROWS_MAX, decodeCsv } from '../../agreements/register-import/read-csv.service.ts'
import type { Once } from '../../commands/once.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answering } from '../../platform/kernel/refusal.ts'
import { sentBytes, sentFile } from '../evidence/uploads.pages.ts'
import { chosen, type FieldError, field, isKey, once as keyOf, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface ImportsPagesOptions {
  readonly imports: Pick<ImportsService, 'upload'>
  readonly importList: ImportListService
  readonly once: Once
}

const NO_FILE: FieldError = { field: 'file', text: 'Select the file of your register' }
const decoded = answering(async (bytes: Uint8Array, encoding: 'utf-8' | 'windows-1252') => decodeCsv(bytes, encoding))

/** The imports of the reader's organisation, and a new one. */
export function importsPages({ imports, importList, once }: ImportsPagesOptions) {
  function asked(request: FastifyRequest, errors: readonly FieldError[] = []): Page {
    return {
      ...{ template: 'imports/new.njk', title: 'Bring in your register' },
      ...(errors.length > 0 ? { status: 422, errors } : {}),
      data: { linesMax: CSV_ROWS_MAX, megabytesMax: CSV_BYTES_MAX / 1024 / 1024, encoding: field(request, 'encoding') },
    }
  }

  return ({ page, fileForm }: Web): void => {
    page('/imports', 'listImports', async (request) => {
      const before = chosen(request, 'before')
      const found = await importList.list(callerOf(request), isKey(before) ? { before } : {})
      return { template: 'imports/list.njk', title: 'Registers brought in', data: { imports: found.imports, next: found.next_before } }
    })
    page('/imports/new', 'importRegister', async (request) => asked(request))
    fileForm('/imports/new', 'importRegister', async (request): Promise<Page | Redirect> => {
      const file = sentFile(request)
      if (!file) return asked(request, [NO_FILE])
      const encoding = field(request, 'encoding') === 'windows-1252' ? 'windows-1252' : 'utf-8'
      const bytes = await sentBytes(file, CSV_BYTES_MAX)
      if (bytes === null) return asked(request, [{ field: 'file', text: 'The selected file could not be uploaded – try again' }])
      if (bytes.length === 0) return asked(request, [{ field: 'file', text: 'The selected file is empty' }])
      const text = await decoded(bytes, encoding)
      if (!text.ok)
        return asked(
          request,
          refusedWith(text.refusal, () => 'file'),
        )
      const principal = callerOf(request)
      const key = keyOf({ url: request.url, body: { token: field(request, '_csrf'), encoding, text: text.value } })
      const done = await once(principal, key, () => imports.upload(principal, text.value, {}))
      if (!done.ok)
        return asked(
          request,
          refusedWith(done.refusal, () => 'file'),
        )
      return { to: `/imports/${done.value.outcome.id}` }
    })
  }
}
