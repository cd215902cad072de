import type { Flow, Party } from '../agreements/agreement.ts'
import { EMPTY_FLOW, EMPTY_SIDE } from '../agreements/empty-text.ts'
import type { ShareQuestion } from './share-request.ts'

/** What a draft is begun with. */
export interface DraftedShare {
  readonly parties: readonly Party[]
  readonly flows: readonly Flow[]
}

/**
 * The two parties and the one flow that a request asks for. What it does not say is left empty, so that nothing of it is complete
 * by guessing: a draft says what is missing when it is checked. Pure.
 */
export function draftedShare(question: ShareQuestion): DraftedShare {
  const { provider, recipient, purpose, data_items, data_subjects, method, country, lawful_basis, data_form } = question
  const { subject_count: subjects, record_count: records } = question
  const art6 = lawful_basis === null ? [] : [lawful_basis]
  const flow: Flow = {
    ...EMPTY_FLOW,
    ...{ id: 'F1', providers: [provider], recipients: [recipient], purpose, data_items, data_subjects },
    ...{ methods: method === null ? [] : [method], countries: country === null ? [] : [country] },
    ...(data_form === null ? {} : { data_form }),
    volume_limit: subjects === null && records === null ? null : { subjects, records },
    legal: { provider: { ...EMPTY_SIDE, art6 }, recipient: EMPTY_SIDE },
  }
  const party = (org: string): Party => ({ org, role: 'CONTROLLER', capacities: [], left_at: null })
  return { parties: [party(provider), party(recipient)], flows: [flow] }
}
