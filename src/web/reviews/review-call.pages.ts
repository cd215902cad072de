import type { FastifyRequest } from 'fastify'
import type { attestingService } from '../../agreements/acts/attesting.service.ts'
import type { DocumentsService } from '../../agreements/texts/documents.service.ts'
import type { ReviewingService } from '../../assessments/made/reviewing.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { Principal } from '../../identity/principal.ts'
import type { MailProblemsService } from '../../notifications/mail/mail-problems.service.ts'
import type { PeopleService } from '../../people/people.service.ts'
import type { BodyOf } from '../../platform/http/openapi.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import { commandOf } from '../../workflow/sign-offs.routes.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { type FieldError, faultsOf, once, refusedWith } from '../forms.pages.ts'
import { type OpenReview, type ReadersStep, stepNamed, stepsOfReader } from './steps.ts'

/** What the pages of a review stand on. */
export interface ReviewPagesOptions {
  readonly signOffs: Pick<SignOffsService, 'read' | 'perform' | 'list'>
  readonly documents: Pick<DocumentsService, 'text' | 'differences'>
  /** Assessments as they were sent. */
  readonly assessed: Pick<ReviewingService, 'version'>
  readonly people: Pick<PeopleService, 'list'>
  readonly attesting: Pick<ReturnType<typeof attestingService>, 'list'>
  readonly mailProblems: Pick<MailProblemsService, 'list'>
  readonly newId: () => string
  readonly now: () => Date
}

export type CommandBody = BodyOf<'performSignOffCommand'>

/** The sign-off that the address names. @throws Refused where the reader may not know it */
export async function openReview({ signOffs }: Pick<ReviewPagesOptions, 'signOffs'>, request: FastifyRequest): Promise<OpenReview> {
  const principal = callerOf(request)
  const { id } = request.params as { readonly id: string }
  return { principal, ...orThrow(await signOffs.read(principal, id)).outcome }
}

/** What is asked of the reader's organisation in the sign-off of something; nothing where they may not know it. */
export async function stepsIn(
  signOffs: Pick<SignOffsService, 'read'>,
  principal: Principal,
  signOff: string,
): Promise<readonly ReadersStep[]> {
  const read = await signOffs.read(principal, signOff)
  return read.ok ? stepsOfReader({ principal, ...read.value.outcome }) : []
}

/** The step that the address names, in its sign-off. @throws Refused where there is none that the reader may know */
export async function openStep(
  options: Pick<ReviewPagesOptions, 'signOffs'>,
  request: FastifyRequest,
): Promise<{ readonly review: OpenReview; readonly at: ReadersStep }> {
  const review = await openReview(options, request)
  const { of, step } = request.params as { readonly of: string; readonly step: string }
  const at = stepNamed(review, of, step)
  if (!at) throw refused('NOT_FOUND', 'There is no such step.')
  return { review, at }
}

/** Does a command of a form in the words of the contract, once however often the form comes; answers what is wrong with it, or why it is refused; nothing: it was done. */
export async function doCommand(
  { signOffs, newId }: ReviewPagesOptions,
  { principal, signOff }: Pick<OpenReview, 'principal' | 'signOff'>,
  { url, body: form }: Pick<FastifyRequest, 'url' | 'body'>,
  body: CommandBody,
): Promise<FieldError[]> {
  const faults = faultsOf('performSignOffCommand', body)
  if (faults.length > 0) return faults
  // Whom a reader names without an issuer signs in where they do.
  const command = commandOf(body, principal.org, { issuer: principal.issuer, newId })
  // One form may ask for several commands: each is done once.
  const done = await signOffs.perform({ principal, idempotency: once({ url, body: [form, body] }) }, signOff.id, command)
  return done.ok ? [] : refusedWith(done.refusal)
}
