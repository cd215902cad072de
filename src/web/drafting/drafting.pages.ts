import type { FastifyRequest } from 'fastify'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import type { HistoryService } from '../../agreements/texts/history.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { isSamePerson } from '../../identity/principal.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import { field, once, type Page, type Redirect } from '../forms.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'
import { type Answers, answersIn, digestOf, inWords } from './answers.ts'
import { choicesFrom, usualGatewaysIn, wordsFor } from './choices.ts'
import { type OpenSectionsOptions, sectionsOpenNow } from './open-sections.pages.ts'
import { type DraftContext, idOf, type Step } from './steps.pages.ts'

export interface DraftReading extends RequestLists, OpenSectionsOptions {
  readonly drafting: Pick<DraftingService, 'create' | 'read' | 'edit'>
  readonly history: Pick<HistoryService, 'recentEdits'>
  readonly now: () => Date
}

/** The address of a draft. */
export const draftPath = (id: string) => `/agreements/${encodeURIComponent(id)}/draft`

/** Reads what every page of a draft looks at. @throws Refused where the caller may not know the agreement */
export function draftReading({ drafting, organisationsFor, listsFor, now }: Pick<DraftReading, 'drafting' | 'now' | keyof RequestLists>) {
  return async (request: FastifyRequest): Promise<DraftContext> => {
    const params = request.params as Readonly<Record<string, string>>
    const principal = callerOf(request)
    const [found, organisations, lists] = await Promise.all([
      drafting.read(principal, params['id'] ?? '', undefined),
      organisationsFor(request),
      listsFor(request),
    ])
    const { outcome: view, version } = orThrow(found)
    const draft = view.versions.find((one) => one.version === view.draft_version)
    const newest = draft ?? view.versions.at(-1)
    if (!newest) throw refused('NOT_FOUND', 'The agreement has no version.')
    const names = new Map(organisations.map(({ code, short_name }) => [code, short_name]))
    return {
      ...{ view, draft: newest, isWritable: draft !== undefined, rowVersion: version, principal, params, organisations },
      query: request.query as DraftContext['query'],
      choices: choicesFrom(lists, now().getTime()),
      usualGateways: usualGatewaysIn(lists),
      nameOf: (org) => (org === 'ALL_SIGNED_BOROUGHS' ? 'Every London borough that has signed' : (names.get(org) ?? org)),
      plain: wordsFor(lists, (org) => names.get(org)),
    }
  }
}

/** Where there is no draft (any more): why, and what was typed, so that nothing of it is lost. */
export function noDraft(
  { view }: DraftContext,
  typed: readonly { readonly label: string; readonly words: readonly string[] }[] = [],
): Page {
  return {
    template: 'drafting/no-draft.njk',
    title: 'There is no draft to write in',
    status: typed.length > 0 ? 409 : 404,
    data: { agreement: view, typed: typed.filter(({ words }) => words.length > 0) },
  }
}

/** How often a section is saved anew where others save other sections in the same moment. */
const TRIES = 3

/** The pages on which a draft is written: one section each, saved as it is sent. */
export function stepPages(steps: readonly Step[], reading: DraftReading) {
  const read = draftReading(reading)
  const sections = sectionsOpenNow(reading)

  async function shown(
    request: FastifyRequest,
    step: Step,
    context: DraftContext,
    given: Answers | undefined,
    over: Partial<Page> = {},
  ): Promise<Page> {
    const present = step.answers(context)
    const answers = given ?? step.suggested?.(context) ?? present
    const { path, text } = step.back(context)
    return {
      template: 'drafting/step.njk',
      title: step.title(context),
      ...over,
      data: {
        ...{ agreement: context.view, intro: step.intro?.(context) ?? [], back: { href: hrefOf(context, path), text } },
        fields: step.fields(context).map((one) => ({ ...one, id: idOf(one), value: answers[one.name] ?? '' })),
        was: digestOf(present),
        offers: step.offers?.(context) ?? [],
        besides: step.besides?.(context) ?? [],
        isReadOnly: step.isReadOnly?.(context) ?? false,
        saved: await savedByOthers(step, context),
        openNow: await sections.opened(request, step, context),
      },
    }
  }

  /** The page as it stands; with what was typed into it, where that came after the session had ended: then it is as old as it was. */
  async function opened(step: Step, request: FastifyRequest): Promise<Page> {
    const context = await read(request)
    if (!context.isWritable) return noDraft(context)
    const typed = request.body as Readonly<Record<string, unknown>> | undefined
    if (!typed) return shown(request, step, context, undefined)
    const page = await shown(request, step, context, answersIn(typed, step.fields(context)))
    return { ...page, data: { ...page.data, was: field(request, 'was') } }
  }

  /** Who else last saved this section, and when; undefined: nobody did of late. */
  async function savedByOthers({ section }: Step, context: DraftContext) {
    const { principal, view } = context
    const edits = orThrow(await reading.history.recentEdits(principal, view.id))
    const members = section.members?.(context)
    const isOfSection = (changes: unknown) => members === undefined || members.some((member) => Object.hasOwn(Object(changes), member))
    const last = edits.find(({ detail }) => detail?.['part'] === section.part && isOfSection(detail['changes']))
    return last?.by && !isSamePerson(last.by, principal) ? { by: last.by, at: last.at } : undefined
  }

  /** What the section says by now beside what was typed: nothing is lost, and nothing of somebody else overwritten unseen. */
  async function conflict(request: FastifyRequest, step: Step, context: DraftContext, answers: Answers): Promise<Page> {
    const present = step.answers(context)
    const differing = step.fields(context).flatMap((one) => {
      const [theirs, mine] = [inWords(one, present[one.name]), inWords(one, answers[one.name])]
      return JSON.stringify(theirs) === JSON.stringify(mine) ? [] : [{ label: one.label, theirs, mine }]
    })
    const page = await shown(request, step, context, answers)
    const errors = [{ field: '', text: 'Somebody else saved this section while you were writing. Nothing of yours is saved yet' }]
    return { ...page, template: 'drafting/conflict.njk', status: 409, errors, data: { ...page.data, differing } }
  }

  async function saved(step: Step, request: FastifyRequest): Promise<Page | Redirect> {
    const form = (request.body ?? {}) as Readonly<Record<string, unknown>>
    for (let left = TRIES; ; left -= 1) {
      const context = await read(request)
      const answers = answersIn(form, step.fields(context))
      if (!context.isWritable)
        return noDraft(
          context,
          step.fields(context).map((one) => ({ label: one.label, words: inWords(one, answers[one.name]) })),
        )
      const present = step.answers(context)
      // Another section may have been saved meanwhile: that is no conflict. This one may not have been.
      if (field(request, 'was') !== digestOf(present) && digestOf(answers) !== digestOf(present))
        return conflict(request, step, context, answers)
      // The same form twice is one edit, and what was added is not added again.
      const { principal, view, rowVersion } = context
      const call = { principal, idempotency: once(request), agreementId: view.id, ifMatch: etagOf(rowVersion) }
      const done = await step.save(reading.drafting, call, answers, context)
      if (done.ok) {
        await sections.left(step, context)
        return { to: hrefOf(context, field(request, 'then') === 'tasks' ? '' : step.next(context, done.value)) }
      }
      if (!done.refusal.isStale) return shown(request, step, context, answers, { status: 422, errors: done.refusal.errors })
      if (left === 1)
        throw refused('OVERLOADED', 'Others are saving this draft at this moment. Send the form once more.', [], { retryAfterSeconds: 1 })
    }
  }

  return ({ page, form }: Web): void => {
    for (const step of steps) {
      const path = `/agreements/:id/draft/${step.path}`
      page(path, step.operation, (request) => opened(step, request))
      form(path, step.operation, (request) => saved(step, request))
    }
  }
}

/** The address of something below a draft; empty: its task list. */
export function hrefOf({ view }: Pick<DraftContext, 'view'>, path: string): string {
  return path === '' ? draftPath(view.id) : `${draftPath(view.id)}/${path}`
}
