import type { FastifyRequest } from 'fastify'
import { refused } from '../../platform/kernel/refusal.ts'
import { chosen, field, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { type CommandBody, doCommand, openReview, type ReviewPagesOptions } from './review-call.pages.ts'
import { WHOLE } from './steps.ts'

/** What is done to the part of an organisation with a reason alone. */
interface ChainAct {
  readonly title: string
  readonly button: string
  readonly isHarmful: boolean
  readonly body: (reason: string, request: FastifyRequest) => CommandBody
}

const ACTS: Readonly<Record<string, ChainAct>> = {
  overrule: {
    ...{ title: 'Overrule the advice of the data protection officer', button: 'Overrule the advice', isHarmful: true },
    body: (reason) => ({ command: 'overrule', reason }),
  },
  decline: {
    ...{ title: 'Decline for your organisation', button: 'Decline', isHarmful: true },
    body: (reason) => ({ command: 'decline', reason }),
  },
  take_back_return: {
    ...{ title: 'Take the return back', button: 'Take it back', isHarmful: false },
    body: (reason, request) => {
      const of = field(request, 'of')
      return { command: 'take_back_return', org: of === WHOLE ? null : of, step: field(request, 'step'), reason }
    },
  },
}

/** Acts on the whole part of an organisation, each with what follows from it, and a reason. */
export function chainActPages(options: ReviewPagesOptions) {
  function actOf(request: FastifyRequest) {
    const { act: name } = request.params as { readonly act: string }
    const act = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined
    if (!act) throw refused('NOT_FOUND', 'There is no such act.')
    return { name, act }
  }

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { name, act } = actOf(request)
    const { signOff, commands, principal } = await openReview(options, request)
    const body = (request.body ?? {}) as Readonly<Record<string, unknown>>
    return {
      template: 'reviews/chain-act.njk',
      title: act.title,
      ...over,
      data: {
        ...{ signOff, name, act, org: principal.org },
        form: { of: chosen(request, 'of'), step: chosen(request, 'step'), ...body },
        chain: signOff.chains.find(({ org }) => org === principal.org),
        isOpen: commands.some(({ command }) => command === name),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/reviews/:id/acts/:act', 'getSignOff', (request) => shown(request))
    form('/reviews/:id/acts/:act', 'performSignOffCommand', async (request): Promise<Page | Redirect> => {
      const { act } = actOf(request)
      const review = await openReview(options, request)
      const reason = field(request, 'reason')
      const errors =
        reason === '' ? [{ field: 'reason', text: 'Say why' }] : await doCommand(options, review, request, act.body(reason, request))
      return errors.length > 0 ? shown(request, { status: 422, errors }) : { to: `/reviews/${review.signOff.id}` }
    })
  }
}
