import type { Role } from '../../identity/permissions.ts'
import type { Identity } from '../../identity/principal.ts'
import { type Day, spokenDay } from '../../platform/kernel/london-day.ts'
import type { NotificationFacts } from '../kinds.ts'
import { digestLetter, filled, type Letter, MAIL_TEXTS, singleLetter } from './letter.ts'
import { KINDS_OF_MAIL, ROLE_WORDS } from './mail-kinds.ts'
import { codesIn, dueOf, type Mailed, valuesOf } from './mail-values.ts'

/** The mail of one reader, from what they are told. Pure. */

/** A notification, and the role in which this reader is told of it; null: it is for them by name, or for the mailbox. */
export interface TellsReader extends Mailed {
  readonly role: Role | null
}

/** Which mail it is, and to whom. */
export interface MailAbout {
  readonly id: string
  readonly org: string
  readonly person: Identity | null
  readonly form: string
  readonly day: Day | null
}

/** The mail as it is sent. `names`: of organisations, by code. */
export function letterFor(
  { id, org, person, form, day }: MailAbout,
  told: readonly TellsReader[],
  names: ReadonlyMap<string, string>,
  publicUrl: URL,
): Letter {
  const organisation = (code: string) => names.get(code) ?? code
  const role = (code: string) => (code in ROLE_WORDS ? ROLE_WORDS[code as Role] : 'reviewer')
  const entries = told.map((one) => {
    const values = valuesOf(one, KINDS_OF_MAIL[one.kind].says, { organisation, role })
    const isToBeDone = KINDS_OF_MAIL[one.kind].says.includes('by_due')
    return filled(MAIL_TEXTS[one.kind], values, { due: isToBeDone ? dueOf(one) : null, link: linkTo(one, publicUrl) })
  })
  const roles = [...new Set(told.flatMap((one) => one.role ?? []))]
  const foot = { why: whyOf(organisation(org), person, roles), settings: addressOf('v1/notification-settings', publicUrl), reference: id }
  const [first] = entries
  if (form === 'SINGLE' && first) return singleLetter(first, foot)
  const count = entries.length === 1 ? 'One thing' : `${entries.length} things`
  return digestLetter(`${count} for ${organisation(org)}${day === null ? '' : `, ${spokenDay(day)}`}`, entries, foot)
}

/** Codes of the organisations that a mail names. */
export function organisationsIn(org: string, told: readonly Mailed[]): string[] {
  return [...new Set([org, ...told.flatMap(codesIn)])]
}

function whyOf(organisation: string, person: Identity | null, roles: readonly Role[]): string {
  if (person === null) return `this is the mailbox of ${organisation}, and nobody who is to act has an address of their own here`
  if (roles.length === 0) return `it is for you at ${organisation}`
  return `you act for ${organisation} as ${roles.map((role) => ROLE_WORDS[role]).join(' and ')}`
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The page on which what a notification is about is done or read; whoever is not signed in is asked to, and comes to it after that. */
function linkTo({ kind, subject: { type, id }, detail }: NotificationFacts, publicUrl: URL): string {
  const { sign_off, version } = detail
  const isAgreement = type === 'agreement'
  if (kind === 'SIGNATURE_DUE' && isAgreement && Number.isInteger(version))
    return addressOf(`sign/${encodeURIComponent(id)}/${version}`, publicUrl)
  if (typeof sign_off === 'string' && UUID.test(sign_off)) return addressOf(`reviews/${sign_off}`, publicUrl)
  return addressOf(isAgreement ? `agreements/${encodeURIComponent(id)}` : 'work', publicUrl)
}

function addressOf(path: string, publicUrl: URL): string {
  return new URL(`/${path}`, publicUrl).href
}
