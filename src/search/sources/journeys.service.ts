import type { CommandResult } from '../../commands/command.ts'
import type { DisclosureRequestsService, DisclosureView } from '../../disclosures/disclosure-requests.service.ts'
import type { EmergenciesService } from '../../disclosures/emergencies.service.ts'
import type { EmergencyView } from '../../disclosures/emergency.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import type { ShareRequestView } from '../../requests/request-acts.service.ts'
import type { RequestsService } from '../../requests/requests.service.ts'
import { type Asked, type Candidate, type FieldText, type Kind, NOTHING, plain, type Source } from '../found.ts'
import type { Wording } from '../wording.ts'

export interface JourneysSearched {
  readonly requests: Pick<RequestsService, 'read' | 'search'>
  readonly oneOffs: Pick<DisclosureRequestsService, 'read' | 'search'>
  readonly emergencies: Pick<EmergenciesService, 'read' | 'search'>
}

/** What is asked for, disclosed once or shared in an emergency: by its words and codes, or by its key. */
export function journeySources({ requests, oneOffs, emergencies }: JourneysSearched): Source[] {
  const source = <View>(
    kind: Kind,
    read: (...asked: Parameters<RequestsService['read']>) => Promise<CommandResult<View>>,
    search: (...asked: Parameters<RequestsService['search']>) => Promise<{ readonly rows: readonly View[]; readonly next: string | null }>,
    candidate: (view: View, words: Wording) => Candidate,
  ): Source => ({
    kind,
    async search(principal, asked, { limit, cursor }) {
      const words = asked.wording
      if (asked.key !== null) {
        const found = await read(principal, keyOf(asked))
        return found.ok ? { found: [candidate(found.value.outcome, words)], next: null } : NOTHING
      }
      const { rows, next } = await search(principal, { terms: asked.words, before: placeIn(cursor), limit })
      return { found: rows.map((view) => candidate(view, words)), next }
    },
  })
  return [
    source<ShareRequestView>(
      'REQUEST',
      requests.read,
      async (...asked) => {
        const { requests: rows, next_before: next } = await requests.search(...asked)
        return { rows, next }
      },
      ({ id, question, status, asked_at, why }, words) => shared('REQUEST', { id, ...question, status, at: asked_at }, words, [why]),
    ),
    source<DisclosureView>(
      'DISCLOSURE',
      oneOffs.read,
      async (...asked) => {
        const { disclosures: rows, next_before: next } = await oneOffs.search(...asked)
        return { rows, next }
      },
      ({ id, content, status, asked_at, reasons }, words) => {
        const { necessity, legal_power, legal_compulsion, requester_position, verified_how, tell_subject, retention, security } = content
        const texts = [
          necessity,
          reasons,
          legal_power,
          legal_compulsion,
          requester_position,
          verified_how,
          tell_subject,
          retention,
          security,
        ]
        return shared('DISCLOSURE', { id, ...content, status, at: asked_at }, words, texts)
      },
    ),
    source<EmergencyView>(
      'EMERGENCY',
      emergencies.read,
      async (...asked) => {
        const { emergencies: rows, next_before: next } = await emergencies.search(...asked)
        return { rows, next }
      },
      (view, words) => shared('EMERGENCY', { ...view, at: view.happened_at }, words, [view.justification, view.reason]),
    ),
  ]
}

/** The key without the number of an answer, which none of these has. */
export function keyOf({ key }: Pick<Asked, 'key'>): string {
  return (key ?? '').split('.')[0] ?? ''
}

/** Where a list newest first goes on. @throws Refused for a cursor that is no key */
export function placeIn(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(cursor)) return cursor
  throw noSuchPlace()
}

/** The refusal of a cursor that no page ended with. */
export function noSuchPlace() {
  return refused('INVALID_REQUEST', 'the request has 1 fault', [{ pointer: '/query/cursor', detail: 'is not a cursor of this search' }])
}

interface Share {
  readonly id: string
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
  readonly status: string
  readonly at: string
}

function shared(kind: Kind, share: Share, words: Wording, said: readonly (string | null)[]): Candidate {
  const { id, provider, recipient, purpose, data_items, status, at } = share
  const parties = [provider, recipient]
  const texts: FieldText[] = [
    ...said.flatMap((text) => (text === null ? [] : [{ field: 'REASON' as const, text }])),
    { field: 'PURPOSE', text: words.label(purpose) },
    ...parties.flatMap(words.namesOf).map((text) => ({ field: 'PARTY' as const, text })),
    ...data_items.map((code) => ({ field: 'DATA' as const, text: words.label(code) })),
  ]
  return plain(kind, id, words.label(purpose), { status, parties, at, texts })
}
