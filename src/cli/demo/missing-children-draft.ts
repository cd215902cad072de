import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import { MISSING_CHILDREN, MISSING_CHILDREN_NARRATIVE, missingChildrenFlow, missingChildrenParty } from './missing-children-text.ts'
import type { Actor, DemoSession } from './session.ts'

/** Writes the agreement on missing children between these organisations, but for its assessment; answers its reference. */
export async function draftMissingChildren(session: DemoSession, by: Actor, orgs: readonly string[]): Promise<string> {
  const begun = await session.act({
    ...{ by, does: `drafts "${MISSING_CHILDREN.title}"`, method: 'POST', path: '/v1/agreements', expect: 201 },
    body: { title: MISSING_CHILDREN.title, instrument_type: 'CONTROLLER_TO_CONTROLLER' },
  })
  const agreement = String(begun.body['id'])
  const today = londonDay(session.now())
  const parts: readonly (readonly [part: string, body: unknown])[] = [
    ['parties', { parties: orgs.map(missingChildrenParty) }],
    ['narrative', MISSING_CHILDREN_NARRATIVE],
    ['flows', { flows: [missingChildrenFlow(orgs)] }],
    ['commencement', { rule: 'PAIRWISE' }],
    ['amendment-policy', { amendment_policy: 'RE_SIGN_REQUIRED' }],
    [
      'details',
      {
        title: MISSING_CHILDREN.title,
        instrument_type: 'CONTROLLER_TO_CONTROLLER',
        review_due: addDays(today, 365),
        review_policy: 'BLOCK_AFTER_GRACE',
        review_grace_days: 60,
        review_cycle_months: 12,
      },
    ],
    ['dates', { effective_from: today, effective_to: addDays(today, 3 * 365) }],
  ]
  for (const [part, body] of parts)
    await session.act({
      ...{ by, does: `writes ${part}`, method: 'PUT', path: `/v1/agreements/${agreement}/draft/${part}`, body },
      ...{ ifMatch: '*', expect: 200 },
    })
  return agreement
}
