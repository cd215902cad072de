import type { Day } from '../platform/kernel/london-day.ts'
import { keyOf } from './model/decide-chain.ts'
import { routeStep } from './model/route.ts'
import { type ChainStatus, routeOf, type SignOff } from './model/sign-off.ts'
import { timersOf } from './model/timers.ts'

/** What the lists are made of: rows that say of each sign-off what somebody may look for. Made from its state alone. Pure. */

/** `org`: empty for the steps of the whole. */
export interface ChainRow {
  readonly org: string
  readonly route: string
  readonly status: string
}

/** A task that is at work, or that holds as done; one that was closed is in no list. `chain_org`: empty for the steps of the whole. */
export interface TaskRow {
  readonly sign_off_status: SignOff['status']
  readonly subject_type: string
  readonly subject_id: string
  readonly subject_version: number
  readonly subject_hash: string
  readonly chain_org: string
  readonly step: string
  readonly task: number
  readonly org: string
  readonly role: string
  readonly kind: string
  readonly state: 'OPEN' | 'DONE'
  readonly assignee_issuer: string | null
  readonly assignee_sub: string | null
  readonly deputy_issuer: string | null
  readonly deputy_sub: string | null
  readonly deputy_first: Day | null
  readonly deputy_last: Day | null
  readonly due_day: Day | null
  readonly opened_at: string
  readonly done_issuer: string | null
  readonly done_sub: string | null
  readonly done_at: string | null
  readonly outcome: string | null
}

/** A timer that still runs. */
export interface TimerRow {
  readonly name: string
  readonly due_at: string
}

/** The rows of one sign-off. */
export interface Projection {
  readonly chains: readonly ChainRow[]
  readonly tasks: readonly TaskRow[]
  readonly timers: readonly TimerRow[]
}

/** What ends a sign-off, or a chain, so that nothing that was done in it holds any longer. */
const UNDONE: readonly SignOff['status'][] = ['REFUSED', 'WITHDRAWN', 'SUPERSEDED']
const CHAIN_UNDONE: readonly ChainStatus[] = ['REFUSED', 'DECLINED', 'LEFT', 'LAPSED', 'OVER']

export const NOTHING_PROJECTED: Projection = { chains: [], tasks: [], timers: [] }

export function projectionOf(signOff: SignOff): Projection {
  const { type, id, version, hash } = signOff.subject
  const of = { sign_off_status: signOff.status, subject_type: type, subject_id: id, subject_version: version, subject_hash: hash }
  return {
    chains: signOff.chains.map(({ org, route, status }) => ({ org: org ?? '', route, status })),
    tasks: signOff.chains.flatMap((chain) => {
      if (UNDONE.includes(signOff.status) || CHAIN_UNDONE.includes(chain.status)) return []
      const route = routeOf(signOff, chain)
      return chain.steps.flatMap((step) => {
        const { role, kind } = routeStep(route, step.id)
        const holds = step.state === 'OPEN' || step.state === 'DONE'
        return step.tasks.flatMap(({ number, org, state, assignee, delegation, result }): TaskRow[] => {
          if (!holds || state === 'CLOSED') return []
          return [
            {
              ...of,
              ...{ chain_org: chain.org ?? '', step: step.id, task: number, org, role, kind, state },
              ...{ assignee_issuer: assignee?.issuer ?? null, assignee_sub: assignee?.sub ?? null },
              ...{ deputy_issuer: delegation?.to.issuer ?? null, deputy_sub: delegation?.to.sub ?? null },
              ...{ deputy_first: delegation?.first ?? null, deputy_last: delegation?.last ?? null },
              ...{ due_day: step.due, opened_at: step.openedAt ?? signOff.startedAt },
              ...{ done_issuer: result?.by.issuer ?? null, done_sub: result?.by.sub ?? null },
              ...{ done_at: result?.at ?? null, outcome: result?.outcome ?? null },
            },
          ]
        })
      })
    }),
    timers: timersOf(signOff).map((timer) => ({ name: timerName(timer), due_at: new Date(timer.at).toISOString() })),
  }
}

/** What a timer is called in its sign-off, and back: codes and keys hold no slash. */
export function timerName(timer: {
  readonly org: string | null
  readonly step: string
  readonly round: number
  readonly key: string
}): string {
  return `${timer.org ?? ''}/${timer.step}/${keyOf(timer)}`
}

export function timerOfName(name: string): { readonly org: string | null; readonly step: string; readonly timer: string } {
  const [org = '', step = '', timer = ''] = name.split('/')
  return { org: org === '' ? null : org, step, timer }
}

/** Rows that came or changed, and those that went; `keyed` names a row. */
export function changedRows<Row>(before: readonly Row[], after: readonly Row[], keyed: (row: Row) => string) {
  const was = new Map(before.map((row) => [keyed(row), JSON.stringify(row)]))
  const is = new Set(after.map(keyed))
  return {
    upserted: after.filter((row) => was.get(keyed(row)) !== JSON.stringify(row)),
    gone: before.filter((row) => !is.has(keyed(row))),
  }
}
