import type { FastifyRequest } from 'fastify'
import type { ImportView } from '../../agreements/register-import/import-view.ts'
import type { ImportsService, RowsQuery } from '../../agreements/register-import/imports.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { field } from '../forms.pages.ts'

/** Which import a page is of. */
export function importIn(request: FastifyRequest): string {
  return (request.params as { readonly id: string }).id
}

/** The import that a page is of, with some of its lines. @throws Refused 404 where the reader may not see it */
export async function opened(
  imports: Pick<ImportsService, 'read'>,
  request: FastifyRequest,
  query: RowsQuery = { limit: 1 },
): Promise<ImportView> {
  return orThrow(await imports.read(callerOf(request), importIn(request), query)).outcome
}

/** The state of the import that a form was shown with, as `If-Match` names it. */
export function stateSeen(request: FastifyRequest): string {
  return etagOf(field(request, 'version'))
}
