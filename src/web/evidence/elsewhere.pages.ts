import type { FastifyRequest } from 'fastify'
import type { attestingService } from '../../agreements/acts/attesting.service.ts'
import type { evidenceService } from '../../agreements/acts/evidence.service.ts'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import type { HistoryService } from '../../agreements/texts/history.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import { faultsOf, field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'

export interface ElsewherePagesOptions extends Pick<RequestLists, 'organisationsFor'> {
  readonly attesting: Pick<ReturnType<typeof attestingService>, 'list' | 'attest' | 'dispute'>
  readonly evidence: Pick<ReturnType<typeof evidenceService>, 'list'>
  readonly drafting: Pick<DraftingService, 'read'>
  readonly history: Pick<HistoryService, 'state'>
}

/** Signatures given elsewhere on an agreement: how each party has signed, what shows it, and who attests or disputes it. */
export function elsewherePages({ attesting, evidence, drafting, history, organisationsFor }: ElsewherePagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly id: string; readonly statementId: string }
  const listAt = (request: FastifyRequest) => `/agreements/${encodeURIComponent(params(request).id)}/signatures-elsewhere`
  const callFor = (request: FastifyRequest) => ({
    principal: callerOf(request),
    idempotency: once(request),
    agreementId: params(request).id,
  })

  async function known(request: FastifyRequest) {
    const { id } = params(request)
    const principal = callerOf(request)
    const { statements } = orThrow(await attesting.list(principal, id))
    const { files } = orThrow(await evidence.list(principal, id))
    const { outcome: agreement } = orThrow(await drafting.read(principal, id, undefined))
    const { commands } = orThrow(await history.state(principal, id, undefined))
    return { agreement, commands, statements, files: new Map(files.map((file) => [file.id, file])), org: principal.org }
  }

  async function listed(request: FastifyRequest): Promise<Page> {
    const { agreement, commands, statements, files, org } = await known(request)
    const frozen = agreement.versions.filter(({ hash }) => hash !== null).at(-1)
    const isOf = (party: string) => (one: { readonly org: string; readonly version: number }) =>
      one.org === party && one.version === frozen?.version
    const standing = agreement.parties
      .filter(({ left_at }) => left_at === null)
      .map((party) => ({
        org: party.org,
        signature: agreement.signatures.find((one) => isOf(party.org)(one) && one.confirmed_at !== null),
        statement: statements.findLast(isOf(party.org)),
      }))
    const all = await organisationsFor(request)
    return {
      template: 'evidence/elsewhere.njk',
      title: 'Signatures given elsewhere',
      data: {
        ...{ agreement, frozen, standing, here: listAt(request) },
        accepting: all
          .filter(({ code, accepts_attested_since: since }) => since && standing.some((one) => one.org === code))
          .map(({ code }) => code),
        canState: frozen !== undefined && commands.includes('state'),
        statements: statements.toReversed().map((one) => ({
          ...one,
          files: one.evidence.map((id) => files.get(id) ?? { id, name: null }),
          canAttest: one.state === 'PROPOSED' && one.held_by === org && commands.includes('attest'),
          canDispute: (one.state === 'PROPOSED' || one.state === 'ATTESTED') && one.org === org && commands.includes('dispute'),
        })),
      },
    }
  }

  async function asked(request: FastifyRequest, act: 'attest' | 'dispute', over: Partial<Page> = {}): Promise<Page> {
    const { agreement, statements, files } = await known(request)
    const statement = statements.find(({ id }) => id === params(request).statementId)
    if (!statement) throw refused('NOT_FOUND', 'This agreement has no such statement of a signature.')
    return {
      template: `evidence/${act}.njk`,
      title: act === 'attest' ? 'Attest a signature given elsewhere' : 'Dispute a signature',
      ...over,
      data: {
        ...{ agreement, statement, here: listAt(request), form: request.body ?? {} },
        files: statement.evidence.map((id) => files.get(id) ?? { id, name: null }),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/agreements/:id/signatures-elsewhere', 'listStatedSignatures', listed)
    page('/agreements/:id/signatures-elsewhere/:statementId/attest', 'listStatedSignatures', (request) => asked(request, 'attest'))
    form('/agreements/:id/signatures-elsewhere/:statementId/attest', 'attestSignature', async (request): Promise<Page | Redirect> => {
      const done = await attesting.attest(callFor(request), params(request).statementId)
      return done.ok ? { to: listAt(request) } : asked(request, 'attest', { status: 422, errors: refusedWith(done.refusal) })
    })
    page('/agreements/:id/signatures-elsewhere/:statementId/dispute', 'listStatedSignatures', (request) => asked(request, 'dispute'))
    form('/agreements/:id/signatures-elsewhere/:statementId/dispute', 'disputeSignature', async (request): Promise<Page | Redirect> => {
      const reason = field(request, 'reason')
      const errors = reason === '' ? [{ field: 'reason', text: 'Say why' }] : faultsOf('disputeSignature', { reason })
      if (errors.length > 0) return asked(request, 'dispute', { status: 422, errors })
      const done = await attesting.dispute(callFor(request), params(request).statementId, { reason })
      return done.ok ? { to: listAt(request) } : asked(request, 'dispute', { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}
