import type { FastifyRequest } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import { outsideOperation } from '../identity/outsider.ts'
import { isPermission, permits } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import { contract, type OperationId } from '../platform/http/openapi.ts'
import { ProblemError, problem } from '../platform/http/problem.ts'
import { isKey } from './forms.pages.ts'

/** A page is for whoever has a session; the operation says who of them. */
export function standingFor(id: OperationId) {
  const standsFor = contract.operations.get(id)
  return { access: 'session', ...(standsFor ? { standsFor } : {}) } as const
}

/** Whether somebody may call an operation of the API: by their roles, and without an account only what is open to outsiders. */
export function mayCall({ roles, invitedTo }: Pick<Principal, 'roles' | 'invitedTo'>, id: OperationId): boolean {
  const sufficient = [contract.operations.get(id)?.permission ?? []].flat()
  const isOpen = invitedTo === undefined || outsideOperation(id) !== undefined
  return isOpen && sufficient.some((one) => isPermission(one) && permits(roles, one))
}

/** Whether whoever asks reads pages, as browsers say that they do. */
export function readsPages({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') ?? false
}

/** A word of an address that is no key, where the operation takes one, names nothing. @throws ProblemError 404 */
function mustNameSomething(request: FastifyRequest, id: OperationId): void {
  const { properties = {} } = (contract.operations.get(id)?.schema.params ?? {}) as {
    readonly properties?: Readonly<Record<string, { readonly format?: string }>>
  }
  const words = Object.entries(request.params as Readonly<Record<string, string>>)
  if (words.some(([name, word]) => properties[name]?.format === 'uuid' && !isKey(word)))
    throw new ProblemError(problem('NOT_FOUND', 'There is nothing at this address.'))
}

/** Who may open a page is who may call the operation of the API that it stands for. @throws ProblemError 403, and 404 for an address of nothing */
export function mustBePermitted(request: FastifyRequest, id: OperationId): void {
  if (!mayCall(callerOf(request), id)) throw new ProblemError(problem('FORBIDDEN', 'None of your roles lets you see or do this.'))
  mustNameSomething(request, id)
}
