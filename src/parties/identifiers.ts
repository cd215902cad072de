import type { Fault } from '../platform/kernel/refusal.ts'

/** Numbers by which bodies are known, each with the one form in which it is kept. Pure. */

interface Form {
  /** What people call it. */
  readonly label: string
  readonly pattern: RegExp
  /** How the form is described to whoever sent another one. */
  readonly rule: string
  /** Leaves out what is only a way of writing; the argument is in capitals without blanks. */
  readonly tidy?: (text: string) => string
}

const FORMS = {
  ods: {
    label: 'ODS code',
    pattern: /^[A-Z0-9]{3,8}$/,
    rule: 'three to eight letters and digits, such as F83004 (NHS Organisation Data Service)',
  },
  gss: {
    label: 'GSS code',
    pattern: /^[A-Z][0-9]{8}$/,
    rule: 'a letter and eight digits, such as E09000007 (Office for National Statistics)',
  },
  company_number: {
    label: 'company number',
    // Registered societies are written with an R at the end, such as IP15558R.
    pattern: /^(?:[0-9]{8}|[A-Z]{2}[0-9]{6}|R[0-9]{7}|[A-Z]{2}[0-9]{5}R)$/,
    rule: 'eight digits, or two letters and six digits, such as 01234567 or OC301234 (Companies House)',
    tidy: (text) => (/^[0-9]{5,7}$/.test(text) ? text.padStart(8, '0') : text),
  },
  charity_number: {
    label: 'charity number',
    pattern: /^(?:[0-9]{6,7}(?:-[0-9]{1,4})?|SC[0-9]{6}|NIC[0-9]{6})$/,
    rule: 'six or seven digits, SC and six or NIC and six, such as 1089464 (Charity Commission, OSCR, CCNI)',
  },
  ico_registration_no: {
    label: 'ICO registration',
    pattern: /^Z[A-Z0-9][0-9]{6}$/,
    rule: 'Z, a letter or digit, and six digits, such as ZA123456 (register of fee payers)',
  },
} as const satisfies Record<string, Form>

export type IdentifierKind = keyof typeof FORMS
export const IDENTIFIER_KINDS = Object.keys(FORMS) as readonly IdentifierKind[]
/** The numbers of a body; null: none known. */
export type Identifiers = { readonly [Kind in IdentifierKind]: string | null }

/** Words that people write before a number. */
const LABELS = /^(?:(?:ods|gss|ons|company|companies house|charity|ico|registration|registered|reg|number|code|no)\b[\s.:#]*)+/i

export function labelOf(kind: IdentifierKind): string {
  return FORMS[kind].label
}

/** An identifier in the form in which it is kept; undefined when it has no such form. */
export function asIdentifier(kind: IdentifierKind, text: string): string | undefined {
  const form: Form = FORMS[kind]
  const bare = text.normalize('NFKC').toUpperCase().replaceAll(/[\s.]/g, '')
  const tidied = form.tidy?.(bare) ?? bare
  return form.pattern.test(tidied) ? tidied : undefined
}

/** Every identifier that a text could be, with or without its label before it. */
export function identifiersIn(text: string): { readonly kind: IdentifierKind; readonly value: string }[] {
  const bare = text.trim().replace(LABELS, '')
  return IDENTIFIER_KINDS.flatMap((kind) => {
    const value = asIdentifier(kind, bare)
    return value === undefined ? [] : [{ kind, value }]
  })
}

/** The identifiers of a body in their kept form; absent ones are null. What has no such form is named. */
export function readIdentifiers(given: { readonly [Kind in IdentifierKind]?: string | null | undefined }): {
  readonly identifiers: Identifiers
  readonly faults: readonly Fault[]
} {
  const faults: Fault[] = []
  const read = (kind: IdentifierKind) => {
    const text = given[kind] ?? null
    if (text === null) return null
    const value = asIdentifier(kind, text)
    if (value === undefined)
      faults.push({
        pointer: `/${kind}`,
        detail: `An ${labelOf(kind)} is ${FORMS[kind].rule}.`.replace(/^An (?=GSS|company|charity)/, 'A '),
        code: 'IDENTIFIER_FORM',
      })
    return value ?? null
  }
  const identifiers = {
    ...{ ods: read('ods'), gss: read('gss'), company_number: read('company_number'), charity_number: read('charity_number') },
    ico_registration_no: read('ico_registration_no'),
  }
  return { identifiers, faults }
}
