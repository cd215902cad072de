import type { FastifyRequest } from 'fastify'
import type { Answer } from '../../decisions/answer.ts'
import type { DecisionEvidenceService } from '../../decisions/history/decision-evidence.service.ts'
import { type CallPayload, evaluationsOf } from '../../decisions/history/decision-record.ts'
import type { NotSharedService } from '../../decisions/not-shared/not-shared.service.ts'
import { NOT_SHARED_REASONS } from '../../decisions/not-shared/not-shared.ts'
import type { EmergenciesService } from '../../disclosures/emergencies.service.ts'
import type { EmergencyView } from '../../disclosures/emergency.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { Principal } from '../../identity/principal.ts'
import type { ContactsService } from '../../parties/contacts.service.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { mayCall } from '../access.pages.ts'
import { wordsFor } from '../drafting/choices.ts'
import type { Page } from '../forms.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'
import { nextStepsIn, questionQuery, toDosIn } from './answer-words.ts'

export interface AnswerOptions extends RequestLists {
  readonly contacts: Pick<ContactsService, 'read'>
  readonly notShared: Pick<NotSharedService, 'own'>
  readonly emergencies: Pick<EmergenciesService, 'list'>
  readonly records: Pick<DecisionEvidenceService, 'find'>
}

/** So many emergencies are looked through for that of an answer. */
const NEWEST = 200

/** A recorded answer with its whole explanation; that somebody reads what another organisation asked is recorded by the service (R39). */
export function answerPages({ records, notShared, emergencies, contacts, organisationsFor, listsFor }: AnswerOptions) {
  /** What a permit that broke the glass is reviewed as, for whoever reads those; undefined: it is being recorded, or none of theirs. */
  async function emergencyOf({ decision_id, via, simulated }: Answer, principal: Principal): Promise<EmergencyView | undefined> {
    if (via !== 'BREAK_GLASS' || simulated || !mayCall(principal, 'listEmergencies')) return undefined
    const { emergencies: newest } = await emergencies.list(principal, { limit: NEWEST })
    return newest.find((one) => one.decision_id === decision_id)
  }

  async function shown(request: FastifyRequest): Promise<Page> {
    const { id } = request.params as { readonly id: string }
    const { record } = orThrow(await records.find(id, callerOf(request), { wait: false }))
    const calls = record.payload === null ? [] : evaluationsOf(JSON.parse(record.payload) as CallPayload)
    const { request: asked, response: answer, caller } = calls[Number(id.split('.')[1] ?? 0)] ?? {}
    if (!asked || !answer)
      return { template: 'sharing/no-answer.njk', title: 'There is no answer to show', data: { id, isAltered: record.payload_is_altered } }
    const [lists, organisations] = [await listsFor(request), await organisationsFor(request)]
    const names = new Map(organisations.map(({ code, short_name }) => [code, short_name]))
    const nameOf = (code: string) => names.get(code) ?? code
    const principal = callerOf(request)
    const own = await contacts.read(principal, principal.org)
    const recorded = mayCall(principal, 'recordNotShared') ? await notShared.own(principal, answer.decision_id) : undefined
    const isPermitted = answer.decision === 'PERMIT'
    return {
      template: 'sharing/answer.njk',
      title: isPermitted
        ? `Yes, ${nameOf(asked.provider)} may share this with ${nameOf(asked.recipient)}`
        : `No, ${nameOf(asked.provider)} may not share this with ${nameOf(asked.recipient)}`,
      data: {
        ...{ asked, answer, isPermitted, askedBy: caller?.org ?? '' },
        whom: own.ok ? own.value.outcome.contacts : {},
        toDos: toDosIn(answer, lists, nameOf),
        nextSteps: nextStepsIn(answer, asked, lists, (code) => names.get(code)),
        notShared: recorded && { ...recorded, words: NOT_SHARED_REASONS[recorded.reason] },
        query: questionQuery(asked),
        emergency: await emergencyOf(answer, principal),
        inWords: wordsFor(lists, (code) => names.get(code)),
        itemLabel: (code: string) => wordOf(code, lists),
        gateways: kindsIn(answer.legal?.provider.gateways ?? [], lists),
      },
    }
  }

  return ({ page }: Web): void => page('/may-i-share/answers/:id', 'getDecision', shown)
}

/** The laws that carry a share, each with whether it obliges or allows. */
function kindsIn(
  gateways: readonly { readonly code: string; readonly citation: string | null }[],
  lists: Awaited<ReturnType<RequestLists['listsFor']>>,
) {
  const entries = new Map(lists.find(({ list }) => list === 'GATEWAY')?.entries.map((one) => [one.code, one]))
  return gateways.map(({ code, citation }) => ({ code, citation, kind: String(entries.get(code)?.attributes['kind'] ?? '') }))
}

/** A code of whichever list holds it, in words. */
function wordOf(code: string, lists: Awaited<ReturnType<RequestLists['listsFor']>>): string {
  for (const { entries } of lists) {
    const found = entries.find((one) => one.code === code)
    if (found) return found.label
  }
  return code
}
