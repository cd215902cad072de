import { callerOf } from '../../identity/identity.plugin.ts'
import { daysLeft, daysSince, type InsightService } from '../../insight/insight.service.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { ListedTask } from '../../workflow/lists.ts'
import type { Web } from '../web.plugin.ts'

/** What somebody has to do, whom they wait for, and what falls due. */
export function workPages({ insight }: { readonly insight: Pick<InsightService, 'work'> }) {
  return ({ page }: Web): void => {
    page('/work', 'getWork', async (request) => {
      const { now, mine, pool, waiting, due } = await insight.work(callerOf(request))
      const today = londonDay(now.getTime())
      const shown = (task: ListedTask) => ({
        ...task,
        href: `/reviews/${task.sign_off_id}`,
        isOverdue: task.due_day !== null && task.due_day < today,
      })
      return {
        template: 'work/work.njk',
        title: 'Your work',
        data: {
          mine: mine.map(shown),
          pool: pool.map(shown),
          waiting: waiting.map((task) => ({
            ...task,
            href: `/reviews/${task.signOff}`,
            days: daysSince(task.openedAt, now),
            isOverdue: task.due !== null && task.due < today,
          })),
          due: due.map((one) => ({ ...one, left: daysLeft(one.day, now) })),
        },
      }
    })
  }
}
