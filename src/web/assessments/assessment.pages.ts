import type { FastifyRequest } from 'fastify'
import type { evidenceService } from '../../agreements/acts/evidence.service.ts'
import type { AssessingElsewhereService } from '../../agreements/drafting/assessing-elsewhere.service.ts'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import { once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface AssessmentPagesOptions {
  readonly assessingElsewhere: Pick<AssessingElsewhereService, 'confirm' | 'waiting'>
  readonly drafting: Pick<DraftingService, 'read'>
  readonly evidence: Pick<ReturnType<typeof evidenceService>, 'list'>
}

/** The assessment of an agreement: how it stands, what was recorded of it with its file, and the second person who confirms it. */
export function assessmentPages({ assessingElsewhere, drafting, evidence }: AssessmentPagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly id: string; readonly recordId: string }
  const here = (request: FastifyRequest) => `/agreements/${encodeURIComponent(params(request).id)}/assessment`

  async function known(request: FastifyRequest) {
    const { id } = params(request)
    const principal = callerOf(request)
    const { outcome: agreement } = orThrow(await drafting.read(principal, id, undefined))
    const { files } = orThrow(await evidence.list(principal, id))
    const mayRecord = permits(principal.roles, 'dpia:record')
    const waiting = mayRecord ? await assessingElsewhere.waiting(principal) : []
    return {
      ...{ agreement, mayRecord, here: here(request) },
      isKeeper: agreement.owner_org === principal.org,
      records: agreement.dpia.elsewhere.toReversed().map((one) => ({
        ...one,
        kept: files.find(({ id: file }) => file === one.file.id),
        isYours: waiting.some(({ id: waits }) => waits === one.id),
      })),
    }
  }

  async function shown(request: FastifyRequest): Promise<Page> {
    return { template: 'assessments/assessment.njk', title: 'Data protection impact assessment', data: await known(request) }
  }

  async function asked(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { records, ...data } = await known(request)
    const record = records.find(({ id }) => id === params(request).recordId)
    if (!record) throw refused('NOT_FOUND', 'This agreement has no such assessment made elsewhere.')
    return { template: 'assessments/confirm.njk', title: 'Confirm an assessment', ...over, data: { ...data, record } }
  }

  return ({ page, form }: Web): void => {
    page('/agreements/:id/assessment', 'getAgreement', shown)
    page('/agreements/:id/assessment/:recordId/confirm', 'confirmAssessmentElsewhere', (request) => asked(request))
    form('/agreements/:id/assessment/:recordId/confirm', 'confirmAssessmentElsewhere', async (request): Promise<Page | Redirect> => {
      const { id, recordId } = params(request)
      const call = { principal: callerOf(request), idempotency: once(request), agreementId: id }
      const done = await assessingElsewhere.confirm(call, recordId)
      return done.ok ? { to: here(request) } : asked(request, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}
