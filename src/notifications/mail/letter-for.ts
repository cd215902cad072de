import type { Role } from '../../identity/permissions.ts'
import type { Identity } from '../../identity/principal.ts'
import { isUuid } from '../../platform/kernel/ids.ts'
import { type Day, spokenDay } from '../../platform/kernel/london-day.ts'
import type { NotificationFacts, NotificationKind } from '../kinds.ts'
import { digestLetter, filled, type Letter, MAIL_TEXTS, singleLetter } from './letter.ts'
import { KINDS_OF_MAIL, ROLE_WORDS } from './mail-kinds.ts'
import { codesIn, dueOf, type Mailed, valuesOf } from './mail-values.ts'
import { type WeekOfWork, weeklyLetter } from './week.ts'

/** The mail of one reader, from what they are told. Pure. */

/** A notification, and how this reader is told of it. */
export interface TellsReader extends Mailed {
  /** The role in which they are; null: it is for them by name, or for the mailbox. */
  readonly role: Role | null
  /** The link of the invitation by which they come in; null: they have an account. */
  readonly invitation: string | null
}

/** Which mail it is, and to whom. */
export interface MailAbout {
  readonly id: string
  readonly org: string
  readonly person: Identity | null
  readonly form: string
  readonly day: Day | null
}

/** What a mail is made with, besides what it tells. */
export interface LetterMeans {
  /** Of organisations, by code. */
  readonly names: ReadonlyMap<string, string>
  readonly publicUrl: URL
  /** The London day on which it is sent. */
  readonly today: Day
}

/** The mail as it is sent. */
export function letterFor(
  { id, org, person, form, day }: MailAbout,
  told: readonly TellsReader[],
  { names, publicUrl, today }: LetterMeans,
): Letter {
  const organisation = (code: string) => names.get(code) ?? code
  const role = (code: string) => (code in ROLE_WORDS ? ROLE_WORDS[code as Role] : 'reviewer')
  const entries = told.map((one) => {
    const values = valuesOf(one, KINDS_OF_MAIL[one.kind].says, { organisation, role, today })
    const isToBeDone = KINDS_OF_MAIL[one.kind].says.includes('by_due')
    const text = MAIL_TEXTS[one.kind]
    const action = one.invitation === null ? text.action : (text.for_invited ?? text.action)
    return filled({ ...text, action }, values, { due: isToBeDone ? dueOf(one) : null, link: linkTo(one, publicUrl) })
  })
  const roles = [...new Set(told.flatMap((one) => one.role ?? []))]
  const isInvited = told.some(({ invitation }) => invitation !== null)
  const foot = {
    why: whyOf(organisation(org), person, roles, isInvited),
    opens: isInvited ? 'a code is mailed to you first' : 'you sign in first',
    change: isInvited ? 'If it should not come to you, tell whoever invited you.' : changeOf(publicUrl),
    reference: id,
  }
  const [first] = entries
  if (form === 'SINGLE' && first) return singleLetter(first, foot)
  const count = entries.length === 1 ? 'One thing' : `${entries.length} things`
  return digestLetter(`${count} for ${organisation(org)}${day === null ? '' : `, ${spokenDay(day)}`}`, entries, foot)
}

/** Codes of the organisations that a mail names. */
export function organisationsIn(org: string, told: readonly Mailed[]): string[] {
  return [...new Set([org, ...told.flatMap(codesIn)])]
}

function whyOf(organisation: string, person: Identity | null, roles: readonly Role[], isInvited: boolean): string {
  if (person === null) return `this is the mailbox of ${organisation}, and nobody who is to act has an address of their own here`
  if (isInvited) return `you are invited to act for ${organisation}${roles.length === 0 ? '' : ` as ${spokenRoles(roles)}`}`
  if (roles.length === 0) return `it is for you at ${organisation}`
  return `you act for ${organisation} as ${spokenRoles(roles)}`
}

function spokenRoles(roles: readonly Role[]): string {
  return roles.map((role) => ROLE_WORDS[role]).join(' and ')
}

/** What is done by signing. */
const SIGNING: readonly NotificationKind[] = ['SIGNATURE_DUE', 'SIGNATURE_REMINDER']
const STANDING: readonly NotificationKind[] = ['STANDING_ALLOWED', 'STANDING_ENDED']
/** What is done where a party says what became of the data; its follower may open nothing else of the agreement. */
const DISPOSING: readonly NotificationKind[] = ['DISPOSAL_DUE', 'DISPOSAL_DUE_IN_PLACE']

/** What is done by a post that the action plan of an assessment names. */
const MEASURES: readonly NotificationKind[] = ['MEASURE_DUE', 'MEASURE_OVERDUE']

/** The page on which what a notification is about is done or read; whoever is not signed in, or let in, is asked to, and comes to it after that. */
function linkTo(told: TellsReader, publicUrl: URL): string {
  const path = pathTo(told)
  if (told.invitation === null) return addressOf(path, publicUrl)
  return addressOf(`invitations/${told.invitation}?return_to=${encodeURIComponent(`/${path}`)}`, publicUrl)
}

function pathTo({ kind, subject: { type, id }, detail }: NotificationFacts): string {
  const { sign_off, version } = detail
  const isAgreement = type === 'agreement'
  if (SIGNING.includes(kind) && isAgreement && Number.isInteger(version)) return `sign/${encodeURIComponent(id)}/${version}`
  if (DISPOSING.includes(kind)) return `agreements/${encodeURIComponent(id)}/disposals`
  if (STANDING.includes(kind) && isAgreement) return `agreements/${encodeURIComponent(id)}/standing-permits`
  if (typeof sign_off === 'string' && isUuid(sign_off)) return `reviews/${sign_off}`
  if (kind === 'ENTRY_TO_CONFIRM') return 'organisation-entry'
  if (kind === 'TRAINING_ENDS') return 'settings'
  if (MEASURES.includes(kind) && type === 'assessment') return `assessments/${encodeURIComponent(id)}/map`
  if (kind === 'IMPORT_FINISHED') return `imports/${encodeURIComponent(id)}`
  return isAgreement ? `agreements/${encodeURIComponent(id)}` : 'work'
}

function addressOf(path: string, publicUrl: URL): string {
  return new URL(`/${path}`, publicUrl).href
}

/** The weekly summary as it is sent; undefined: there is nothing to say. */
export function weekLetterFor(
  { id, org }: Pick<MailAbout, 'id' | 'org'>,
  week: WeekOfWork,
  { names, publicUrl, today }: LetterMeans,
): Letter | undefined {
  const nameOf = (code: string) => names.get(code) ?? code
  const foot = {
    ...{ why: `you chose a weekly summary of your work for ${nameOf(org)}`, opens: 'you sign in first', reference: id },
    change: changeOf(publicUrl),
  }
  return weeklyLetter(week, { org, day: today, nameOf, linkOf: (path) => addressOf(path, publicUrl) }, foot)
}

function changeOf(publicUrl: URL): string {
  return `Change what is mailed to you: ${addressOf('settings', publicUrl)}`
}
