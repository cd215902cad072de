import type { FastifyRequest } from 'fastify'
import type { ActCall } from '../../agreements/acting.service.ts'
import type { amendingService } from '../../agreements/acts/amending.service.ts'
import type { EndingService } from '../../agreements/acts/ending.service.ts'
import type { HistoryService } from '../../agreements/texts/history.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type BodyOf, contract } from '../../platform/http/openapi.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow, type Refusal } from '../../platform/kernel/refusal.ts'
import { once, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { type Answers, answersIn, type FormField, said } from './answers.ts'
import { type DraftReading, draftPath } from './drafting.pages.ts'
import { idOf, placed } from './steps.pages.ts'

export interface VersionPagesOptions extends Pick<DraftReading, 'drafting'> {
  readonly amending: Pick<ReturnType<typeof amendingService>, 'amend' | 'abandon'>
  readonly ending: Pick<EndingService, 'withdrawDraft'>
  readonly history: Pick<HistoryService, 'state'>
}

const REASON: FormField = {
  ...{ name: 'reason', label: 'Why?', kind: 'textarea', rows: 3 },
  hint: 'It stands in the history for all parties. Do not write anything about a resident.',
}
const AMENDING: readonly FormField[] = [
  { ...REASON, label: 'What has to change, and why?' },
  { name: 'effective_from', label: 'First day of the new text', kind: 'day', hint: 'You may say it later. For example 27 3 2027' },
  { name: 'effective_to', label: 'Last day of the new text', kind: 'day', hint: 'Leave it empty where it stays as it is' },
]

/** Beginning the next version of an agreement, and giving a draft up. */
export function versionPages({ drafting, amending, ending, history }: VersionPagesOptions) {
  const answersOf = (request: FastifyRequest) => answersIn((request.body ?? {}) as Readonly<Record<string, unknown>>, AMENDING)

  async function shown(request: FastifyRequest, kind: 'amend' | 'drop', over: Partial<Page> = {}): Promise<Page> {
    const given = answersOf(request)
    const { id } = request.params as { readonly id: string }
    const principal = callerOf(request)
    const { outcome: agreement } = orThrow(await drafting.read(principal, id, undefined))
    const { commands } = orThrow(await history.state(principal, id, undefined))
    const isFirst = agreement.draft_version === 1
    const act = kind === 'amend' ? 'amend' : isFirst ? 'withdraw_draft' : 'abandon'
    const fields = kind === 'amend' ? AMENDING : isFirst ? [REASON] : []
    return {
      template: 'drafting/version.njk',
      title: kind === 'amend' ? 'Change the agreement' : isFirst ? 'Withdraw this draft' : 'Drop this draft',
      ...over,
      data: {
        ...{ agreement, act, isOpen: commands.includes(act) && (kind === 'amend') === (agreement.draft_version === null) },
        fields: fields.map((one) => ({ ...one, id: idOf(one), value: given[one.name] ?? '' })),
      },
    }
  }

  async function performed(
    request: FastifyRequest,
    kind: 'amend' | 'drop',
    work: (call: ActCall, answers: Answers, isFirst: boolean) => Promise<Refusal | undefined>,
    to: (id: string) => string,
  ): Promise<Page | Redirect> {
    const { id } = request.params as { readonly id: string }
    const principal = callerOf(request)
    const { outcome, version } = orThrow(await drafting.read(principal, id, undefined))
    const answers = answersOf(request)
    const call = { principal, idempotency: once(request), agreementId: id, ifMatch: etagOf(version) }
    const refusal = await work(call, answers, outcome.draft_version === 1)
    if (!refusal) return { to: to(id) }
    const faults = refusal.errors.length > 0 ? refusal.errors : [{ pointer: '', detail: refusal.detail }]
    return shown(request, kind, { status: 422, errors: placed(faults, AMENDING, '', (sentence) => sentence) })
  }

  return ({ page, form }: Web): void => {
    page('/agreements/:id/amend', 'amendAgreement', (request) => shown(request, 'amend'))
    form('/agreements/:id/amend', 'amendAgreement', (request) =>
      performed(
        request,
        'amend',
        async (call, answers) => {
          const [from, until] = [said(answers, 'effective_from'), said(answers, 'effective_to')]
          const body: unknown = {
            ...{ reason: said(answers, 'reason') ?? '' },
            ...(from === null ? {} : { effective_from: from }),
            ...(until === null ? {} : { effective_to: until }),
          }
          if (!isAmendment(body)) return unfit('amendAgreement', body)
          const done = await amending.amend(call, body)
          return done.ok ? undefined : done.refusal
        },
        draftPath,
      ),
    )
    page('/agreements/:id/draft/drop', 'withdrawDraft', (request) => shown(request, 'drop'))
    form('/agreements/:id/draft/drop', 'withdrawDraft', (request) =>
      performed(
        request,
        'drop',
        async (call, answers, isFirst) => {
          const body: unknown = { reason: said(answers, 'reason') ?? '' }
          if (isFirst && !isWithdrawal(body)) return unfit('withdrawDraft', body)
          const done = isFirst && isWithdrawal(body) ? await ending.withdrawDraft(call, body) : await amending.abandon(call)
          return done.ok ? undefined : done.refusal
        },
        (id) => `/agreements/${encodeURIComponent(id)}`,
      ),
    )
  }
}

function unfit(operation: 'amendAgreement' | 'withdrawDraft', body: unknown): Refusal {
  return {
    code: 'INVALID_REQUEST',
    detail: 'Something is missing.',
    errors: contract.faultsOf(operation, body),
    recorded: false,
    facts: {},
  }
}

function isAmendment(body: unknown): body is BodyOf<'amendAgreement'> {
  return contract.faultsOf('amendAgreement', body).length === 0
}

function isWithdrawal(body: unknown): body is BodyOf<'withdrawDraft'> {
  return contract.faultsOf('withdrawDraft', body).length === 0
}
