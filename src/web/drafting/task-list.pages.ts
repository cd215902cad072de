import type { FastifyRequest } from 'fastify'
import * as parts from '../../agreements/drafting/draft-parts.service.ts'
import type { AdviceService } from '../../decisions/advice/advice.service.ts'
import { permits } from '../../identity/permissions.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { inWords } from './answers.ts'
import { type DraftReading, draftReading, hrefOf, noDraft } from './drafting.pages.ts'
import { type ListSection, listSections } from './list-steps.pages.ts'
import { openBelow } from './open-sections.pages.ts'
import { withoutParty } from './party-steps.pages.ts'
import type { DraftContext } from './steps.pages.ts'
import { flowTasks, placeToMend, statusOf, TASK_GROUPS, type TaskFacts } from './tasks.ts'

export interface TaskListOptions extends DraftReading {
  readonly advice: Pick<AdviceService, 'advise' | 'missing' | 'adviseOnFlow'>
}

/** Who writes a draft is its keeper; whoever takes part besides reads it. What each may do in the end, the service says. */
export function mayWrite({ view, principal }: Pick<DraftContext, 'view' | 'principal'>): boolean {
  return view.owner_org === principal.org && permits(principal.roles, 'agreement:draft')
}

/** What whoever reads the list of tasks may do besides: an assessment is recorded by others than the text, and each party sees to its own contacts. */
function mayDo(context: DraftContext) {
  const { view, principal } = context
  const isParty = view.parties.some(({ org, left_at }) => org === principal.org && left_at === null)
  return {
    mayWrite: mayWrite(context),
    mayAssess: view.owner_org === principal.org && permits(principal.roles, 'dpia:record'),
    maySeeToContacts: isParty && permits(principal.roles, 'agreement:draft'),
  }
}

/** What is to be done in a draft, and the lists of its parties, its flows and what else there are several of. */
export function taskListPages({ advice, ...reading }: TaskListOptions) {
  const read = draftReading(reading)

  async function factsOf(context: DraftContext): Promise<TaskFacts> {
    const { principal, view, draft } = context
    return { view, draft, advice: orThrow(await advice.advise(principal, view.id, draft.version)).advice }
  }

  /** Who else has something open below an address of the draft, each person once. */
  async function openTo({ principal, view, nameOf }: DraftContext) {
    const open = await reading.openSections.others(principal, view.id)
    return (path: string) => {
      const here = openBelow(open, path).map(({ name, org, opened_at }) => ({ who: `${name} of ${nameOf(org)}`, opened_at }))
      return here.filter(({ who }, index) => here.findIndex((one) => one.who === who) === index)
    }
  }

  async function tasks(request: FastifyRequest): Promise<Page> {
    const context = await read(request)
    if (!context.isWritable) return noDraft(context)
    const [facts, openNow] = await Promise.all([factsOf(context), openTo(context)])
    const groups = TASK_GROUPS.map(({ title, tasks: all }) => ({
      title,
      tasks: all
        .filter(({ isThere }) => isThere?.(facts) ?? true)
        .map((task) => ({
          ...{ path: task.path, title: task.title, status: spoken(context, statusOf(task, facts)) },
          openNow: openNow(task.path),
        })),
    }))
    const all = groups.flatMap((group) => group.tasks)
    return {
      template: 'drafting/tasks.njk',
      title: context.view.title,
      data: {
        ...{ agreement: context.view, draft: context.draft, groups, base: hrefOf(context, ''), ...mayDo(context) },
        ...{ done: all.filter(({ status }) => status.state === 'COMPLETED' || status.state === 'OPTIONAL').length, total: all.length },
      },
    }
  }

  async function parties(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const context = await read(request)
    if (!context.isWritable) return noDraft(context)
    const found = orThrow(await advice.missing(context.principal, context.view.id, context.draft.version))
    const missing = found.filter(({ severity, pointer }) => severity === 'ERROR' && pointer.startsWith('/parties'))
    return {
      template: 'drafting/parties.njk',
      title: 'Parties',
      ...over,
      data: {
        ...{ agreement: context.view, base: hrefOf(context, '') },
        parties: context.view.parties.map((party, index) => ({
          ...party,
          open: missing.filter(({ pointer }) => pointer.startsWith(`/parties/${index}/`)).map(({ detail }) => context.plain(detail)),
        })),
      },
    }
  }

  async function flows(request: FastifyRequest): Promise<Page> {
    const context = await read(request)
    if (!context.isWritable) return noDraft(context)
    const facts = await factsOf(context)
    return {
      template: 'drafting/flows.njk',
      title: 'Data flows',
      data: {
        ...{ agreement: context.view, base: hrefOf(context, '') },
        flows: context.draft.terms.flows.map((flow, index) => {
          const states = flowTasks(flow, index, facts).map(({ status }) => status.state)
          const state = states.includes('PROBLEM') ? 'PROBLEM' : states.every((one) => one === 'COMPLETED') ? 'COMPLETED' : 'INCOMPLETE'
          return { ...flow, state }
        }),
      },
    }
  }

  async function flow(request: FastifyRequest): Promise<Page> {
    const context = await read(request)
    const { principal, view, draft, params } = context
    const facts = { view, draft, advice: orThrow(await advice.adviseOnFlow(principal, view.id, draft.version, params['flow'] ?? '')) }
    const index = context.draft.terms.flows.findIndex(({ id }) => id === context.params['flow'])
    const found = context.draft.terms.flows[index]
    // Taken away meanwhile by somebody else: the list shows what there is.
    if (!found) return flows(request)
    const openNow = await openTo(context)
    return {
      template: 'drafting/flow.njk',
      title: `Flow ${found.id}`,
      data: {
        ...{ agreement: context.view, base: hrefOf(context, ''), flow: found },
        tasks: flowTasks(found, index, facts).map((task) => ({
          ...{ ...task, status: spoken(context, task.status), openNow: openNow(`flows/${found.id}/${task.path}`) },
        })),
        // What is of the flow as a whole stands at its head.
        general: facts.advice
          .filter(({ pointer, severity }) => severity === 'ERROR' && pointer.startsWith(`/terms/flows/${index}`))
          .filter(({ pointer }) => placeToMend(pointer, facts)?.path === `flows/${found.id}`)
          .map(({ detail }) => context.plain(detail)),
      },
    }
  }

  async function list(request: FastifyRequest, section: ListSection, over: Partial<Page> = {}): Promise<Page> {
    const context = await read(request)
    if (!context.isWritable) return noDraft(context)
    const fields = section.fields(context)
    return {
      template: 'drafting/list.njk',
      title: section.title,
      ...over,
      data: {
        ...{ agreement: context.view, base: hrefOf(context, ''), section: { path: section.path, words: section.words } },
        entries: section.entries(context).map((entry) => fields.map((one) => ({ label: one.label, words: inWords(one, entry[one.name]) }))),
      },
    }
  }

  /** A change that a button makes, on the draft as it stands at that moment. */
  async function changed(
    request: FastifyRequest,
    part: (context: DraftContext) => Promise<Page | undefined>,
    to: string,
  ): Promise<Page | Redirect> {
    const context = await read(request)
    if (!context.isWritable) return noDraft(context)
    return (await part(context)) ?? { to: hrefOf(context, to) }
  }
  // The same button twice takes away one entry, and not the next one too.
  const callIn = (request: FastifyRequest, { principal, view, rowVersion }: DraftContext) => ({
    ...{ principal, idempotency: once(request), agreementId: view.id, ifMatch: etagOf(rowVersion) },
  })

  return ({ page, form }: Web): void => {
    const at = '/agreements/:id/draft'
    page(at, 'adviseAgreement', tasks)
    page(`${at}/parties`, 'putDraftParties', (request) => parties(request))
    form(`${at}/parties/:org/remove`, 'putDraftParties', (request) =>
      changed(
        request,
        async (context) => {
          const left = withoutParty(context)
          if (!left) return undefined
          const done = await reading.drafting.edit(parts.partiesPart, callIn(request, context), left)
          return done.ok ? undefined : parties(request, { status: 422, errors: spokenErrors(context, refusedWith(done.refusal)) })
        },
        'parties',
      ),
    )
    page(`${at}/flows`, 'putDraftFlows', (request) => flows(request))
    page(`${at}/flows/:flow`, 'putDraftFlow', (request) => flow(request))
    form(`${at}/flows/:flow/remove`, 'deleteDraftFlow', (request) =>
      changed(
        request,
        async (context) => {
          orThrow(await reading.drafting.edit(parts.removedFlowPart(context.params['flow'] ?? ''), callIn(request, context), undefined))
          return undefined
        },
        'flows',
      ),
    )
    for (const section of listSections) {
      page(`${at}/${section.path}`, section.operation, (request) => list(request, section))
      form(`${at}/${section.path}/:number/remove`, section.operation, (request) =>
        changed(
          request,
          async (context) => {
            const done = await section.without.save(reading.drafting, callIn(request, context), {}, context)
            return done.ok ? undefined : list(request, section, { status: 422, errors: done.refusal.errors })
          },
          section.path,
        ),
      )
    }
  }
}

/** A status with the codes of its details put into words. */
function spoken<Status extends object>({ plain }: DraftContext, status: Status): Status {
  return 'details' in status && Array.isArray(status.details)
    ? { ...status, details: status.details.map((one) => plain(String(one))) }
    : status
}

function spokenErrors({ plain }: DraftContext, errors: ReturnType<typeof refusedWith>) {
  return errors.map((one) => ({ ...one, text: plain(one.text) }))
}
