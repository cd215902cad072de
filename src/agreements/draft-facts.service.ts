import type { PartiesService } from '../parties/parties.service.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import { isValidOn } from '../reference/code-list.ts'
import type { ReferenceService } from '../reference/reference.service.ts'
import type { DraftFacts } from './model/draft-rules.ts'

export interface DraftFactsOptions {
  readonly reference: ReferenceService
  readonly parties: PartiesService
  readonly clock: Clock
}

/** What drafts are checked against: the codes that do not end before today, and the organisations. */
export function draftFacts({ reference, parties, clock }: DraftFactsOptions): () => Promise<DraftFacts> {
  return async () => {
    const [lists, organisations] = [await reference.lists(), await parties.all()]
    const today = londonDay(clock().getTime())
    return {
      // One that is still to come may be drafted with; one that has ended is in no list.
      codes: new Map(
        lists.map(({ list, entries }) => [
          list,
          new Set(entries.filter(({ valid_to }) => isValidOn(today, null, valid_to)).map(({ code }) => code)),
        ]),
      ),
      organisations: new Map(organisations.map((organisation) => [organisation.code, organisation])),
    }
  }
}
