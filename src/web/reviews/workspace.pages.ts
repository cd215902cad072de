import type { FastifyRequest } from 'fastify'
import { changedAnswers } from '../../assessments/made/changes.ts'
import { editionOf } from '../../assessments/made/made-assessment.ts'
import { type AssessmentSnapshot, contentIn } from '../../assessments/made/snapshot.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { Principal } from '../../identity/principal.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { drawingsOf } from '../../workflow/insight/drawing.ts'
import { svgOf } from '../../workflow/insight/svg.ts'
import { mayClose } from '../../workflow/model/decide-words.ts'
import { routeStep } from '../../workflow/model/route.ts'
import { type Chain, chainOf, isOpenChain, routeOf, type SignOff, type Thread } from '../../workflow/model/sign-off.ts'
import { type Section, sectionsOf } from '../agreements/answers.ts'
import { assessmentSections } from '../dpia/reviewed-sections.ts'
import { LAST_STEP } from '../emergencies/emergencies.pages.ts'
import { field, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { partsNamed, progressOf, threadsOnWhole } from './marking.ts'
import { doCommand, openReview, type ReviewPagesOptions } from './review-call.pages.ts'
import { hasReviewed, isDecidable, type OpenReview, stepsOfReader } from './steps.ts'

/** Earlier sign-offs that are looked at for the version that an organisation reviewed last. */
const EARLIER = 10

/** What changed since an earlier version that the reader's organisation reviewed. There is none: FIRST, or SAME where it has looked at this one. */
export type SinceReviewed =
  | { readonly kind: 'FIRST' | 'SAME' }
  | { readonly kind: 'CHANGED'; readonly version: number; readonly pointers: readonly string[]; readonly labels: readonly string[] }

/** A text as it is reviewed, and the agreement that it is, or that it assesses. */
export interface ReviewedText {
  readonly sections: readonly Section[]
  readonly about: { readonly agreement: string; readonly title: string } | null
}

/** Reading the texts that are reviewed. */
export function reviewedTexts({ signOffs, documents, assessed }: Pick<ReviewPagesOptions, 'signOffs' | 'documents' | 'assessed'>) {
  const assessment = async (principal: Principal, id: string, version: number) =>
    JSON.parse(orThrow(await assessed.version(principal, id, version)).document) as AssessmentSnapshot
  /** What differs between two versions of what is signed off. */
  const differences = async (principal: Principal, { type, id, version }: SignOff['subject'], earlier: number) => {
    if (type === 'agreement') return orThrow(await documents.differences(principal, id, version, earlier)).clauses
    const [after, before] = [await assessment(principal, id, version), await assessment(principal, id, earlier)]
    return changedAnswers(contentIn(before), contentIn(after), editionOf(after))
  }

  /** The text in sections, and of which agreement it is; nothing where what is signed off is neither an agreement nor an assessment. */
  async function read({ principal, signOff: { subject } }: OpenReview): Promise<ReviewedText> {
    const { type, id, version } = subject
    if (type === 'assessment') {
      const found = await assessment(principal, id, version)
      return { sections: assessmentSections(found), about: { agreement: found.facts.agreement, title: found.facts.title } }
    }
    if (type !== 'agreement') return { sections: [], about: null }
    const sections = sectionsOf(orThrow(await documents.text(principal, id, version)).text)
    const said = sections[0]?.answers.find(({ part }) => part === '/title')?.said
    return { sections, about: said?.kind === 'text' ? { agreement: id, title: said.text } : null }
  }

  return {
    read,
    sections: async (review: OpenReview): Promise<readonly Section[]> => (await read(review)).sections,

    /** What changed since the last version before this one that the reader's organisation reviewed: each of its people sees it, whoever looked first. */
    async since({ principal, signOff }: OpenReview): Promise<SinceReviewed> {
      const unchanged = { kind: hasReviewed(signOff, principal) ? 'SAME' : 'FIRST' } as const
      const { type, id, version } = signOff.subject
      if (type !== 'agreement' && type !== 'assessment') return unchanged
      const listed = await signOffs.list(principal, { subjectType: type, subject: id }, { before: null, limit: EARLIER })
      for (const { id: earlier, subject } of listed.signOffs.filter((one) => one.subject.version < version)) {
        const read = await signOffs.read(principal, earlier)
        if (!read.ok || !hasReviewed(read.value.outcome.signOff, principal)) continue
        const clauses = await differences(principal, signOff.subject, subject.version)
        const [pointers, labels] = [clauses.map(({ pointer }) => pointer), clauses.map(({ label }) => label)]
        return { kind: 'CHANGED', version: subject.version, pointers, labels }
      }
      return unchanged
    },
  }
}

/** The review of one content: what it waits for, what changed, its sections, and what was said of the whole. What is open comes from the engine's own table. */
export function workspacePages(options: ReviewPagesOptions) {
  const { signOffs } = options
  const texts = reviewedTexts(options)

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const review = await openReview(options, request)
    const { principal, signOff, commands } = review
    const { subject } = signOff
    const { sections, about } = await texts.read(review)
    const chain = chainOf(signOff, principal.org)
    const steps = stepsOfReader(review).map((one) => ({ ...one, why: partsNamed(one.why, signOff, sections) }))
    return {
      template: 'reviews/workspace.njk',
      title: titleOf(subject),
      ...over,
      data: {
        ...{ signOff, steps, form: request.body ?? {}, org: principal.org, isDecidable, lastOfEmergency: LAST_STEP },
        sections: progressOf(signOff, sections, principal.org),
        about,
        before: chain ? doneBefore(signOff, chain) : [],
        threads: threadsOnWhole(signOff, sections),
        since: await texts.since(review),
        waits: waitsFor(signOff),
        mayClose: (thread: Thread) => mayClose(thread, signOff, principal.org),
        chain,
        canDo: commands.filter(({ org }) => org === null || org === principal.org).map(({ command }) => command),
      },
    }
  }

  return ({ page, file, form }: Web): void => {
    page('/reviews/:id', 'getSignOff', (request) => shown(request))
    form('/reviews/:id', 'performSignOffCommand', async (request): Promise<Page | Redirect> => {
      const review = await openReview(options, request)
      const { id } = review.signOff
      const thread = field(request, 'thread')
      const closing = (['resolve', 'reopen'] as const).find((one) => one === field(request, 'act'))
      const text = field(request, 'text')
      if (!closing && text === '') return shown(request, { status: 422, errors: [{ field: 'text', text: 'Write your comment' }] })
      const errors = closing
        ? await doCommand(options, review, request, { command: closing, thread })
        : await doCommand(options, review, request, {
            ...{ command: 'comment', text },
            ...(thread === '' ? { part: '', shared: field(request, 'shared') === 'yes' } : { thread }),
          })
      return errors.length > 0 ? shown(request, { status: 422, errors }) : { to: `/reviews/${id}` }
    })
    file('/reviews/:id/picture', 'drawSignOff', async (request, reply) => {
      const { id } = request.params as { readonly id: string }
      const { signOff } = orThrow(await signOffs.read(callerOf(request), id)).outcome
      const heading = `Sign-off of ${signOff.subject.id}: where each party stands`
      return reply.type('image/svg+xml; charset=utf-8').send(svgOf(heading, drawingsOf(signOff)))
    })
  }
}

/** The parties that have signed or accepted already what this one has not: it joins what is in force, or comes last. */
function doneBefore({ chains, subject }: SignOff, own: Chain): readonly (string | null)[] {
  const isDone = ({ status }: Chain) => status === 'SIGNED' || (status === 'READY' && subject.type === 'assessment')
  return isOpenChain(own) && !isDone(own) ? chains.filter(isDone).map(({ org }) => org) : []
}

function titleOf({ type, id, version }: SignOff['subject']): string {
  if (type === 'emergency') return 'Review of an emergency'
  if (type === 'disclosure') return 'Decision on a one-off disclosure'
  if (type === 'assessment') return `Review version ${version} of an impact assessment`
  return version > 0 ? `Review version ${version} of ${id}` : `Review ${id}`
}

/** What a sign-off waits for: each open step with whose it is and until when. */
function waitsFor(signOff: SignOff) {
  return signOff.chains
    .filter((chain) => isOpenChain(chain))
    .flatMap((chain) =>
      chain.steps
        .filter(({ state }) => state === 'OPEN')
        .map(({ id, due, tasks }) => ({
          title: routeStep(routeOf(signOff, chain), id).title,
          orgs: chain.org === null ? tasks.filter(({ state }) => state === 'OPEN').map(({ org }) => org) : [chain.org],
          due,
        })),
    )
}
