import type { disposingService } from '../../agreements/acts/disposing.service.ts'
import type { AssessingElsewhereService } from '../../agreements/drafting/assessing-elsewhere.service.ts'
import type { ListingService } from '../../agreements/finding/listing.service.ts'
import type { ReviewingService } from '../../assessments/made/reviewing.service.ts'
import type { DisclosureRequestsService } from '../../disclosures/disclosure-requests.service.ts'
import type { EmergenciesService } from '../../disclosures/emergencies.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import { daysLeft, daysSince, type InsightService } from '../../insight/insight.service.ts'
import type { NotificationsService } from '../../notifications/notifications.service.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { RequestsService } from '../../requests/requests.service.ts'
import type { ListedTask } from '../../workflow/lists.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { shortened } from '../dpia/dpia-questions.ts'
import type { Web } from '../web.plugin.ts'

export interface WorkPagesOptions {
  readonly requests: Pick<RequestsService, 'waitingFor'>
  readonly emergencies: Pick<EmergenciesService, 'list'>
  readonly oneOffs: Pick<DisclosureRequestsService, 'list'>
  readonly insight: Pick<InsightService, 'work'>
  readonly listing: Pick<ListingService, 'titles' | 'list'>
  readonly signOffs: Pick<SignOffsService, 'list'>
  readonly notifications: Pick<NotificationsService, 'list'>
  readonly assessingElsewhere: Pick<AssessingElsewhereService, 'waiting'>
  readonly reviewing: Pick<ReviewingService, 'list'>
  readonly disposing: Pick<ReturnType<typeof disposingService>, 'list'>
}

/** Notices of data to return or delete that are looked through, and agreements of them that are looked at, at most. */
const [NOTICES, TO_DISPOSE_MAX] = [100, 5]

/** Texts of each kind that the page names; the list of agreements has them all. */
const KEPT_MAX = 20
/** Open emergencies, one-off disclosures and assessments of which tasks are told apart by what they are about. */
const OTHERS_MAX = 100
/** Where what a task is about is read, where it is no agreement. */
const OTHER_PAGES: Readonly<Record<string, string>> = { emergency: '/emergencies', disclosure: '/disclosures' }

/** What somebody has to do, whom they wait for, and what falls due. */
export function workPages({
  requests,
  emergencies,
  oneOffs,
  insight,
  listing,
  signOffs,
  notifications,
  disposing,
  assessingElsewhere,
  reviewing,
}: WorkPagesOptions) {
  /** What the reader's organisation was told to return or delete and has not confirmed: of itself, or of a body that it follows. */
  async function toDispose(principal: Principal) {
    if (!permits(principal.roles, 'agreement:dispose')) return []
    const due = await notifications.list(principal, { before: null, limit: NOTICES, kinds: ['DISPOSAL_DUE', 'DISPOSAL_DUE_IN_PLACE'] })
    const open: { readonly agreement: string; readonly org: string }[] = []
    // One after the other: a page holds one connection at a time.
    for (const agreement of [...new Set(due.notifications.map(({ subject }) => subject.id))].slice(0, TO_DISPOSE_MAX)) {
      const listed = await disposing.list(principal, agreement)
      const found = listed.ok ? listed.value.disposals.filter((one) => one.answered_by === principal.org && !one.is_complete) : []
      open.push(...found.map(({ org }) => ({ agreement, org })))
    }
    return open
  }

  /** The texts that wait for whoever drafts in an organisation: those that were returned to it, and drafts that nobody has sent. */
  async function toWrite(principal: Principal) {
    if (!permits(principal.roles, 'agreement:draft')) return { returned: [], drafts: [] }
    const filter = { subjectType: 'agreement', status: 'OPEN', returnedTo: principal.org }
    const { signOffs: returned } = await signOffs.list(principal, filter, { before: null, limit: KEPT_MAX })
    const { agreements: drafts } = orThrow(await listing.list(principal, { state: 'DRAFT', mine: true, limit: KEPT_MAX }))
    return { returned, drafts }
  }

  /** What tasks that are of no agreement are about, by key: an emergency, a one-off disclosure. */
  async function subjectsOf(principal: Principal, types: ReadonlySet<string>) {
    const ofEmergencies = types.has('emergency')
      ? (await emergencies.list(principal, { status: 'OPEN', limit: OTHERS_MAX })).emergencies
      : []
    const ofDisclosures = types.has('disclosure') ? (await oneOffs.list(principal, { status: 'OPEN', limit: OTHERS_MAX })).disclosures : []
    return new Map([
      ...ofEmergencies.map(({ id, purpose, provider, recipient }) => [id, { purpose, provider, recipient }] as const),
      ...ofDisclosures.map(({ id, content: { purpose, provider, recipient } }) => [id, { purpose, provider, recipient }] as const),
    ])
  }

  /** Of which agreements the assessments are that wait for the reader: titles by the assessment. */
  async function assessedBy(principal: Principal, types: ReadonlySet<string>) {
    if (!types.has('assessment') || !permits(principal.roles, 'assessment:read')) return new Map()
    const { assessments } = await reviewing.list(principal, { limit: OTHERS_MAX })
    return new Map(assessments.map(({ id, title, agreement }) => [id, title ?? agreement]))
  }

  /** Breaches that a data protection officer has to assess, or whose people are still to be told. */
  async function toAssess(principal: Principal) {
    if (!principal.roles.includes('DPO')) return []
    const { emergencies: open } = await emergencies.list(principal, { breach: 'OPEN', limit: KEPT_MAX })
    return open.filter(({ org }) => org === principal.org)
  }

  return ({ page }: Web): void => {
    // Whoever keeps the register has no part in agreements, and begins here all the same.
    page('/work', 'listOrganisations', async (request) => {
      const principal = callerOf(request)
      if (!permits(principal.roles, 'sign_off:read')) return { template: 'work/no-work.njk', title: 'Your work' }
      const { now, mine, pool, colleagues, waiting, due, measures } = await insight.work(principal)
      const disposals = await toDispose(principal)
      const { returned, drafts } = await toWrite(principal)
      const breaches = await toAssess(principal)
      const tasks = [...mine, ...pool, ...colleagues]
      const types = new Set(tasks.map((task) => task.subject_type))
      const subjects = await subjectsOf(principal, types)
      const assessed = await assessedBy(principal, new Set([...types, ...waiting.map(({ subject }) => subject.type)]))
      const waitingRequests = permits(principal.roles, 'request:answer') ? await requests.waitingFor(principal) : []
      const toConfirm = permits(principal.roles, 'dpia:record') ? await assessingElsewhere.waiting(principal) : []
      const agreements = [
        ...tasks.map((task) => task.subject_id),
        ...waiting.map((task) => task.subject.id),
        ...due.map((one) => one.agreement),
        ...disposals.map((one) => one.agreement),
        ...returned.map(({ subject }) => subject.id),
        ...toConfirm.map((one) => one.agreement),
        ...measures.map((one) => one.agreement),
      ]
      const titles = await listing.titles(principal, agreements)
      const today = londonDay(now.getTime())
      const shown = (task: ListedTask) => ({
        ...task,
        subject_title: titles.get(task.subject_id) ?? assessed.get(task.subject_id),
        subject: subjects.get(task.subject_id),
        href: OTHER_PAGES[task.subject_type] ? `${OTHER_PAGES[task.subject_type]}/${task.subject_id}` : `/reviews/${task.sign_off_id}`,
        isOverdue: task.due_day !== null && task.due_day < today,
      })
      return {
        template: 'work/work.njk',
        title: 'Your work',
        data: {
          returned: returned.map(({ id, subject }) => ({ href: `/reviews/${id}`, ...subject, title: titles.get(subject.id) })),
          drafts,
          requests: waitingRequests,
          toConfirm: toConfirm.map((one) => ({ ...one, title: titles.get(one.agreement) })),
          breaches,
          measures: measures.map(({ assessment, agreement, measure }) => ({
            ...{ title: titles.get(agreement) ?? agreement, measure: shortened(measure.measure), owner: measure.owner, due: measure.due },
            ...{ plan: `/assessments/${assessment}/map`, done: `/assessments/${assessment}/measures/${measure.id}/done` },
            isOverdue: measure.due < today,
          })),
          mine: mine.map(shown),
          disposals: disposals.map((one) => ({ ...one, title: titles.get(one.agreement) })),
          pool: pool.map(shown),
          colleagues: colleagues.map(shown),
          waiting: waiting.map((task) => ({
            ...task,
            title: titles.get(task.subject.id) ?? assessed.get(task.subject.id),
            href: `/reviews/${task.signOff}`,
            days: daysSince(task.openedAt, now),
            isOverdue: task.due !== null && task.due < today,
          })),
          due: due.map((one) => ({ ...one, title: titles.get(one.agreement), left: daysLeft(one.day, now) })),
        },
      }
    })
  }
}
