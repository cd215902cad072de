import type { FastifyRequest } from 'fastify'
import type { EndingService } from '../../agreements/acts/ending.service.ts'
import type { SigningService } from '../../agreements/acts/signing.service.ts'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import { SIGNING_STATEMENTS } from '../../agreements/model/signed-text.ts'
import type { DocumentsService } from '../../agreements/texts/documents.service.ts'
import type { ReviewingService } from '../../assessments/made/reviewing.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { Principal } from '../../identity/principal.ts'
import { orThrow, type Refusal } from '../../platform/kernel/refusal.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { joiningOf } from '../agreements/own-part.ts'
import { boxes, type FieldError, faultsOf, field, once, type Page, type Redirect, refusedWith, versionIn } from '../forms.pages.ts'
import { WHOLE } from '../reviews/steps.ts'
import type { Web } from '../web.plugin.ts'

export interface SigningPagesOptions {
  readonly signing: Pick<SigningService, 'sign'>
  readonly ending: Pick<EndingService, 'reject'>
  readonly documents: Pick<DocumentsService, 'text'>
  readonly drafting: Pick<DraftingService, 'read'>
  readonly signOffs: Pick<SignOffsService, 'read'>
  readonly reviewing: Pick<ReviewingService, 'read'>
  readonly now: () => Date
}

/** Who proved longer ago who they are does so once more before they sign (screens, C4). */
const PROVED_SECONDS = 300
/** Rules by which a signature is refused because the text is another one than was opened, or no longer the one to sign. */
const CHANGED: readonly string[] = ['HASH', 'VERSION_STATE', 'LC-2']

/** Signing one version for one's organisation, or declining to, with what that means. */
export function signingPages({ signing, ending, documents, drafting, signOffs, reviewing, now }: SigningPagesOptions) {
  const params = (request: FastifyRequest) => request.params as { readonly id: string; readonly version: string }

  /** Where somebody else is asked to sign: the open steps of the reader's organisation that they may hand on. */
  async function handingOn(principal: Principal, signOff: string | null): Promise<readonly string[]> {
    const read = signOff === null ? undefined : await signOffs.read(principal, signOff)
    if (!read?.ok) return []
    const steps = read.value.outcome.commands
      .filter(({ command, org }) => (command === 'assign' || command === 'delegate') && org === principal.org)
      .map(({ org, step }) => `/reviews/${signOff}/hands/${org ?? WHOLE}/${step}`)
    return [...new Set(steps)]
  }

  const shown = async (request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> => {
    const { id, version } = params(request)
    const principal = callerOf(request)
    const text = orThrow(await documents.text(principal, id, versionIn(version)))
    const { outcome: agreement } = orThrow(await drafting.read(principal, id, undefined))
    const signOff = agreement.versions.find((one) => one.version === text.version)?.sign_off ?? null
    return {
      template: 'signing/sign.njk',
      title: `Sign version ${text.version} of ${id}`,
      ...over,
      data: {
        ...{ text, signOff },
        signed: text.signatures.find(({ org, carried_from }) => org === principal.org && carried_from === null),
        statements: SIGNING_STATEMENTS,
        form: request.body ?? {},
        ticked: boxes(request, 'statements'),
        must: mustProveAgain(request, now()),
        handOn: await handingOn(principal, signOff),
        ...(await joiningOf({ signOffs, reviewing }, principal, agreement, text.version)),
      },
    }
  }

  /** Nobody signs what they have not read: the text as it is now, what is new in it, and no form. */
  async function changed(request: FastifyRequest): Promise<Page> {
    const { id, version } = params(request)
    const opened = versionIn(version)
    const { outcome: agreement } = orThrow(await drafting.read(callerOf(request), id, undefined))
    const toSign = agreement.versions.findLast(({ status, hash }) => status === 'APPROVED' && hash !== null)
    const latest = toSign?.version ?? opened
    const before = agreement.versions.findLast((one) => one.version < latest && one.hash !== null)?.version
    return {
      template: 'signing/changed.njk',
      title: 'The text has changed since you opened it',
      data: {
        ...{ agreement, opened, latest, canSign: toSign !== undefined },
        from: latest > opened ? opened : before,
      },
    }
  }

  return ({ page, form, proveAgain }: Web): void => {
    page('/sign/:id/:version', 'getAgreementVersion', (request) => shown(request))
    page('/sign/:id/:version/changed', 'getAgreementVersion', changed)
    form('/sign/:id/:version', 'signAgreement', async (request, reply): Promise<Page | Redirect> => {
      const { id, version } = params(request)
      if (mustProveAgain(request, now())) return proveAgain(request, reply)
      const body = {
        ...{
          version: versionIn(version),
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
      if (done.ok) return { to: `/agreements/${encodeURIComponent(id)}` }
      return isChanged(done.refusal) ? { to: `${request.url}/changed` } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
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

function isChanged({ errors }: Refusal): boolean {
  return errors.some(({ code }) => code !== undefined && CHANGED.includes(code))
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
