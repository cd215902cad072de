import type { FastifyRequest } from 'fastify'
import type { BreakGlassUse, LogSearchService } from '../../decisions/history/log-search.service.ts'
import type { BreachesService } from '../../disclosures/breaches.service.ts'
import { EMERGENCY_COLUMNS, emergencyLine } from '../../disclosures/disclosure-line.ts'
import type { EmergenciesService } from '../../disclosures/emergencies.service.ts'
import type { EmergencyView } from '../../disclosures/emergency.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { Principal } from '../../identity/principal.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { chosen, isKey, type Page } from '../forms.pages.ts'
import { everyRow, fileAt, READ_AT_ONCE, sendCsv } from '../list-files.pages.ts'
import { stepsIn } from '../reviews/review-call.pages.ts'
import { isDecidable } from '../reviews/steps.ts'
import type { Web } from '../web.plugin.ts'

export interface EmergencyPagesOptions {
  readonly emergencies: Pick<EmergenciesService, 'list' | 'read'>
  readonly breaches: Pick<BreachesService, 'closedTo'>
  readonly signOffs: Pick<SignOffsService, 'read'>
  readonly logSearch: Pick<LogSearchService, 'breakGlass'>
}

const PAGE = 50
/** The step that ends a review: what it found is said on a page of its own. */
export const LAST_STEP = 'EVENT_REVIEW'

/** The key of the emergency that the address names. */
export const emergencyIn = (request: FastifyRequest): string => (request.params as { readonly id: string }).id

/** Emergencies of the reader's organisation, and one: what was shared and why, its review, and the breach that it may be. */
export function emergencyPages({ emergencies, breaches, signOffs, logSearch }: EmergencyPagesOptions) {
  const asked = (request: FastifyRequest) => {
    const [before, only] = [chosen(request, 'before'), chosen(request, 'only')]
    const narrowed = only === 'review' ? { status: 'OPEN' as const } : only === 'breach' ? { breach: 'OPEN' as const } : {}
    return { before: isKey(before) ? before : undefined, only, narrowed }
  }

  async function listed(request: FastifyRequest): Promise<Page> {
    const { before, only, narrowed } = asked(request)
    const found = await emergencies.list(callerOf(request), { ...narrowed, before, limit: PAGE })
    return {
      template: 'emergencies/list.njk',
      title: 'Emergencies',
      data: { list: found.emergencies, next: found.next_before, only, csv: fileAt('/emergencies.csv', { only, before }) },
    }
  }

  /** What was stated to the decision that broke the glass, where it is still kept. */
  async function statedIn(principal: Principal, one: EmergencyView): Promise<BreakGlassUse | undefined> {
    const { decision_id, provider, recipient } = one
    if (decision_id === null) return undefined
    const from = one.happened_at
    const to = new Date(Date.parse(from) + 1).toISOString()
    const found = await logSearch.breakGlass(principal, { filter: { from, to, provider, recipient }, after: null, limit: PAGE })
    return found.ok ? found.value.items.find((use) => use.decision_id === decision_id) : undefined
  }

  async function shown(request: FastifyRequest): Promise<Page> {
    const principal = callerOf(request)
    const { outcome: one } = orThrow(await emergencies.read(principal, emergencyIn(request)))
    return {
      template: 'emergencies/emergency.njk',
      title: 'Emergency',
      data: {
        ...{ one, isDecidable, lastStep: LAST_STEP },
        stated: await statedIn(principal, one),
        steps: one.status === 'OPEN' ? await stepsIn(signOffs, principal, one.sign_off) : [],
        closed: one.breach ? await breaches.closedTo(principal, one.id) : null,
      },
    }
  }

  return ({ page, file }: Web): void => {
    page('/emergencies', 'listEmergencies', listed)
    file('/emergencies.csv', 'listEmergencies', async (request, reply) => {
      const { before: from, narrowed } = asked(request)
      const rows = everyRow(from, async (before) => {
        const found = await emergencies.list(callerOf(request), { ...narrowed, before, limit: READ_AT_ONCE })
        return { rows: found.emergencies.map(emergencyLine), next: found.next_before }
      })
      return sendCsv(reply, 'emergencies.csv', EMERGENCY_COLUMNS, rows)
    })
    page('/emergencies/:id', 'getEmergency', shown)
  }
}
