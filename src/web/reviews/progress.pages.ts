import type { FastifyRequest } from 'fastify'
import { daysSince } from '../../insight/insight.service.ts'
import type { MailProblem } from '../../notifications/mail/mail-problems.service.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { drawingsOf } from '../../workflow/insight/drawing.ts'
import { waitsToSign } from '../../workflow/model/advance.ts'
import { routeStep } from '../../workflow/model/route.ts'
import { type Chain, routeOf, type SignOff } from '../../workflow/model/sign-off.ts'
import { mayCall } from '../access.pages.ts'
import { field, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { doCommand, openReview, type ReviewPagesOptions } from './review-call.pages.ts'
import { type OpenReview, WHOLE } from './steps.ts'
import { reviewedTexts } from './workspace.pages.ts'

/** Mails that did not get through that are looked at. */
const UNMAILED_MAX = 200

/** Where every party stands, since when, and what can be done about it: remind it, replace its signatory. */
export function progressPages(options: ReviewPagesOptions) {
  const texts = reviewedTexts(options)

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const review = await openReview(options, request)
    const { signOff, commands, principal } = review
    const sections = await texts.sections(review)
    const now = options.now()
    const stated = await statedIn(options, review)
    const unmailed = await unmailedIn(options, review)
    const rows = signOff.chains.map((chain) => ({
      ...withUnmailed(rowOf(signOff, chain, now), unmailed),
      stated: stated.findLast(({ org }) => org === chain.org) ?? null,
      mayChase: commands.some(({ command, org }) => command === 'chase' && org === chain.org),
      handOn: commands
        .filter(({ command, org }) => command === 'assign' && org === chain.org)
        .map(({ step }) => `${chain.org ?? WHOLE}/${step}`),
    }))
    return {
      template: 'reviews/progress.njk',
      title: `Where each party stands: version ${signOff.subject.version} of ${signOff.subject.id}`,
      ...over,
      data: {
        ...{ signOff, rows, org: principal.org, form: request.body ?? {} },
        drawings: drawingsOf(signOff),
        opens: signOff.routes[signOff.route]?.signature_opens,
        begins: sections.find(({ key }) => key === 'binding')?.answers.find(({ part }) => part === '/terms/commencement')?.said,
        signed: rows.filter(({ status }) => status === 'SIGNED').length,
        parties: rows.filter(({ org }) => org !== null).length,
        longest: Math.max(0, ...rows.flatMap(({ days }) => days ?? [])),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/reviews/:id/progress', 'getSignOff', (request) => shown(request))
    form('/reviews/:id/progress', 'performSignOffCommand', async (request): Promise<Page | Redirect> => {
      const review = await openReview(options, request)
      const errors = await doCommand(options, review, request, { command: 'chase', org: field(request, 'org') })
      return errors.length > 0 ? shown(request, { status: 422, errors }) : { to: `/reviews/${review.signOff.id}/progress` }
    })
  }
}

/** Signatures given elsewhere on the text that two people have attested, or that the party disputes; none for whoever may not read them. */
async function statedIn({ attesting }: ReviewPagesOptions, { principal, signOff: { subject } }: OpenReview) {
  if (subject.type !== 'agreement' || principal.invitedTo) return []
  const found = await attesting.list(principal, subject.id)
  if (!found.ok) return []
  return found.value.statements.filter(
    ({ version, state }) => version === subject.version && (state === 'ATTESTED' || state === 'DISPUTED'),
  )
}

/** What could not be mailed about the subject, newest first; nothing for whoever may not read that. */
async function unmailedIn({ mailProblems }: ReviewPagesOptions, { principal, signOff: { subject } }: OpenReview) {
  if (!mayCall(principal, 'listMailProblems')) return []
  const { type, id } = subject
  return (await mailProblems.list(principal, { before: null, limit: UNMAILED_MAX, subject: { type, id } })).problems
}

/** The row with the newest mail to its party that did not get through since it waits; null: none that is known. */
function withUnmailed<Row extends ReturnType<typeof rowOf>>(row: Row, unmailed: readonly MailProblem[]) {
  const { org, since } = row
  return { ...row, unmailed: (since !== null && unmailed.find((one) => one.organisation === org && one.at >= since)) || null }
}

/** How a party stands: what is open, since when it waits, until when it is due, when it was reminded. */
function rowOf(signOff: SignOff, chain: Chain, now: Date) {
  const route = routeOf(signOff, chain)
  const open = chain.steps.filter(({ state }) => state === 'OPEN')
  const first = <T extends string>(values: readonly (T | null)[]) => values.filter((one): one is T => one !== null).toSorted()[0] ?? null
  const since =
    first(open.map(({ openedAt }) => openedAt)) ??
    chain.returned?.at ??
    (chain.status === 'DPO_REFUSED' ? chain.dpoRefusal?.at : null) ??
    null
  const due = first(open.map((step) => step.due))
  return {
    ...{
      org: chain.org,
      status: chain.status,
      due,
      since,
      signed: chain.signed,
      carriedFrom: chain.carriedFrom,
      endReason: chain.endReason,
      returned: chain.returned,
      advisedAgainst: chain.status === 'DPO_REFUSED' ? chain.dpoRefusal : null,
    },
    steps: open.map(({ id }) => routeStep(route, id).title),
    waitsFor: chain.status === 'READY' ? waitsToSign(signOff, chain) : null,
    days: since === null ? null : daysSince(since, now),
    isOverdue: due !== null && signOff.status !== 'HELD' && due < londonDay(now.getTime()),
    reminded:
      chain.steps
        .map(({ remindedAt }) => remindedAt)
        .filter((at) => at !== null)
        .toSorted()
        .at(-1) ?? null,
  }
}
