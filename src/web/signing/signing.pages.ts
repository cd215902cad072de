import type { FastifyRequest } from 'fastify'
import type { EndingService } from '../../agreements/acts/ending.service.ts'
import type { SigningService } from '../../agreements/acts/signing.service.ts'
import { SIGNING_STATEMENTS } from '../../agreements/model/signed-text.ts'
import type { DocumentsService } from '../../agreements/texts/documents.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { boxes, type FieldError, faultsOf, field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface SigningPagesOptions {
  readonly signing: Pick<SigningService, 'sign'>
  readonly ending: Pick<EndingService, 'reject'>
  readonly documents: Pick<DocumentsService, 'text'>
  readonly now: () => Date
}

/** Who proved longer ago who they are does so once more before they sign (screens, C4). */
const PROVED_SECONDS = 300

/** Signing one version for one's organisation, or declining to, with what that means. */
export function signingPages({ signing, ending, documents, now }: SigningPagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly id: string; readonly version: string }
  const numberOf = (version: string) => (/^[1-9]\d{0,4}$/.test(version) ? Number(version) : 0)
  const shown = async (request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> => {
    const { id, version } = params(request)
    const text = orThrow(await documents.text(callerOf(request), id, numberOf(version)))
    return {
      template: 'signing/sign.njk',
      title: `Sign version ${text.version} of ${id}`,
      ...over,
      data: {
        text,
        signed: text.signatures.find(({ org, carried_from }) => org === callerOf(request).org && carried_from === null),
        statements: SIGNING_STATEMENTS,
        form: request.body ?? {},
        ticked: boxes(request, 'statements'),
        must: mustProveAgain(request, now()),
      },
    }
  }

  return ({ page, form, proveAgain }: Web): void => {
    page('/sign/:id/:version', 'getAgreementVersion', (request) => shown(request))
    form('/sign/:id/:version', 'signAgreement', async (request, reply): Promise<Page | Redirect> => {
      const { id, version } = params(request)
      if (mustProveAgain(request, now())) return proveAgain(request, reply)
      const body = {
        ...{
          version: numberOf(version),
          version_hash: field(request, 'hash'),
          statements: SIGNING_STATEMENTS.filter((statement) => boxes(request, 'statements').includes(statement)),
        },
        ...{ name: field(request, 'name'), post: field(request, 'post'), authority: field(request, 'authority') },
      }
      const missed = missing(request)
      const errors = missed.length > 0 ? missed : faultsOf('signAgreement', body)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await signing.sign(
        { principal: callerOf(request), idempotency: once(request), agreementId: id, address: request.ip },
        body,
      )
      return done.ok ? { to: `/agreements/${encodeURIComponent(id)}` } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
    })
    form('/decline/:id/:version', 'rejectAgreement', async (request): Promise<Page | Redirect> => {
      const { id } = params(request)
      const reason = field(request, 'reason')
      const errors =
        reason === '' ? [{ field: 'reason', text: 'Say why your organisation does not sign' }] : faultsOf('rejectAgreement', { reason })
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await ending.reject(
        { principal: callerOf(request), idempotency: once(request), agreementId: id, ifMatch: '*' },
        { reason },
      )
      return done.ok ? { to: `/agreements/${encodeURIComponent(id)}` } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}

/** Whether the person has to prove once more who they are; who cannot be asked (no time is known) has to. */
function mustProveAgain(request: FastifyRequest, now: Date): boolean {
  const at = callerOf(request).authentication?.at
  return at === undefined || at === null || now.getTime() - Date.parse(at) > PROVED_SECONDS * 1000
}

/** What a form has not said: each with the field that it is of. */
function missing(request: FastifyRequest): FieldError[] {
  const wanted: readonly (readonly [name: string, text: string])[] = [
    ['name', 'Enter your name'],
    ['post', 'Enter your post'],
    ['authority', 'Say by what you may sign for your organisation'],
  ]
  const said = wanted.filter(([name]) => field(request, name) === '').map(([name, text]) => ({ field: name, text }))
  const ticked = boxes(request, 'statements')
  const all = SIGNING_STATEMENTS.every((statement) => ticked.includes(statement))
  return all ? said : [...said, { field: 'statements', text: 'Select both boxes to sign' }]
}
