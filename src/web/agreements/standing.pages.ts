import type { FastifyRequest } from 'fastify'
import type { AttributedPermit, StandingPermitsService } from '../../agreements/acts/standing-permits.service.ts'
import type { Flow } from '../../agreements/agreement.ts'
import { STANDING_HOURS_MAX, STANDING_STATEMENT } from '../../agreements/model/standing-permit.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import { type Choice, counted, isYes, said } from '../drafting/answers.ts'
import { once, type Page, type Redirect } from '../forms.pages.ts'
import { answered, type Questions, questionsIn, refusedBeside } from '../questions.pages.ts'
import { labelled } from '../rendering.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'

export interface StandingPagesOptions extends RequestLists {
  readonly standingPermits: Pick<StandingPermitsService, 'overview' | 'allow' | 'end'>
}

/** What letting a flow stand asks: which one, for how long, and that the delay is accepted, word for word. */
function letting(flows: readonly Choice[]): Questions {
  return {
    fields: [
      { name: 'flow', label: 'Which flow?', kind: 'radios', choices: flows },
      {
        ...{ name: 'hours', label: 'For how many hours may it be relied on without asking?', kind: 'number' },
        hint: `1 to ${STANDING_HOURS_MAX}. So late a suspension or withdrawal may arrive: as few as the systems need`,
      },
      { name: 'accept', label: STANDING_STATEMENT, kind: 'box', pointer: '/statement' },
      {
        ...{ name: 'reason', label: 'Why? (optional)', kind: 'textarea', rows: 3 },
        hint: 'All parties read it. Do not write anything about a resident',
      },
    ],
    wanted: {
      flow: 'Select the flow',
      hours: 'Enter for how many hours',
      accept: 'Tick that you accept how late a suspension may arrive',
    },
    bodyOf: (answers) => ({
      ...{ flow: said(answers, 'flow') ?? '', hours: counted(answers, 'hours'), reason: said(answers, 'reason') },
      statement: isYes(answers, 'accept') ? STANDING_STATEMENT : '',
    }),
  }
}

const ENDING: Questions = {
  fields: [
    {
      ...{ name: 'reason', label: 'Why?', kind: 'textarea', rows: 3 },
      hint: 'All parties read it. Do not write anything about a resident',
    },
  ],
  wanted: { reason: 'Say why' },
  bodyOf: (answers) => ({ reason: said(answers, 'reason') ?? '' }),
}

/** Which flows of an agreement may be relied on while Accord cannot be reached: seen by the parties, allowed and ended by whose they are (docs/decisions/0034-manifests.md). */
export function standingPages({ standingPermits, listsFor, organisationsFor }: StandingPagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly id: string; readonly standingPermitId: string }
  const here = (request: FastifyRequest) => `/agreements/${encodeURIComponent(params(request).id)}/standing-permits`
  const known = async (request: FastifyRequest) => orThrow(await standingPermits.overview(callerOf(request), params(request).id))
  const callFor = (request: FastifyRequest) => ({
    ...{ principal: callerOf(request), idempotency: once(request), agreementId: params(request).id, ifMatch: '*' },
  })
  const back = (request: FastifyRequest) => ({ text: 'While Accord cannot be reached', href: here(request) })

  async function listed(request: FastifyRequest): Promise<Page> {
    const found = await known(request)
    return {
      template: 'agreements/standing.njk',
      title: 'What may be shared while Accord cannot be reached',
      data: {
        ...{ found, here: here(request), org: callerOf(request).org },
        standing: found.permits.filter(({ state }) => state !== 'ENDED').toReversed(),
        ended: found.permits.filter(({ state }) => state === 'ENDED').toReversed(),
        isOpen: found.flows.some(({ against }) => against === null),
      },
    }
  }

  /** Flows by what they are for and who receives. */
  async function choicesOf(request: FastifyRequest, flows: readonly Flow[]): Promise<readonly Choice[]> {
    const [lists, organisations] = await Promise.all([listsFor(request), organisationsFor(request)])
    const label = labelled(lists)
    const nameOf = (code: string) =>
      code === 'ALL_SIGNED_BOROUGHS'
        ? 'every London borough that has signed'
        : (organisations.find((one) => one.code === code)?.short_name ?? code)
    return flows.map(({ id, purpose, recipients }) => ({
      ...{
        value: id,
        text: `Flow ${id}: ${label('PURPOSE', purpose)}`,
        hint: `To ${recipients
          .filter((one) => one !== callerOf(request).org)
          .map(nameOf)
          .join(', ')}`,
      },
    }))
  }

  async function asking(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const found = await known(request)
    // What was chosen is kept, also where it stands by now.
    const open = found.flows.filter(({ against }) => against === null || (request.body && against === 'STANDS'))
    return {
      template: 'agreements/standing-act.njk',
      title: 'Let a flow stand',
      ...over,
      data: {
        ...{ act: 'allow', found, back: back(request), here: here(request), org: callerOf(request).org },
        closed: open.length === 0 ? 'None of your flows can be let stand now. The page before says why.' : null,
        fields: questionsIn(
          request,
          letting(
            await choicesOf(
              request,
              open.map(({ flow }) => flow),
            ),
          ).fields,
        ),
        button: 'Let it stand',
      },
    }
  }

  async function ending(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const found = await known(request)
    const permit = found.permits.find(({ id }) => id === params(request).standingPermitId)
    if (!permit) throw refused('NOT_FOUND', 'This agreement has no standing permit with this identifier.')
    return {
      template: 'agreements/standing-act.njk',
      title: `End the standing permit for flow ${permit.flow}`,
      ...over,
      data: {
        ...{ act: 'end', found, permit, back: back(request), closed: closedFor(permit, callerOf(request).org) },
        ...{ fields: questionsIn(request, ENDING.fields), button: 'End it now', isHarmful: true },
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/agreements/:id/standing-permits', 'listStandingPermits', listed)
    page('/agreements/:id/standing-permits/new', 'allowStandingPermit', (request) => asking(request))
    form('/agreements/:id/standing-permits/new', 'allowStandingPermit', async (request): Promise<Page | Redirect> => {
      const questions = letting([])
      const { body, errors } = answered('allowStandingPermit', request, questions)
      if (errors.length > 0) return asking(request, { status: 422, errors })
      const done = await standingPermits.allow(callFor(request), body)
      if (done.ok) return { to: here(request) }
      return asking(request, { status: 422, errors: refusedBeside(done.refusal, questions.fields) })
    })
    page('/agreements/:id/standing-permits/:standingPermitId/end', 'endStandingPermit', (request) => ending(request))
    form('/agreements/:id/standing-permits/:standingPermitId/end', 'endStandingPermit', async (request): Promise<Page | Redirect> => {
      const { body, errors } = answered('endStandingPermit', request, ENDING)
      if (errors.length > 0) return ending(request, { status: 422, errors })
      const done = await standingPermits.end(callFor(request), params(request).standingPermitId, body)
      if (done.ok) return { to: here(request) }
      return ending(request, { status: 422, errors: refusedBeside(done.refusal, ENDING.fields) })
    })
  }
}

function closedFor({ state, provider }: AttributedPermit, org: string): string | null {
  if (state === 'ENDED') return 'It has been ended already.'
  return provider === org ? null : 'Only the organisation that provides ends it.'
}
