import { type Instant, written } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { ok, refuse } from '../../platform/kernel/result.ts'
import type { Agreement, AgreementStatus, AgreementVersion } from '../agreement.ts'
import { type ActingPerson, type CommandOf, type Decided, notAllowed } from './command.ts'
import { nextDays } from './dates.ts'
import { canCommence, hasCommenced } from './in-force.ts'
import { draftVersion, governingVersion, isUnsigned, leadingVersion, standingVersions, statusAt } from './standing.ts'

/** Rules of the commands that make a text and bind to it: freeze, sign, confirm, amend, abandon. Pure. */

/** LC-1: a draft becomes a text that never changes, unless it is incomplete, has no start, or starts in the past. */
export function decideFreeze({ advice }: CommandOf<'freeze'>, agreement: Agreement, now: Instant): Decided {
  const draft = draftVersion(agreement)
  if (!draft) return notAllowed('ILLEGAL_STATE', 'NO_DRAFT', 'There is no draft version to freeze.')
  const today = londonDay(now)
  const errors = [...advice, ...datesOf(agreement, draft, today)]
  if (errors.length > 0) {
    return refuse({
      code: 'UNPROCESSABLE',
      rule: 'INCOMPLETE',
      detail: `Version ${draft.version} cannot be frozen: ${errors.length === 1 ? 'one thing is' : `${errors.length} things are`} missing or against a rule.`,
      errors,
    })
  }
  // A version that has governed stays APPROVED; one that has not begun is replaced and never will (LC-2a).
  const supersedes = standingVersions(agreement, now)
    .filter((version) => (version.effective_from ?? '') > today)
    .map(({ version }) => version)
  const status = statusAt(agreement, now)
  return ok({ type: 'freeze', to: status === 'DRAFT' ? 'AWAITING_SIGNATURE' : status, version: draft.version, supersedes })
}

function datesOf(agreement: Agreement, { effective_from, effective_to }: AgreementVersion, today: string) {
  const start = { pointer: '/effective_from', code: 'EFFECTIVE_FROM' }
  if (effective_from === null) return [{ ...start, detail: 'has no first day' }]
  const past = effective_from < today && agreement.origin !== 'ELSEWHERE'
  return [
    ...(past ? [{ ...start, detail: `is before today in London (${today}): nobody is bound to the past` }] : []),
    ...(effective_to !== null && effective_to < today
      ? [{ pointer: '/effective_to', code: 'EFFECTIVE_TO', detail: 'has passed already' }]
      : []),
  ]
}

/** LC-3: one party, one version, one signature on exactly its hash; never by whoever drafted it, never for two parties. */
export function decideSign(command: CommandOf<'sign'>, agreement: Agreement, actor: ActingPerson, now: Instant): Decided {
  const found = signable(agreement, command.version, now)
  if (!found.ok) return found
  const version = found.value
  if (command.hash !== version.hash) {
    const errors = [{ pointer: '/version_hash', code: 'HASH', detail: `the hash of version ${version.version} is ${version.hash}` }]
    return refuse({
      code: 'CONFLICT',
      rule: 'LC-1',
      detail: 'This is not the hash of the text: read the version again before you sign it.',
      errors,
    })
  }
  if (agreement.signatures.some((signature) => signature.org === actor.org && signature.version === version.version))
    return notAllowed('CONFLICT', 'SIGNED', `${actor.org} has signed version ${version.version} already.`)
  if (command.isRecordedElsewhere)
    return notAllowed('CONFLICT', 'RECORDED', `A signature of ${actor.org} is recorded from elsewhere: confirm that one.`)
  if (command.hasAccepted === false)
    return notAllowed(
      'UNPROCESSABLE',
      'DP-7',
      `${actor.org} has not accepted the risk of the assessment that the text names: its SIRO does, then it signs. A controller that joined after it was sent is asked within two minutes of its invitation.`,
    )
  if (command.hasDrafted)
    return notAllowed('UNPROCESSABLE', 'SD-1', 'Whoever drafted or froze the text may not sign it: another person must.')
  if (command.hasSignedForAnother) return signedForAnother()
  return bound('sign', agreement, version, actor, now)
}

/**
 * A signature recorded elsewhere begins to count when a person of that party confirms it: not whoever recorded it, and nobody for
 * two parties (SD-6).
 */
export function decideConfirm(
  { version: number, recorded, hasRecorded, hasSignedForAnother }: CommandOf<'confirm'>,
  agreement: Agreement,
  actor: ActingPerson,
  now: Instant,
): Decided {
  if (agreement.origin !== 'ELSEWHERE')
    return notAllowed('ILLEGAL_STATE', 'ORIGIN', 'This agreement was made here: its signatures need no confirmation.')
  if (recorded === 'NONE') {
    const what = `no signature of ${actor.org} is recorded on version ${number}`
    return notAllowed('UNPROCESSABLE', 'NOT_RECORDED', 'There is no recorded signature to confirm.', '/version', what)
  }
  if (recorded === 'CONFIRMED')
    return notAllowed('CONFLICT', 'CONFIRMED', `The signature of ${actor.org} on version ${number} is confirmed already.`)
  if (hasRecorded)
    return notAllowed('UNPROCESSABLE', 'SD-1', 'Whoever recorded a signature does not confirm it: another person of the party must.')
  if (hasSignedForAnother) return signedForAnother()
  const found = signable(agreement, number, now)
  return found.ok ? bound('confirm', agreement, found.value, actor, now) : found
}

/** The next version begins as a copy of the one that governs, or that will be first to. */
export function decideAmend({ type, days }: CommandOf<'amend' | 'renew'>, agreement: Agreement, now: Instant): Decided {
  const draft = draftVersion(agreement)
  if (draft) return notAllowed('CONFLICT', 'DRAFT', `Version ${draft.version} is being drafted already.`)
  const leading = leadingVersion(agreement, now)
  if (!leading) return notAllowed('ILLEGAL_STATE', 'LC-2', 'No version is approved, so there is nothing to amend.')
  const version = Math.max(...agreement.versions.map((known) => known.version)) + 1
  const { from, to, faults } = nextDays(leading, days)
  if (faults.length > 0) {
    return refuse({ code: 'UNPROCESSABLE', rule: 'DAYS', detail: 'The days of the next version do not fit together.', errors: faults })
  }
  return ok({ type, to: statusAt(agreement, now), copyOf: leading.version, version, effectiveFrom: from, effectiveTo: to })
}

/** A draft of an amendment is dropped; what governs goes on. */
export function decideAbandon(agreement: Agreement): Decided {
  const draft = draftVersion(agreement)
  if (!draft) return notAllowed('ILLEGAL_STATE', 'NO_DRAFT', 'There is no draft version to abandon.')
  return ok({ type: 'abandon', to: agreement.status, version: draft.version })
}

function signedForAnother(): Decided {
  return notAllowed('UNPROCESSABLE', 'SD-6', 'This person has signed for another party: nobody signs for two.')
}

/** The version if it can still bind: approved, not expired, and no later one has taken over (LC-2). */
export function signable(agreement: Agreement, number: number, now: Instant) {
  const version = agreement.versions.find((known) => known.version === number)
  if (!version)
    return notAllowed(
      'UNPROCESSABLE',
      'UNKNOWN_VERSION',
      `There is no version ${number}.`,
      '/version',
      'there is no version with this number',
    )
  if (version.status !== 'APPROVED')
    return notAllowed('ILLEGAL_STATE', 'VERSION_STATE', `Version ${number} is ${version.status}; only an approved version can be signed.`)
  const today = londonDay(now)
  if (version.effective_to !== null && version.effective_to < today)
    return notAllowed('ILLEGAL_STATE', 'EXPIRED', `Version ${number} ended on ${version.effective_to}.`)
  const governing = governingVersion(agreement, now)
  const isOver = governing !== undefined && governing !== version && (version.effective_from ?? '') <= today
  if (isOver)
    return notAllowed('ILLEGAL_STATE', 'LC-2', `Version ${governing.version} has taken over; version ${number} never governs again.`)
  if (!canCommence(agreement, version, now))
    return notAllowed(
      'ILLEGAL_STATE',
      'CK-2',
      `Version ${number} can no longer commence: a party whose signature it needs takes part no more.`,
    )
  return ok(version)
}

function bound(type: 'sign' | 'confirm', agreement: Agreement, version: AgreementVersion, actor: ActingPerson, now: Instant): Decided {
  const signature = { org: actor.org, version: version.version, signed_at: written(now) ?? '' }
  const commenced = hasCommenced({ ...agreement, signatures: [...agreement.signatures, signature] }, version.version, now)
  const status = statusAt(agreement, now)
  const to: AgreementStatus = commenced && isUnsigned(status) ? 'ACTIVE' : status
  return ok({ type, to, version: version.version, hasCommenced: commenced })
}
