import type { FastifyRequest } from 'fastify'
import type { OrganisationName, RegisteredOrganisation } from '../parties/organisation.ts'
import type { PartiesService } from '../parties/parties.service.ts'
import type { CodeList } from '../reference/code-list.ts'
import type { ReferenceService } from '../reference/reference.service.ts'

/** What every page puts into words with, read once however often a request asks for it. */
export interface RequestLists {
  /** All organisations of the register. */
  readonly organisationsFor: (request: FastifyRequest) => Promise<readonly RegisteredOrganisation[]>
  /** What they are called: all that most pages ask of them. */
  readonly namesFor: (request: FastifyRequest) => Promise<readonly OrganisationName[]>
  /** All code lists of the edition in use, local codes among them. */
  readonly listsFor: (request: FastifyRequest) => Promise<readonly CodeList[]>
}

/** Reads organisations and code lists when a request asks for them first, and once. */
export function requestLists(parties: Pick<PartiesService, 'all' | 'names'>, reference: Pick<ReferenceService, 'lists'>): RequestLists {
  const read = new WeakMap<FastifyRequest, Promise<readonly RegisteredOrganisation[]>>()
  const names = readOnce<readonly OrganisationName[]>(parties.names)
  return {
    organisationsFor: readOnce<readonly RegisteredOrganisation[]>(parties.all, read),
    namesFor: (request) => read.get(request) ?? names(request),
    listsFor: readOnce(reference.lists),
  }
}

function readOnce<T>(read: () => Promise<T>, asked = new WeakMap<FastifyRequest, Promise<T>>()): (request: FastifyRequest) => Promise<T> {
  return (request) => {
    const found = asked.get(request) ?? read()
    asked.set(request, found)
    // The page that says what failed is put into words too.
    found.catch(() => asked.delete(request))
    return found
  }
}
