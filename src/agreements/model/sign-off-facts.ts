import type { Instant } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { Fact } from '../../workflow/model/route.ts'
import type { Requester } from '../../workflow/model/sign-off.ts'
import { type Agreement, type AgreementVersion, type Flow, isProcessorRole } from '../agreement.ts'
import { ALL_SIGNED_BOROUGHS } from './flow-suspensions.ts'
import { dpiaAt } from './in-force.ts'
import { lifecycleFacts } from './lifecycle-facts.ts'
import { keeperOf, leadingVersion } from './standing.ts'

/**
 * What the steps of a sign-off depend on (5.2, 5.4), worked out from the text that is signed off: nobody is asked but where the text
 * cannot say it. Of a first version every law and every method is new. Pure.
 */

/** From this many people or records a time on, a share is of high volume (Policy). */
const HIGH_VOLUME = 1_000
/** Forms of data that are not personal data any more (3.4). */
const NOT_PERSONAL = ['AGGREGATE', 'ANONYMOUS']
const CHILDREN_OR_ADULTS_AT_RISK = ['CHILD', 'PUPIL_STUDENT', 'ADULT_AT_RISK']
const SAFEGUARDING = ['SAFEGUARDING_CHILDREN', 'SAFEGUARDING_ADULTS']
const SOCIAL_CARE = 'SOCIAL_CARE'

/** What the text does not hold and its facts depend on. */
export interface KnownForSignOff {
  /** The lists of the day. */
  readonly codes: CodeLists
  readonly at: Instant
  /** Those ALL_SIGNED_BOROUGHS stands for (LC-4). */
  readonly boroughs: ReadonlySet<string>
  /** Who asked for it, wrote or froze this text, for whichever party: they approve it for none (SD-1). */
  readonly requesters: readonly Requester[]
  /** Facts that whoever opens the sign-off states, for example that a statute sets the deadline. */
  readonly stated?: readonly Fact[]
}

/** The facts of a subject, and of each party in it. */
export interface SignOffFacts {
  readonly facts: readonly Fact[]
  readonly parties: readonly { readonly org: string; readonly facts: readonly Fact[]; readonly requesters: readonly Requester[] }[]
}

/** The facts of one version, for these parties. */
export function signOffFacts(
  agreement: Agreement,
  version: AgreementVersion,
  orgs: readonly string[],
  known: KnownForSignOff,
): SignOffFacts {
  const { at, requesters } = known
  const keeper = keeperOf(agreement, at)
  const parties = orgs.map((org) => {
    const role = agreement.parties.find((party) => party.org === org)?.role
    const isOn = (named: readonly string[]) => named.includes(org) || (known.boroughs.has(org) && named.includes(ALL_SIGNED_BOROUGHS))
    const facts = [
      when(isProcessorRole(role), 'PROCESSOR'),
      when(!isProcessorRole(role), 'CONTROLLER'),
      when(
        version.terms.flows.some(({ providers }) => isOn(providers)),
        'PROVIDER',
      ),
      when(
        version.terms.flows.some(({ recipients }) => isOn(recipients)),
        'RECIPIENT',
      ),
      when(org === keeper, 'KEEPER'),
    ].flat()
    return { org, facts, requesters }
  })
  return { facts: [...new Set([...ofText(agreement, version, known), ...(known.stated ?? [])])], parties }
}

function ofText(agreement: Agreement, version: AgreementVersion, { codes, at }: KnownForSignOff): Fact[] {
  const { terms } = version
  const before = leadingVersion(agreement, at)
  const earlier = before !== undefined && before.version !== version.version ? before.terms.flows : []
  const personal = terms.flows.filter(({ data_form }) => !NOT_PERSONAL.includes(data_form))
  const items = new Set(personal.flatMap((flow) => coveredItems(flow, codes)))
  const subjects = personal.flatMap(({ data_subjects }) => data_subjects)
  const gateways = gatewaysOf(terms.flows)
  const isAny = <T>(all: Iterable<T>, test: (one: T) => boolean) => [...all].some(test)
  const item = (test: (code: string) => boolean | undefined) => isAny(items, (code) => test(code) ?? false)
  const of = (code: string) => codes.items.get(code)
  return [
    when(
      item((code) => of(code)?.classes.has('SPECIAL')),
      'SPECIAL_DATA',
    ),
    when(
      item((code) => of(code)?.classes.has('CRIMINAL')),
      'CRIMINAL_DATA',
    ),
    when(
      item((code) => isAny(of(code)?.origins ?? [], (origin) => codes.originRestrictions.has(origin))) ||
        isAny(gateways, (code) => codes.gateways.get(code)?.kind === 'RESTRICTION'),
      'RESTRICTED_CLASS_DATA',
    ),
    when(
      item((code) => isHealthOrSocialCare(code, codes)),
      'HEALTH_OR_SOCIAL_CARE',
    ),
    when(
      isAny(subjects, (subject) => CHILDREN_OR_ADULTS_AT_RISK.some((broad) => codes.subjects.isWithin(subject, broad))),
      'CHILDREN_OR_ADULTS_AT_RISK',
    ),
    when(
      isAny(terms.flows, ({ purpose }) => SAFEGUARDING.some((broad) => codes.purposes.isWithin(purpose, broad))),
      'SAFEGUARDING',
    ),
    when(
      isAny(terms.flows, ({ countries }) => countries.some((country) => country !== 'GB')),
      'OVERSEAS',
    ),
    when(
      agreement.instrument_type === 'CONTROLLER_TO_PROCESSOR' || agreement.parties.some(({ role }) => isProcessorRole(role)),
      'PROCESSOR_CONTRACT',
    ),
    when(
      agreement.instrument_type === 'JOINT_CONTROLLER' || agreement.parties.some(({ role }) => role === 'JOINT_CONTROLLER'),
      'JOINT_CONTROLLERS',
    ),
    when(
      isAny(gateways, (code) => !gatewaysOf(earlier).has(code)),
      'NEW_GATEWAY',
    ),
    when(
      isAny(lawOf(terms.flows), ([list, code]) => codes.unverified.get(list)?.has(code) ?? false),
      'UNVERIFIED_LAW',
    ),
    when(
      isAny(methodsOf(terms.flows), (code) => !methodsOf(earlier).has(code)),
      'NEW_METHOD',
    ),
    when(
      isAny(terms.flows, ({ volume_limit: limit }) => Math.max(limit?.subjects ?? 0, limit?.records ?? 0) > HIGH_VOLUME),
      'HIGH_VOLUME',
    ),
    assessment(agreement, at),
  ].flat()
}

/** Whether the assessment is needed, and whether it stands as a decision would want it (P11). */
export function assessment(agreement: Agreement, at: Instant): Fact[] {
  const { required, status, residual, prior_consultation, review_due, made } = dpiaAt(agreement, lifecycleFacts(agreement), at)
  if (!required) return []
  const isConsulted = residual !== 'HIGH' || prior_consultation === 'COMPLETED'
  // A version that is on its way is what the text names: the one before does not stand in for it.
  const isComplete =
    status === 'APPROVED' && made?.isUnderWay !== true && isConsulted && (review_due === null || londonDay(at) <= review_due)
  return isComplete ? ['ASSESSMENT_REQUIRED', 'ASSESSMENT_COMPLETE'] : ['ASSESSMENT_REQUIRED']
}

function when(holds: boolean, fact: Fact): Fact[] {
  return holds ? [fact] : []
}

/** The items of a flow, and those that a category grant covers (CK-17). */
function coveredItems({ data_items, category_grant }: Flow, codes: CodeLists): string[] {
  const granted = [...codes.items.keys()].filter((code) => category_grant.some((parent) => code.startsWith(`${parent}.`)))
  return [...data_items, ...granted]
}

function isHealthOrSocialCare(code: string, codes: CodeLists): boolean {
  const item = codes.items.get(code)
  return item?.healthInformation === true || item?.patientInformation === true || code === SOCIAL_CARE || code.startsWith(`${SOCIAL_CARE}.`)
}

function gatewaysOf(flows: readonly Flow[]): Set<string> {
  return new Set(flows.flatMap(({ legal }) => [...legal.provider.gateways, ...(legal.recipient?.gateways ?? [])]))
}

function methodsOf(flows: readonly Flow[]): Set<string> {
  return new Set(flows.flatMap(({ methods }) => methods))
}

/** The law that flows rest on, by the list that its code is of. */
function lawOf(flows: readonly Flow[]): (readonly [list: string, code: string])[] {
  const sides = flows.flatMap(({ legal }) => [legal.provider, ...(legal.recipient ? [legal.recipient] : [])])
  return sides.flatMap(({ gateways, art6, annex1, art9, sch1, criminal, part3 }) =>
    Object.entries({
      GATEWAY: gateways,
      LAWFUL_BASIS: art6,
      ANNEX_1_CONDITION: annex1,
      ART9_CONDITION: art9,
      SCHEDULE_1_CONDITION: [...sch1, ...criminal],
      SCHEDULE_8_CONDITION: part3.sch8,
    }).flatMap(([list, codes]) => codes.map((code) => [list, code] as const)),
  )
}
