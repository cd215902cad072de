import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import { askedOf, cursorOf } from '../../decisions/history/log-search.routes.ts'
import type { LogSearchService } from '../../decisions/history/log-search.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { chosen } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface DecisionPagesOptions {
  readonly logSearch: Pick<LogSearchService, 'search'>
  readonly drafting: Pick<DraftingService, 'read'>
}

const PAGE = 50

/** The decisions that rest on one agreement, as far as the reader may know them; that others' questions were read is recorded by the search itself (R39). */
export function decisionPages({ logSearch, drafting }: DecisionPagesOptions) {
  return ({ page }: Web): void =>
    page('/agreements/:id/decisions', 'searchDecisions', async (request) => {
      const { id } = request.params as { readonly id: string }
      const principal = callerOf(request)
      const { outcome: agreement } = orThrow(await drafting.read(principal, id, undefined))
      const asked = askedOf({ agreement: id, limit: PAGE, cursor: chosen(request, 'cursor') || undefined }, PAGE)
      const { items, next, unsearched } = orThrow(await logSearch.search(principal, asked))
      return {
        template: 'agreements/decisions.njk',
        title: `Decisions under ${id}`,
        data: {
          ...{ agreement, unsearched, decisions: items, next: cursorOf(next), isLater: asked.after !== null },
          seesAll: permits(principal.roles, 'agreement:audit'),
        },
      }
    })
}
