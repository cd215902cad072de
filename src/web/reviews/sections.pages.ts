import type { FastifyRequest } from 'fastify'
import { refused } from '../../platform/kernel/refusal.ts'
import { mayClose } from '../../workflow/model/decide-words.ts'
import type { MarkValue, Thread } from '../../workflow/model/sign-off.ts'
import type { Answer, Section } from '../agreements/answers.ts'
import { type FieldError, faultsOf, field, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { type MarkedPart, markedPart, placeOf } from './marking.ts'
import { type CommandBody, doCommand, openReview, type ReviewPagesOptions } from './review-call.pages.ts'
import type { OpenReview } from './steps.ts'
import { reviewedTexts } from './workspace.pages.ts'

/** What may be marked and commented on a page: the answers of a section, and the section as a whole. `index` names its fields. */
interface MarkableItem extends MarkedPart {
  readonly index: number
  /** null: the section as a whole. */
  readonly answer: Answer | null
}

/** A command that a form asks for, and the field that it stands in. */
interface Asked {
  readonly body: CommandBody
  readonly at: string
}

const MARKS: readonly MarkValue[] = ['ACCEPTABLE', 'IMPROVE', 'TO_CORRECT']

/** One section of a text: each answer with its marks and its comments, and a form for all of them. */
export function sectionPages(options: ReviewPagesOptions) {
  const texts = reviewedTexts(options)

  async function sectionOf(request: FastifyRequest) {
    const review = await openReview(options, request)
    const { key } = request.params as { readonly key: string }
    const sections = await texts.sections(review)
    const at = sections.findIndex((one) => one.key === key)
    const section = sections[at]
    if (!section) throw refused('NOT_FOUND', 'There is no such section.')
    return { review, section, next: sections[at + 1], items: itemsOf(review, section) }
  }

  /** `saved`: fields whose words are kept already, and are not to be sent once more. */
  async function shown(request: FastifyRequest, over: Partial<Page> = {}, saved: readonly string[] = []): Promise<Page> {
    const { review, section, next, items } = await sectionOf(request)
    const { signOff, principal, commands } = review
    const since = await texts.since(review)
    const pointers = since.kind === 'CHANGED' ? since.pointers : []
    return {
      template: 'reviews/section.njk',
      title: section.title,
      ...over,
      data: {
        ...{ signOff, section, next, items, since, org: principal.org },
        form: { ...(request.body ?? {}), ...Object.fromEntries(saved.map((name) => [name, ''])) },
        isChanged: (part: string) => pointers.some((pointer) => pointer === part || pointer.startsWith(`${part}/`)),
        isShared: items.some(({ own }) => own?.isShared),
        mayWrite: commands.some(({ command }) => command === 'mark'),
        mayClose: (thread: Thread) => mayClose(thread, signOff, principal.org),
      },
    }
  }

  /** Where a comment stands: beside its answer, or with those on the whole. */
  async function commentAt(request: FastifyRequest): Promise<Redirect> {
    const review = await openReview(options, request)
    const { thread: id } = request.params as { readonly thread: string }
    const thread = review.signOff.threads.find((one) => one.id === id)
    if (!thread) throw refused('NOT_FOUND', 'There is no such comment.')
    const place = placeOf(await texts.sections(review), thread.part)
    return { to: `/reviews/${review.signOff.id}${place ? `/sections/${place.section.key}` : ''}#thread-${id}` }
  }

  return ({ page, form }: Web): void => {
    page('/reviews/:id/sections/:key', 'getSignOff', (request) => shown(request))
    page('/reviews/:id/comments/:thread', 'getSignOff', commentAt)
    form('/reviews/:id/sections/:key', 'performSignOffCommand', async (request): Promise<Page | Redirect> => {
      const { review, section, next, items } = await sectionOf(request)
      const asked = commandsIn(request, items)
      const faults = asked.flatMap(({ body, at }) => faultsOf('performSignOffCommand', body).map(({ text }) => ({ field: at, text })))
      if (faults.length > 0) return shown(request, { status: 422, errors: faults })
      const saved: string[] = []
      for (const { body, at } of asked) {
        const errors: FieldError[] = await doCommand(options, review, request, body)
        if (errors.length > 0) return shown(request, { status: 422, errors: errors.map(({ text }) => ({ field: at, text })) }, saved)
        saved.push(at)
      }
      const here = `/reviews/${review.signOff.id}`
      const goesOn = field(request, 'act') === 'next'
      return { to: goesOn ? (next ? `${here}/sections/${next.key}` : here) : `${here}/sections/${section.key}` }
    })
  }
}

function itemsOf({ signOff, principal }: OpenReview, { part, answers }: Section): MarkableItem[] {
  const whole = part === '' ? [] : [{ part, answer: null }]
  return [...answers.map((answer) => ({ part: answer.part, answer })), ...whole].map(({ part: at, answer }, index) => ({
    ...{ index, answer },
    ...markedPart(signOff, at, principal),
  }))
}

/** What the form of a section asks for: marks that differ, comments, replies, and what its button closes. */
function commandsIn(request: FastifyRequest, items: readonly MarkableItem[]): Asked[] {
  const act = field(request, 'act')
  const shared = field(request, 'shared') === 'yes'
  const marks = items.flatMap(({ index, part, own, answer }): Asked[] => {
    const chosen = MARKS.find((one) => one === field(request, `mark-${index}`))
    const mark = chosen ?? (act === 'accept' && answer ? 'ACCEPTABLE' : undefined)
    const isNews = mark !== undefined && (mark !== own?.mark || (shared && !own.isShared))
    return isNews ? [{ body: { command: 'mark', part, mark, shared }, at: `mark-${index}` }] : []
  })
  const comments = items.flatMap(({ index, part }): Asked[] => {
    const text = field(request, `comment-${index}`)
    return text === '' ? [] : [{ body: { command: 'comment', part, text, shared }, at: `comment-${index}` }]
  })
  const replies = items
    .flatMap(({ threads }) => threads)
    .flatMap(({ id }): Asked[] => {
      const text = field(request, `reply-${id}`)
      return text === '' ? [] : [{ body: { command: 'comment', thread: id, text }, at: `reply-${id}` }]
    })
  const [command = '', thread = ''] = act.split(':')
  const closes: Asked[] = command === 'resolve' || command === 'reopen' ? [{ body: { command, thread }, at: `reply-${thread}` }] : []
  return [...marks, ...comments, ...replies, ...closes]
}
