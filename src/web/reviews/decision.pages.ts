import type { FastifyRequest } from 'fastify'
import { adoptableAt, returnsTo, setsConditions } from '../../workflow/model/decide-task.ts'
import { routeStep } from '../../workflow/model/route.ts'
import { type ApprovalCondition, routeOf } from '../../workflow/model/sign-off.ts'
import { dayIn } from '../days.pages.ts'
import { LAST_STEP } from '../emergencies/emergencies.pages.ts'
import { type FieldError, faultsOf, field, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { partNamed, partsNamed } from './marking.ts'
import { type CommandBody, doCommand, openStep, type ReviewPagesOptions } from './review-call.pages.ts'
import { type ReadersStep, stepsAfter } from './steps.ts'
import { reviewedTexts } from './workspace.pages.ts'

/** What somebody may decide at a step, in the order in which it is offered. CONDITIONS: approving with conditions. */
const DECISIONS = ['approve', 'conditions', 'adopt', 'return', 'refuse'] as const
type Decision = (typeof DECISIONS)[number]
/** Rows for conditions that a form offers at most; more are set over the API. */
const CONDITIONS_MAX = 10

/** The decision of one step: approve, with conditions, by another party's review, return, refuse. */
export function decisionPages(options: ReviewPagesOptions) {
  const texts = reviewedTexts(options)

  async function shown(request: FastifyRequest, over: Partial<Page> = {}, rows = rowsIn(request)): Promise<Page> {
    const { review, at } = await openStep(options, request)
    const { signOff, principal } = review
    const { sections, about } = await texts.read(review)
    const reviews = at.may.includes('adopt') ? adoptableAt(signOff, principal.org, at.definition) : []
    const named = (part: string) => partNamed(sections, part)
    const route = routeOf(signOff, at.chain)
    return {
      template: 'reviews/decision.njk',
      title: `${at.definition.title}: what do you decide?`,
      ...over,
      data: {
        ...{ signOff, at, about, rows, reviews, form: request.body ?? {}, org: principal.org },
        choices: offered(at, reviews.length > 0),
        why: partsNamed(at.why, signOff, sections),
        canAdd: rows < CONDITIONS_MAX,
        next: stepsAfter(signOff, at),
        returns: returnsTo(signOff, at.chain, at.step.id).map((id) => ({ id, title: routeStep(route, id).title })),
        marks: signOff.marks.filter(({ mark }) => mark !== 'ACCEPTABLE').map((mark) => ({ ...mark, place: named(mark.part) })),
        openThreads: signOff.threads
          .filter(({ resolved }) => resolved === null)
          .map((thread) => ({ ...thread, place: named(thread.part) })),
        said: at.chain.steps.flatMap(({ id, tasks }) =>
          tasks.flatMap(({ result }) => (result ? [{ title: routeStep(route, id).title, result }] : [])),
        ),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/reviews/:id/steps/:of/:step', 'getSignOff', async (request): Promise<Page | Redirect> => {
      const { review, at } = await openStep(options, request)
      const { type, id } = review.signOff.subject
      // It ends with what the review found, which is said there.
      return type === 'emergency' && at.step.id === LAST_STEP ? { to: `/emergencies/${id}/review` } : shown(request)
    })
    form('/reviews/:id/steps/:of/:step', 'performSignOffCommand', async (request): Promise<Page | Redirect> => {
      const { review, at } = await openStep(options, request)
      if (field(request, 'act') === 'add') return shown(request, {}, Math.min(rowsIn(request) + 1, CONDITIONS_MAX))
      const decision = DECISIONS.find((one) => one === field(request, 'decision'))
      if (!decision) return shown(request, { status: 422, errors: [{ field: 'decision', text: 'Select what you decide' }] })
      const body = decided(decision, at, request)
      const errors = missing(decision, request)
      const faults = errors.length > 0 ? errors : faultsOf('performSignOffCommand', body, (pointer) => fieldAt(pointer, request))
      const wrong = faults.length > 0 ? faults : await doCommand(options, review, request, body)
      return wrong.length > 0 ? shown(request, { status: 422, errors: wrong }) : { to: `/reviews/${review.signOff.id}` }
    })
  }
}

/** What is offered at a step, by what the engine has open there. */
function offered({ may, definition }: ReadersStep, isAdoptable: boolean): readonly Decision[] {
  return DECISIONS.filter((decision) => {
    if (decision === 'conditions') return may.includes('approve') && setsConditions(definition.kind)
    return may.includes(decision) && (decision !== 'adopt' || isAdoptable)
  })
}

function rowsIn(request: FastifyRequest): number {
  return Math.min(Math.max(Number(field(request, 'rows')) || 1, 1), CONDITIONS_MAX)
}

/** The numbers of the rows in which a condition was begun. */
function begunRows(request: FastifyRequest): number[] {
  return Array.from({ length: rowsIn(request) }, (_none, i) => i + 1).filter(
    (row) => field(request, `text-${row}`) !== '' || dayIn(request, `due-${row}`) !== '',
  )
}

function conditionsIn(request: FastifyRequest): ApprovalCondition[] {
  return begunRows(request).map((row) => ({
    text: field(request, `text-${row}`),
    bearer: field(request, `bearer-${row}`) as ApprovalCondition['bearer'],
    due: dayIn(request, `due-${row}`) || null,
  }))
}

function decided(decision: Decision, { org, step }: ReadersStep, request: FastifyRequest): CommandBody {
  const reason = field(request, 'reason')
  const place = { org, step: step.id }
  const comment = reason === '' ? {} : { comment: reason }
  const hash = field(request, 'hash')
  switch (decision) {
    case 'approve':
      return { command: 'approve', ...place, hash, ...comment }
    case 'conditions':
      return { command: 'approve', ...place, hash, ...comment, conditions: conditionsIn(request) }
    case 'adopt':
      return { command: 'adopt', ...place, hash, from: field(request, 'from'), reason }
    case 'return':
      return { command: 'return', ...place, reasons: reason, ...(field(request, 'to') === '' ? {} : { to: field(request, 'to') }) }
    case 'refuse':
      return { command: 'refuse', ...place, reason }
  }
}

/** What a form has not said, in words: the contract says only that it is too short. */
function missing(decision: Decision, request: FastifyRequest): FieldError[] {
  const reasons: Partial<Record<Decision, string>> = {
    adopt: 'Say why their review holds for your organisation too',
    return: 'Say what has to be changed',
    refuse: 'Say why you refuse',
  }
  const wanted = reasons[decision]
  const found: FieldError[] = []
  if (decision === 'conditions' && begunRows(request).length === 0)
    found.push({ field: 'text-1', text: 'Write the condition, or approve without one' })
  for (const row of decision === 'conditions' ? begunRows(request) : [])
    if (field(request, `bearer-${row}`) === '') found.push({ field: `bearer-${row}`, text: 'Select who must keep the condition' })
  if (decision === 'approve' && begunRows(request).length > 0)
    found.push({ field: 'decision', text: 'You wrote a condition: select “Approve with conditions”, or take it out' })
  if (decision === 'adopt' && field(request, 'from') === '') found.push({ field: 'from', text: 'Select whose review you adopt' })
  if (wanted && field(request, 'reason') === '') found.push({ field: 'reason', text: wanted })
  return found
}

/** The field of the form in which what a pointer leads to is written. */
function fieldAt(pointer: string, request: FastifyRequest): string {
  const [, member = '', index = '', inner = ''] = pointer.split('/')
  if (member === 'conditions') return `${inner || 'text'}-${begunRows(request)[Number(index)] ?? 1}`
  return ['comment', 'reasons', 'reason'].includes(member) ? 'reason' : member
}
