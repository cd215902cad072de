import type { Principal } from '../identity/principal.ts'
import type { AskedTerm } from '../platform/kernel/asked-terms.ts'
import type { Typed } from './terms.ts'
import type { Wording } from './wording.ts'

/** What is found, and why. Pure. */

export const KINDS = [
  ...([
    'AGREEMENT',
    'ORGANISATION',
    'PERSON',
    'REQUEST',
    'DISCLOSURE',
    'EMERGENCY',
    'DECISION',
    'REVIEW',
    'ASSESSMENT',
    'FILE',
    'CODE',
  ] as const),
]
export type Kind = (typeof KINDS)[number]

/** Where the words stand. */
export type Field =
  | ('REFERENCE' | 'TITLE' | 'NAME' | 'PARTY' | 'PURPOSE' | 'DATA' | 'SECTION' | 'ROLE' | 'REASON' | 'CITATION')
  | ('COMMENT' | 'CONDITION' | 'ANSWER' | 'RISK' | 'MEASURE')

/** A text of a record in which the words may stand. */
export interface FieldText {
  readonly field: Field
  readonly text: string
  /** Of a SECTION its name, of a COMMENT the key of its thread, of what was said with a decision of a review its step, of an ANSWER that of its question, of a RISK or MEASURE its own. */
  readonly section?: string
}

/** A piece of a text that is shown, and whether it is what was looked for. */
export interface Piece {
  readonly text: string
  readonly hit: boolean
}

export interface Why {
  readonly field: Field
  readonly section: string | null
  readonly pieces: readonly Piece[]
}

/** A record in a list of what was found. */
export interface Found {
  readonly kind: Kind
  readonly id: string
  readonly title: string
  /** The agreement that it is of; null: of none. */
  readonly agreement: string | null
  /** Of a code its list, of a role the person's organisation, of a review what kind of thing is reviewed; null: it stands by itself. */
  readonly of: string | null
  readonly status: string | null
  /** DERIVED_STATE codes that hold now. */
  readonly derived: readonly string[]
  /** Organisations, by code. */
  readonly parties: readonly string[]
  /** ISO 8601; null: it has no time. */
  readonly at: string | null
}

/** The same with the texts in which the words may stand, the telling ones first. */
export interface Candidate extends Found {
  readonly texts: readonly FieldText[]
}

/** What is looked for, understood. */
export interface Asked extends Typed {
  /** The terms that say something by themselves, with the codes that they name. */
  readonly words: readonly AskedTerm[]
  /** Entries of lists (`LIST CODE`) that hold all of the terms. */
  readonly codes: ReadonlySet<string>
  readonly wording: Wording
}

export interface SourcePage {
  readonly found: readonly Candidate[]
  /** `cursor` of the next page; null: this is the last. */
  readonly next: string | null
}

/** One kind of record that is searched, by the service that shows it. */
export interface Source {
  readonly kind: Kind
  search(principal: Principal, asked: Asked, page: { readonly limit: number; readonly cursor: string | undefined }): Promise<SourcePage>
}

/** A record with nothing said of it but this. */
export function plain(kind: Kind, id: string, title: string, over: Partial<Candidate> = {}): Candidate {
  return { kind, id, title, agreement: null, of: null, status: null, derived: [], parties: [], at: null, texts: [], ...over }
}

export const NOTHING: SourcePage = { found: [], next: null }
