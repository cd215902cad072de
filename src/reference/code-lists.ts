import { addDays } from '../platform/kernel/london-day.ts'
import { type CodeList, type CodeListEntry, isValidOn } from './code-list.ts'
import {
  adequacyOf,
  type DataItem,
  encryptionOf,
  type PolicyDocumentNeed,
  part3AdequacyOf,
  type ReasonText,
  readItem,
  readLocalItem,
  readPolicyDocumentNeed,
  readReasonText,
  readSchedule1,
} from './entry-readings.ts'
import { type Gateway, readGateway } from './gateway.ts'
import { relativesIn } from './local-code.ts'

/**
 * Every code list in the form in which rules ask it. Immutable. As compiled it knows every code there is or ever was; a
 * decision asks the lists of its day (`on`), in which a code that has ended, or not begun, is in no list.
 */
export interface CodeLists {
  /** The lists as they stand on a London day (yyyy-mm-dd). */
  on(day: string): CodeLists
  readonly purposes: Hierarchy
  readonly subjects: Hierarchy
  readonly items: ReadonlyMap<string, DataItem>
  readonly methods: ReadonlySet<string>
  /** METHOD -> the least encryption it needs (Art 32), in words; absent: none is recorded. */
  readonly encryption: ReadonlyMap<string, string>
  readonly countries: ReadonlySet<string>
  readonly lawfulBases: ReadonlySet<string>
  /** Art 9(2) condition -> the Schedule 1 conditions of which it needs one, null when it needs none (DPA 2018 s10). */
  readonly art9: ReadonlyMap<string, ReadonlySet<string> | null>
  readonly schedule1: ReadonlyMap<string, PolicyDocumentNeed>
  readonly schedule8: ReadonlySet<string>
  readonly criminalConditions: ReadonlySet<string>
  readonly confidentialityBases: ReadonlySet<string>
  readonly compatibilityGrounds: ReadonlySet<string>
  readonly annex2: ReadonlySet<string>
  /** DATA_FORM codes, most identifying first. */
  readonly forms: readonly string[]
  readonly subjectFlags: ReadonlySet<string>
  readonly emergencyGrounds: ReadonlySet<string>
  readonly orgTypes: ReadonlySet<string>
  /** Every TRANSFER_MECHANISM. */
  readonly mechanisms: ReadonlySet<string>
  /** Transfer mechanisms of Art 46 (CK-12 (c)). */
  readonly art46Mechanisms: ReadonlySet<string>
  /** Transfer mechanisms of DPA 2018 s75, for a provider under Part 3 (CK-12). */
  readonly part3Mechanisms: ReadonlySet<string>
  /** Every statutory gateway there is or was, with the days on which it can be relied on. */
  readonly gateways: ReadonlyMap<string, Gateway>
  /** Codes of those that are in the list and have commenced. */
  readonly laws: ReadonlySet<string>
  readonly annex1: ReadonlySet<string>
  readonly exemptions: ReadonlySet<string>
  /** Methods that no agreement may list, instruments that hold no flows (DSA-1), mechanisms no public authority may use (TR-2). */
  readonly methodsNeverApproved: ReadonlySet<string>
  readonly instrumentsWithoutFlows: ReadonlySet<string>
  readonly mechanismsClosedToPublicAuthorities: ReadonlySet<string>
  readonly reasonTexts: ReadonlyMap<string, ReasonText>
  /** By list: codes that were not checked against a source. COUNTRY_PART3: countries whose adequacy under Part 3 was not. */
  readonly unverified: ReadonlyMap<string, ReadonlySet<string>>
  /** ITEM_ORIGIN -> the gateway of kind RESTRICTION that data from there is under; absent: none. */
  readonly originRestrictions: ReadonlyMap<string, string>
  /** RESTRICTION_GROUND codes (Art 18(2) UK GDPR). */
  readonly restrictionGrounds: ReadonlySet<string>
  /** FULL or PARTIAL when adequacy regulations under the UK GDPR cover the country on that day, else null. */
  adequacy(country: string, day: string): 'FULL' | 'PARTIAL' | null
  /** Whether regulations under DPA 2018 s74AA cover the country on that day, for a provider under Part 3. */
  isAdequateForPart3(country: string, day: string): boolean
}

/** A list whose codes may be narrower than another, at any depth. */
export interface Hierarchy {
  /** Every code in the list. */
  readonly codes: ReadonlySet<string>
  has(code: string): boolean
  /** Whether `code` equals `broader` or is narrower than it. False for a code that is in no list; `broader` may have ended. */
  isWithin(code: string, broader: string): boolean
  /** Whether an agreement about `listed` is about `code`: as `isWithin`, both in the list; about a local code only where it is named. */
  covers(listed: string, code: string): boolean
  /** Whether a law for `listed` is one for `code`: as `covers`, and for local codes under it too (GW-1). */
  carries(listed: string, code: string): boolean
  isLocal(code: string): boolean
}

/** Compiles lists by name into the form rules ask. A missing list is empty: nothing it would allow is allowed. */
export function compileCodeLists(lists: ReadonlyMap<string, CodeList>): CodeLists {
  const turns = turningDays(lists)
  const periods = new Map<number, CodeLists>()
  const on = (day: string): CodeLists => {
    let period = turns.length
    while (period > 0 && (turns[period - 1] as string) > day) period -= 1
    const known = periods.get(period)
    if (known) return known
    const compiled = compile(lists, (entry) => isValidOn(day, entry.valid_from, entry.valid_to), on)
    periods.set(period, compiled)
    return compiled
  }
  return compile(lists, () => true, on)
}

/** The days on which some code begins, or has ended the day before, in order: from one to the next the lists stay the same. */
function turningDays(lists: ReadonlyMap<string, CodeList>): readonly string[] {
  const turns = [...lists.values()].flatMap(({ entries }) =>
    entries.flatMap(({ valid_from, valid_to }) => [valid_from ?? [], valid_to === null ? [] : addDays(valid_to, 1)].flat()),
  )
  return [...new Set(turns)].sort()
}

function compile(lists: ReadonlyMap<string, CodeList>, isValid: (entry: CodeListEntry) => boolean, on: CodeLists['on']): CodeLists {
  const all = (name: string): readonly CodeListEntry[] => lists.get(name)?.entries ?? []
  const entries = (name: string) => all(name).filter((entry) => isValid(entry) && (entry.local !== true || hasParent(name, entry)))
  const relatives = new Map([...lists].map(([name, list]) => [name, relativesIn(list.entries)]))
  /** A local code counts while what it was added under does: it has no standing of its own. */
  const hasParent = (name: string, { broader }: CodeListEntry) => relatives.get(name)?.(broader).parents.some(isValid) === true
  const codes = (name: string) => new Set(entries(name).map((entry) => entry.code))
  /** Also of entries that have ended: a ban does not end with its code. */
  const codesWith = (name: string, attribute: string, value: boolean) =>
    new Set(
      all(name)
        .filter((entry) => entry.attributes[attribute] === value)
        .map((entry) => entry.code),
    )
  const mechanisms = (carries: string) =>
    new Set(
      entries('TRANSFER_MECHANISM')
        .filter((entry) => entry.attributes['carries'] === carries)
        .map((entry) => entry.code),
    )
  const adequate = new Map(entries('COUNTRY').flatMap((entry) => adequacyOf(entry)))
  const adequateForPart3 = new Map(entries('COUNTRY').flatMap((entry) => part3AdequacyOf(entry)))
  return {
    on,
    purposes: hierarchy(all('PURPOSE'), codes('PURPOSE')),
    subjects: hierarchy(all('DATA_SUBJECT'), codes('DATA_SUBJECT')),
    items: new Map(
      entries('DATA_ITEM').map((entry) => [
        entry.code,
        entry.local === true ? readLocalItem(entry, relatives.get('DATA_ITEM')?.(entry.broader)) : readItem(entry),
      ]),
    ),
    methods: codes('METHOD'),
    encryption: new Map(entries('METHOD').flatMap((entry) => encryptionOf(entry))),
    countries: codes('COUNTRY'),
    lawfulBases: codes('LAWFUL_BASIS'),
    art9: new Map(entries('ART9_CONDITION').map((entry) => [entry.code, readSchedule1(entry)])),
    schedule1: new Map(entries('SCHEDULE_1_CONDITION').map((entry) => [entry.code, readPolicyDocumentNeed(entry)])),
    schedule8: codes('SCHEDULE_8_CONDITION'),
    criminalConditions: codes('CRIMINAL_CONDITION'),
    confidentialityBases: codes('CONFIDENTIALITY_BASIS'),
    compatibilityGrounds: codes('COMPATIBILITY'),
    annex2: codes('ANNEX_2'),
    forms: entries('DATA_FORM').map((entry) => entry.code),
    subjectFlags: codes('SUBJECT_FLAG'),
    emergencyGrounds: codes('EMERGENCY_GROUND'),
    orgTypes: codes('ORG_TYPE'),
    mechanisms: codes('TRANSFER_MECHANISM'),
    art46Mechanisms: mechanisms('ART46'),
    part3Mechanisms: mechanisms('PART3'),
    originRestrictions: new Map(
      entries('ITEM_ORIGIN').flatMap(({ code, attributes: { restriction } }) =>
        typeof restriction === 'string' ? [[code, restriction]] : [],
      ),
    ),
    restrictionGrounds: codes('RESTRICTION_GROUND'),
    // Of a gateway that is not in force the rule on gateways says so.
    gateways: new Map(all('GATEWAY').map((entry) => [entry.code, readGateway(entry)])),
    laws: new Set(
      entries('GATEWAY')
        .filter((entry) => readGateway(entry).isCommenced)
        .map((entry) => entry.code),
    ),
    annex1: codes('ANNEX_1_CONDITION'),
    exemptions: codes('EXEMPTION'),
    methodsNeverApproved: codesWith('METHOD', 'approvable', false),
    instrumentsWithoutFlows: codesWith('INSTRUMENT_TYPE', 'may_hold_flows', false),
    mechanismsClosedToPublicAuthorities: codesWith('TRANSFER_MECHANISM', 'closed_to_public_authorities', true),
    unverified: new Map([
      ...[...lists.keys()].map((name) => [name, new Set(entries(name).flatMap(({ code, verified }) => (verified ? [] : [code])))] as const),
      [
        'COUNTRY_PART3',
        new Set(entries('COUNTRY').flatMap(({ code, attributes }) => (attributes['adequacy_part3_verified'] === true ? [] : [code]))),
      ],
    ]),
    reasonTexts: new Map(all('REASON').map((entry) => [entry.code, readReasonText(entry)])),
    adequacy(country, day) {
      const found = adequate.get(country)
      return found && isValidOn(day, found.from, null) ? found.kind : null
    },
    isAdequateForPart3(country, day) {
      const from = adequateForPart3.get(country)
      return from !== undefined && isValidOn(day, from, null)
    },
  }
}

/** A code that has ended still stands between those above and below it: what was prohibited through it stays prohibited. */
function hierarchy(entries: readonly CodeListEntry[], valid: ReadonlySet<string>): Hierarchy {
  const broaderOf = new Map(entries.map((entry) => [entry.code, entry.broader]))
  const local = new Set(entries.filter((entry) => entry.local === true).map(({ code }) => code))
  const has = (code: string) => valid.has(code)
  const isWithin = (code: string, broader: string): boolean => {
    if (!has(code)) return false
    // Bounded by the list's length, so that a circle in the data cannot hang a decision.
    let at: string | null | undefined = code
    for (let depth = 0; at && depth <= broaderOf.size; depth++) {
      if (at === broader) return true
      at = broaderOf.get(at)
    }
    return false
  }
  const carries = (listed: string, code: string) => has(listed) && isWithin(code, listed)
  const covers = (listed: string, code: string) =>
    local.has(listed) || local.has(code) ? listed === code && has(code) : carries(listed, code)
  return { codes: valid, has, isWithin, covers, carries, isLocal: (code) => local.has(code) }
}
