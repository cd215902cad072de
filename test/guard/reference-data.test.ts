import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { REASON_CODES } from '../../src/decisions/rules/reason.ts'
import { isLondonAuthority, type Organisation } from '../../src/parties/organisation.ts'
import { addDays } from '../../src/platform/kernel/london-day.ts'
import { type CodeList, type CodeListEntry, isValidOn } from '../../src/reference/code-list.ts'
import { compileCodeLists } from '../../src/reference/code-lists.ts'

const folder = new URL('../../src/reference/lists/', import.meta.url)
const readJson = (url: URL): unknown => JSON.parse(readFileSync(url, 'utf8'))
const lists = new Map(readdirSync(folder).map((file) => [file, readJson(new URL(file, folder)) as CodeList]))
const byName = new Map([...lists.values()].map((list) => [list.list, list]))
const compiled = compileCodeLists(byName)
const register = readJson(new URL('../../src/parties/organisations.json', import.meta.url))
const { edition, organisations } = register as { edition: string; organisations: Organisation[] }

const words = (text: string): string[] => text.trim().split(/\s+/)
const numbered = (prefix: string, from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`)
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const entries = (name: string): readonly CodeListEntry[] => byName.get(name)?.entries ?? []
const codes = (name: string): string[] => entries(name).map((entry) => entry.code)
const has = (name: string, code: unknown): boolean => codes(name).includes(String(code))
const attribute = (list: string, code: string, name: string) => entries(list).find((entry) => entry.code === code)?.attributes[name]
/** Whether a code has ended, or passes over to one that is in force on the day after. */
const isEnded = (list: string, code: string) => entries(list).find((entry) => entry.code === code)?.valid_to != null
const goesOn = (list: string, code: string, day: string) =>
  entries(list).some((entry) => entry.code === code && isValidOn(addDays(day, 1), entry.valid_from, entry.valid_to))
/** The codes of a list whose attribute has a value, in the order of the list. */
const having = (list: string, name: string, value: unknown): string[] => codes(list).filter((code) => attribute(list, code, name) === value)

const SCHEDULE_1 = [...numbered('SCH1_', 1, 4), ...numbered('SCH1_', 6, 37)]
const CLOSED_TEXT = `
  LAWFUL_BASIS: 6(1)(a) 6(1)(b) 6(1)(c) 6(1)(d) 6(1)(e) 6(1)(ea) 6(1)(f) PART3_TASK PART3_CONSENT; ANNEX_1_CONDITION:
  ANX1_PUBLIC_TASK_REQUEST ANX1_SECURITY_DEFENCE ANX1_EMERGENCY ANX1_CRIME ANX1_SAFEGUARDING; COMPATIBILITY: SAME_PURPOSE
  CONSENT_NEW_PURPOSE RESEARCH_ARCHIVE_STATS DP_COMPLIANCE ANNEX_2 ART23_LAW ASSESSED_COMPATIBLE; ANNEX_2: ANX2_PUBLIC_TASK_REQUEST
  ANX2_ARCHIVING_REQUEST ANX2_PUBLIC_SECURITY ANX2_EMERGENCY ANX2_CRIME ANX2_VITAL_INTERESTS ANX2_SAFEGUARDING ANX2_TAXATION
  ANX2_LEGAL_OBLIGATION; SPECIAL_KIND: RACIAL_ETHNIC POLITICAL RELIGIOUS_PHILOSOPHICAL TRADE_UNION GENETIC BIOMETRIC_ID HEALTH SEX_LIFE
  SEXUAL_ORIENTATION; REGIME: UK_GDPR PART_3 PART_4; COMPETENT_AUTHORITY: SCHEDULE_7 STATUTORY_FUNCTIONS NONE; CONFIDENTIALITY_BASIS:
  NOT_ENGAGED CONSENT_EXPLICIT IMPLIED_CONSENT_DIRECT_CARE STATUTORY_DISAPPLICATION LEGAL_DUTY COURT_ORDER S251_SUPPORT
  OVERRIDING_PUBLIC_INTEREST; EXEMPTION: SCH2_2 SCH2_3 SCH2_4 SCH2_5; PRIVACY_INFORMATION_EXEMPTION: ALREADY_HAS DISPROPORTIONATE_EFFORT
  SERIOUSLY_IMPAIR LEGAL_PROVISION SECRECY SCH2_2 SCH2_4 OTHER; GATEWAY_KIND: DUTY DUTY_ON_REQUEST POWER FUNCTION ANCILLARY RESTRICTION
  CONFIDENTIALITY_LIFT; DATA_FORM: IDENTIFIABLE PSEUDONYMISED DE_IDENTIFIED_FOR_RESEARCH AGGREGATE ANONYMOUS; FREQUENCY: ONE_OFF
  ON_EVENT REAL_TIME DAILY WEEKLY MONTHLY QUARTERLY ANNUAL; METHOD: SECURE_EMAIL SECURE_PORTAL SFTP API_MTLS CASE_SYSTEM_API
  SECURE_DATA_ENVIRONMENT SHARED_SYSTEM_ACCESS CO_LOCATED_VIEW ENCRYPTED_MEDIA POST_TRACKED PHONE IN_PERSON_MEETING VIDEO_MEETING
  UNENCRYPTED_EMAIL; SUBJECT_FLAG: OBJECTED RESTRICTED CONSENT_WITHDRAWN; DECISION_MODE: SYSTEMATIC AD_HOC EMERGENCY;
  TRANSFER_MECHANISM: NONE_UK ADEQUACY_FULL ADEQUACY_PARTIAL IDTA ADDENDUM BCR LEGAL_INSTRUMENT CODE_OF_CONDUCT CERTIFICATION ART49_A
  ART49_B ART49_C ART49_D ART49_E ART49_F ART49_G PART3_LEGAL_INSTRUMENT PART3_ASSESSED_SAFEGUARDS; RESTRICTION_GROUND: CONSENT LEGAL_CLAIMS PROTECTION_OF_ANOTHER
  IMPORTANT_PUBLIC_INTEREST; INSTRUMENT_TYPE: CONTROLLER_TO_CONTROLLER JOINT_CONTROLLER CONTROLLER_TO_PROCESSOR
  DEA_ISA TIER1_FRAMEWORK TIER2_PROTOCOL CONDENSED MOU_NON_PERSONAL DISCLOSURE_DECISION EMERGENCY_RECORD; PARTY_ROLE: CONTROLLER
  JOINT_CONTROLLER PROCESSOR SUB_PROCESSOR LEAD_CONTROLLER OBSERVER; PARTY_CAPACITY: HOUSING_AUTHORITY SOCIAL_SERVICES_CHILDREN
  SOCIAL_SERVICES_ADULTS EDUCATION_AUTHORITY PUBLIC_HEALTH BILLING_AUTHORITY BENEFITS COMMUNITY_SAFETY YOUTH_OFFENDING_TEAM
  TRADING_STANDARDS LICENSING PLANNING EMERGENCY_PLANNING REGISTRARS CORPORATE_FRAUD; ONWARD_SHARING: PROHIBITED WITH_PROVIDER_APPROVAL
  NAMED_RECIPIENTS LEGAL_DUTY_ONLY; AMENDMENT_POLICY: RE_SIGN_REQUIRED NOTICE_PERIOD MINOR_NO_SIGN AFFECTED_RE_SIGN; COMMENCEMENT_RULE: ALL_SIGNED
  PAIRWISE THRESHOLD; REVIEW_POLICY: WARN BLOCK_AFTER_GRACE; REVIEW_CYCLE: MONTHS_6 MONTHS_12 MONTHS_24; AGREEMENT_STATUS: DRAFT
  IN_REVIEW AWAITING_SIGNATURE ACTIVE TERMINATED REJECTED WITHDRAWN; VERSION_STATUS: DRAFT APPROVED SUPERSEDED ABANDONED; DERIVED_STATE:
  NOT_YET_EFFECTIVE IN_FORCE EXPIRED SUSPENDED REVIEW_OVERDUE PARTIALLY_SIGNED; ART28_CLAUSE: SUBJECT_MATTER_DURATION NATURE_PURPOSE
  DATA_TYPES_SUBJECTS CONTROLLER_RIGHTS_DUTIES DOCUMENTED_INSTRUCTIONS CONFIDENTIALITY SECURITY_ART32 SUB_PROCESSORS ASSIST_RIGHTS
  ASSIST_ART32_36 RETURN_OR_DELETE AUDIT_INSPECTION INFORM_UNLAWFUL_INSTRUCTION; DPIA_TRIGGER: ART35_3_A_PROFILING_SIGNIFICANT
  ART35_3_B_LARGE_SCALE_SPECIAL_OR_CRIMINAL ART35_3_C_PUBLIC_MONITORING ICO_INNOVATIVE_TECH ICO_DENIAL_OF_SERVICE
  ICO_LARGE_SCALE_PROFILING ICO_BIOMETRIC ICO_GENETIC ICO_DATA_MATCHING ICO_INVISIBLE_PROCESSING ICO_TRACKING
  ICO_TARGETING_CHILDREN_VULNERABLE ICO_RISK_PHYSICAL_HARM; WP248_CRITERION: EVALUATION_SCORING AUTOMATED_DECISION SYSTEMATIC_MONITORING
  SENSITIVE_DATA LARGE_SCALE MATCHING_COMBINING VULNERABLE_SUBJECTS INNOVATIVE_USE PREVENTS_RIGHT_OR_SERVICE; LIKELIHOOD: REMOTE
  POSSIBLE PROBABLE; SEVERITY: MINIMAL SIGNIFICANT SEVERE; OVERALL_RISK: LOW MEDIUM HIGH; HARM_TYPE: PHYSICAL EMOTIONAL DISCRIMINATION
  FINANCIAL IDENTITY_THEFT LOSS_OF_CONFIDENTIALITY LOSS_OF_CONTROL REPUTATION LOSS_OF_SERVICE OTHER; MEASURE_EFFECT: ELIMINATED REDUCED
  ACCEPTED; DPIA_STATE: DRAFT DPO_ADVICE_REQUESTED DPO_ADVICE_GIVEN AWAITING_RISK_ACCEPTANCE PRIOR_CONSULTATION APPROVED REJECTED
  IN_REVIEW SUPERSEDED SCREENED_OUT; DPO_OUTCOME: APPROVED APPROVED_WITH_CONDITIONS RETURNED REFUSED; PRIOR_CONSULTATION: NOT_REQUIRED
  PENDING COMPLETED ADVICE_NOT_TO_PROCEED; GOV_ROLE: REQUESTER IG_OFFICER IAO DPO CALDICOTT_GUARDIAN SIRO INFOSEC LEGAL SIGNATORY
  AUTHORISED_DISCLOSURE_OFFICER DUTY_MANAGER PRACTITIONER AUDITOR REGISTER_ADMIN API_CLIENT; WORKFLOW_STEP: IG_REVIEW IAO_CONFIRMATION DPIA
  DPO_REVIEW LEGAL_REVIEW CALDICOTT_REVIEW INFOSEC_REVIEW SIRO_APPROVAL SIGNATURE; ROUTE: CONDENSED STANDARD PAN_LONDON URGENT AD_HOC
  EMERGENCY DPIA; NOTIFICATION: SIGNATURE_DUE REVIEW_DUE_90 REVIEW_DUE_30 REVIEW_DUE_7 DPIA_REVIEW_DUE APD_REVIEW_DUE EXPIRY_90 EXPIRY_30
  EXPIRY_7 GATEWAY_CHANGED PARTY_JOINED PARTY_LEFT SUSPENDED ORG_SUCCESSION EMERGENCY_REVIEW_DUE OBJECTION_RECEIVED; PUBLICATION: PUBLIC
  PUBLIC_REDACTED PARTIES_ONLY RESTRICTED; REGULATOR: ICO_COMMISSIONER INFORMATION_COMMISSION; ORG_TYPE: LONDON_BOROUGH CITY_CORPORATION
  GLA_FAMILY POLICE_FORCE POLICING_BODY FIRE_AUTHORITY TRANSPORT_AUTHORITY NHS_ICB NHS_TRUST GP_PRACTICE AMBULANCE PROBATION PRISON
  SCHOOL ACADEMY_TRUST FE_HE GOV_DEPARTMENT REGULATOR HOUSING_ASSOCIATION CHARITY PRIVATE_COMPANY PROCESSOR_ONLY OTHER_LOCAL_AUTHORITY
  UTILITY NHS_NATIONAL REGISTRATION_OFFICIAL CORONER COURT JOINT_COMMITTEE ELECTORAL_OFFICER CHILDCARE_PROVIDER SPECIAL_POLICE_FORCE; ITEM_ORIGIN: LOCAL DWP HMRC NHS POLICE HOME_OFFICE; EMERGENCY_GROUND: PREVENT_SERIOUS_HARM PREVENT_LOSS_OF_LIFE PUBLIC_HEALTH
  SAFEGUARD_VULNERABLE CIVIL_EMERGENCY NATIONAL_SECURITY_IMMEDIATE; EMERGENCY_REVIEW_OUTCOME: JUSTIFIED JUSTIFIED_EXCESSIVE_DATA
  NOT_JUSTIFIED`
/** Lists whose codes the law or the model closes, in their order. */
const CLOSED = new Map<string, string[]>([
  ...CLOSED_TEXT.split(';').map((line): [string, string[]] => [line.split(':')[0]?.trim() ?? '', words(line.split(':')[1] ?? '')]),
  ['ART9_CONDITION', [...'abcdefghij'].map((letter) => `9(2)(${letter})`)],
  ['SCHEDULE_1_CONDITION', SCHEDULE_1],
  ['CRIMINAL_CONDITION', ['OFFICIAL_AUTHORITY', ...SCHEDULE_1]],
  ['SCHEDULE_8_CONDITION', numbered('SCH8_', 1, 9)],
  ['REASON', [...REASON_CODES]],
])
/** Longer lists of this service, which grow with the law and the work. */
const OPEN = words('GATEWAY PURPOSE DATA_ITEM DATA_SUBJECT MEASURE COUNTRY OBLIGATION')
const GATEWAY_MEMBERS = words(`kind provider_types recipient_types provider_orgs recipient_orgs both_ways purposes
  excludes_patient_information excludes_health_information excludes_personal_data only_items requires_request requires_consent
  requires_code_of_practice disapplies_confidence overrides_dp onward_use_limit commenced in_force_from in_force_to limits`)
/** Laws that name no department, or departments at large: Ministers of the Crown, public authorities, responders, specified persons. */
const ANY_DEPARTMENT = new Set(
  words('DEA2017_S35 DEA2017_S35_GLA DEA2017_S35_OFGEM DEA2017_S36_39 DEA2017_S46 DEA2017_S48 DEA2017_S56 DEA2017_S64 DEA2017_S64_GLA') // Part 5 schedules
    .concat(words('LAAA2014_SCH9_P3 CCA2004_R44A CCA2004_R47 CTSA2015_S38 SCA2007_S68 RSA_ELECTORAL POLICE_COMMON_LAW EA2002_P9')),
)
const ENTRY_MEMBERS = words('code label citation valid_from valid_to verified source replaced_by broader attributes')
const FULLY_ADEQUATE = words(`AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO GI CH AD AR FO GG IM
  IL JE NZ UY`)
const ADEQUATE_FOR_PART_3 = words(
  `AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO CH GI GG IM JE`,
)

t.test('every list of the reference has one file, and there is no other', async (t) => {
  t.strictSame([...byName.keys()].sort(), [...CLOSED.keys(), ...OPEN].sort())
  for (const [file, list] of lists) t.equal(file, `${list.list.toLowerCase().replaceAll('_', '-')}.json`)
  for (const [name, expected] of CLOSED) t.strictSame(codes(name), expected, name)
  for (const name of OPEN) t.ok(codes(name).length > 0, name)
})

t.test('every list and every entry has every member, in the right form', async (t) => {
  const faults: string[] = []
  for (const list of byName.values()) {
    if (Object.keys(list).join() !== 'list,title,description,edition,source,entries') faults.push(`${list.list}: members`)
    if (list.edition !== edition || !list.title || !list.description.endsWith('.') || !list.source) faults.push(`${list.list}: header`)
    if (new Set(codes(list.list)).size !== list.entries.length) faults.push(`${list.list}: a code stands twice`)
    for (const entry of list.entries) {
      const at = `${list.list} ${entry.code}`
      if (Object.keys(entry).join() !== ENTRY_MEMBERS.join()) faults.push(`${at}: members`)
      if (typeof entry.verified !== 'boolean' || !entry.source) faults.push(`${at}: verified or source`)
      if (!/^[\p{Lu}0-9]/u.test(entry.label)) faults.push(`${at}: label in sentence case`)
      if (/[.\s]$|\s\s/.test(entry.label) || entry.label.length > 90) faults.push(`${at}: label`)
      for (const day of [entry.valid_from, entry.valid_to]) {
        if (day !== null && new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day) faults.push(`${at}: ${day}`)
      }
      if (entry.valid_from && entry.valid_to && entry.valid_to < entry.valid_from) faults.push(`${at}: ends before it begins`)
      if (/\bS\d{1,2}[a-e]?\b|\[unverified|\*\*|`/.test(`${entry.source} ${list.source}`)) faults.push(`${at}: source in shorthand`)
    }
  }
  t.strictSame(faults, [])
})

t.test('an entry that no source confirms says which part is not confirmed', async (t) => {
  for (const list of byName.values()) {
    for (const { code, verified, attributes } of list.entries) {
      const said =
        list.list === 'GATEWAY' ? String(attributes['limits']).includes('Not confirmed: ') : Boolean(attributes['unverified_part'])
      if (said === verified) t.fail(`${list.list} ${code}`)
    }
  }
})

t.test('broader and replacing codes exist, and no code is broader than itself', async (t) => {
  for (const list of byName.values()) {
    for (const { code, broader, replaced_by, valid_to } of list.entries) {
      for (const other of [broader, replaced_by]) if (other !== null) t.ok(has(list.list, other) && other !== code, `${code} -> ${other}`)
      if (replaced_by !== null)
        t.ok(valid_to !== null && goesOn(list.list, replaced_by, valid_to), `${code} ends, and ${replaced_by} goes on`)
      if (!['PURPOSE', 'DATA_SUBJECT'].includes(list.list)) t.equal(broader, null, `${code} stands alone`)
    }
  }
  for (const { code, broader } of entries('PURPOSE')) t.equal(broader, code.includes('.') ? code.replace(/\.[^.]+$/, '') : null, code)
  for (const { code, broader } of entries('DATA_SUBJECT')) if (code.includes('.')) t.equal(broader, code.split('.')[0], code)
  for (const code of ['TENANT', 'HOMELESS_APPLICANT']) t.ok(compiled.subjects.isWithin(code, 'RESIDENT'), code)
})

t.test('Article 9 and Schedule 1 conditions fit section 10 of the Data Protection Act 2018', async (t) => {
  const needed: Record<string, string[]> = { b: ['SCH1_1'], g: numbered('SCH1_', 6, 28), h: ['SCH1_2'], i: ['SCH1_3'], j: ['SCH1_4'] }
  for (const letter of 'abcdefghij') t.strictSame(attribute('ART9_CONDITION', `9(2)(${letter})`, 'schedule_1'), needed[letter] ?? null)
  const without = new Set([2, 3, 4, 13, 29, 30, 31, 32, 33, 34].map((n) => `SCH1_${n}`))
  for (const { code, attributes } of entries('SCHEDULE_1_CONDITION')) {
    const document = code === 'SCH1_10' ? 'EXCEPT_TO_COMPETENT_AUTHORITY' : without.has(code) ? 'NOT_REQUIRED' : 'REQUIRED'
    t.equal(attributes['appropriate_policy_document'], document, code)
    t.equal(code, `SCH1_${attributes['paragraph']}`)
    t.equal(attributes['part'], Number(attributes['paragraph']) <= 4 ? 1 : Number(attributes['paragraph']) <= 28 ? 2 : 3, code)
  }
  t.strictSame(having('LAWFUL_BASIS', 'closed_to_public_authorities', true), ['6(1)(ea)', '6(1)(f)'])
  t.strictSame(having('LAWFUL_BASIS', 'needs_basis_in_law', true), ['6(1)(c)', '6(1)(e)'])
})

t.test('a gateway names known bodies, purposes and items, and never overrides data protection law', async (t) => {
  const known = (values: unknown, name: string) =>
    strings(values).every((value) => has(name, value) && !isEnded(name, value)) || String(values) === '*'
  const twice = (values: unknown) => new Set(strings(values)).size !== strings(values).length
  const bodies = new Map(organisations.map(({ code, type }) => [code, type]))
  for (const { code, citation, valid_from, valid_to, attributes: a } of entries('GATEWAY')) {
    t.strictSame(Object.keys(a).sort(), [...GATEWAY_MEMBERS].sort(), code)
    t.ok(citation && a['limits'], `${code} says which law it is and what limits it`)
    t.equal(a['overrides_dp'], false, code)
    t.ok(has('GATEWAY_KIND', a['kind']), `${code} ${a['kind']}`)
    t.ok(known(a['provider_types'], 'ORG_TYPE') && known(a['recipient_types'], 'ORG_TYPE'), `${code} bodies`)
    t.ok(known(a['purposes'], 'PURPOSE') && strings(a['purposes']).length > 0, `${code} purposes`)
    for (const item of strings(a['only_items'])) t.ok(has('DATA_ITEM', item), `${code} ${item}`)
    t.equal(a['in_force_from'], valid_from, `${code} is valid from the day it is in force`)
    if (a['commenced'] === false) t.strictSame([valid_from, valid_to], [null, null], `${code} has no days before it has commenced`)
    for (const [name, list] of Object.entries(a)) if (twice(list)) t.fail(`${code} ${name} names something twice`)
    for (const side of ['provider', 'recipient']) {
      // GW-7: where the law names a body, the entry is for bodies of its kind alone, or it would shut out the others.
      const named = strings(a[`${side}_orgs`]).map((org) => bodies.get(org))
      if (named.length > 0)
        t.strictSame([...new Set(named)], strings(a[`${side}_types`]), `${code} ${side}: bodies of one kind, all of them known`)
    }
    const isOpen = strings(a['provider_types']).length > 0 && strings(a['recipient_types']).length > 0
    t.ok(isOpen || /lists no/.test(String(a['limits'])), `${code} is for nobody and says so`)
    if (a['requires_request'] === true) t.ok(['DUTY_ON_REQUEST', 'POWER'].includes(String(a['kind'])), `${code} answers a request`)
    if (a['kind'] === 'DUTY_ON_REQUEST') t.equal(a['requires_request'], true, `${code} is a duty on request`)
    if (a['kind'] === 'FUNCTION' || a['kind'] === 'ANCILLARY')
      t.equal(a['disapplies_confidence'], false, `${code}: no function lifts confidence`)
    if (code.startsWith('HSCA2012_S251')) t.match(citation, /Act 2012 s251[AB]$/, 'inserted by an Act of 2015, and cited as of 2012')
  }
})

t.test(
  'a government department stands in a gateway by name, where the law names it, or the entry says that it was not read which',
  async (t) => {
    for (const { code, attributes: a } of entries('GATEWAY')) {
      for (const side of ['provider', 'recipient']) {
        if (!strings(a[`${side}_types`]).includes('GOV_DEPARTMENT') || strings(a[`${side}_orgs`]).length > 0) continue
        t.ok(ANY_DEPARTMENT.has(code), `${code} ${side}: any department`)
      }
    }
  },
)

t.test('the usual gateway of a purpose covers that purpose or a narrower one', async (t) => {
  for (const { code, attributes: a } of entries('PURPOSE')) {
    for (const gateway of strings(a['usual_gateways'])) {
      const covered = strings(attribute('GATEWAY', gateway, 'purposes'))
      const fits = covered.some((p) => p === '*' || compiled.purposes.isWithin(code, p) || compiled.purposes.isWithin(p, code))
      t.ok(fits, `${code}: ${gateway}`)
    }
    t.equal(strings(a['usual_gateways']).length > 0, a['no_gateway_because'] === null, `${code} names a gateway or says why not`)
  }
})

t.test('every data item has a class, and only special items have a special kind', async (t) => {
  for (const { code, attributes: a } of entries('DATA_ITEM')) {
    t.ok(['ORDINARY', 'SPECIAL', 'CRIMINAL'].includes(String(a['class'])), code)
    t.equal(a['class'] === 'SPECIAL', has('SPECIAL_KIND', a['special_kind']), code)
    if (a['patient_information'] === true) t.match(a, { duty_of_confidence: true, special_kind: 'HEALTH' }, code)
    t.ok(has('ITEM_ORIGIN', a['origin']) && typeof a['children_relevant'] === 'boolean', code)
    t.ok(strings(a['dpv']).length > 0 && strings(a['dpv']).every((iri) => iri.startsWith('pd:')), `${code} DPV`)
  }
  const health = codes('DATA_ITEM').filter(
    (code) => attribute('DATA_ITEM', code, 'special_kind') === 'HEALTH' || code.startsWith('SOCIAL_CARE.') || code === 'EDUCATION.SEND',
  )
  t.strictSame(having('DATA_ITEM', 'health_information', true), health, 'health information, whoever holds it')
  for (const code of having('DATA_ITEM', 'patient_information', true)) t.ok(health.includes(code), `${code} is health information too`)
  const prefixes = /^(dpv|pd|gdpr|ps|law|health|edu|loc|gb):[A-Za-z0-9-]+$/
  for (const list of byName.values()) {
    for (const entry of list.entries) for (const iri of strings(entry.attributes['dpv'])) t.match(iri, prefixes, entry.code)
  }
})

t.test('adequacy covers the listed countries and no other, and only Article 46 carries a flow besides', async (t) => {
  t.strictSame(having('COUNTRY', 'adequacy', 'FULL'), [...FULLY_ADEQUATE].sort())
  t.strictSame(having('COUNTRY', 'adequacy', 'PARTIAL'), ['CA', 'JP', 'KR', 'US'])
  t.strictSame(having('COUNTRY', 'adequacy_part3', true), [...ADEQUATE_FOR_PART_3].sort(), 'the regulations under Part 3 are others')
  for (const { code, attributes: a } of entries('COUNTRY'))
    t.equal(typeof a['adequacy_part3_verified'], a['adequacy_part3'] === true ? 'boolean' : 'undefined', code)
  for (const code of ['CA', 'JP', 'KR', 'US']) t.ok(attribute('COUNTRY', code, 'adequacy_scope'), `the adequacy of ${code} has a scope`)
  t.ok(codes('COUNTRY').every((code) => /^[A-Z]{2}$/.test(code)) && has('COUNTRY', 'GB'))
  const art46 = words('IDTA ADDENDUM BCR LEGAL_INSTRUMENT CODE_OF_CONDUCT CERTIFICATION')
  t.strictSame(having('TRANSFER_MECHANISM', 'carries', 'ART46'), art46)
  t.strictSame(having('TRANSFER_MECHANISM', 'carries', 'ADEQUACY'), words('ADEQUACY_FULL ADEQUACY_PARTIAL'))
  const art49 = [...'ABCDEFG'].map((letter) => `ART49_${letter}`)
  t.strictSame(having('TRANSFER_MECHANISM', 'carries', 'ART49'), art49)
  t.strictSame(having('TRANSFER_MECHANISM', 'carries', 'PART3'), words('PART3_LEGAL_INSTRUMENT PART3_ASSESSED_SAFEGUARDS'))
  t.strictSame(having('METHOD', 'approvable', false), ['UNENCRYPTED_EMAIL'])
  t.strictSame(having('DATA_FORM', 'personal_data', false), ['AGGREGATE', 'ANONYMOUS'])
  entries('DATA_FORM').forEach((entry, rank) => void t.equal(entry.attributes['rank'], rank, entry.code))
})

t.test('the 54 reasons are numbered in order and tell caller and officer what to do', async (t) => {
  t.equal(REASON_CODES.length, 54)
  const stages = [5, 2, 6, 4, 7, 14, 3, 4, 2, 6].flatMap((count, stage) => Array<number>(count).fill(stage))
  entries('REASON').forEach(({ code, citation, attributes: a }, index) => {
    t.equal(a['number'], index + 1, code)
    t.equal(a['stage'], index === 53 ? 0 : stages[index], `${code} stage`)
    for (const name of ['text_for_caller', 'text_for_officer']) t.match(String(a[name]), /^[A-Z][^\n]{20,320}\.$/, `${code} ${name}`)
    t.notMatch(String(a['text_for_caller']), /\bagreement|\bDSA\b|AGR-/i, `${code} reveals no agreement`)
    t.ok(String(a['text_for_caller']).length <= 180, `${code} is short`)
    t.ok(has('GOV_ROLE', a['remedy_role']) && a['remedy'] && citation, `${code} remedy`)
  })
})

t.test('every obligation has a bearer, parameters and a text', async (t) => {
  t.strictSame(
    having('OBLIGATION', 'mandatory', false),
    words('REVIEW_OVERDUE_WARNING DPIA_REVIEW_DUE_SOON EXPIRES_SOON RESTRICTED_DATA ATTESTED_SIGNATURE'),
  )
  for (const { code, citation, attributes: a } of entries('OBLIGATION')) {
    t.ok(
      ['PROVIDER', 'RECIPIENT', 'BOTH', ...(code === 'APPROVAL_CONDITION' ? ['AS_STATED'] : [])].includes(String(a['bearer'])),
      `${code} bearer`,
    )
    t.ok(Array.isArray(a['parameters']) && /^[A-Z].+\.$/.test(String(a['text'])) && citation, code)
  }
  for (const { code, attributes: a } of entries('ONWARD_SHARING')) t.ok(has('OBLIGATION', a['obligation']), code)
})

t.test('the risk matrix gives each severity and likelihood one overall risk', async (t) => {
  const cells = entries('OVERALL_RISK').flatMap(({ code, attributes: a }) =>
    (a['matrix'] as { severity: string; likelihood: string }[]).map(({ severity, likelihood }) => `${severity}_${likelihood}_${code}`),
  )
  const low = words('MINIMAL_POSSIBLE_LOW MINIMAL_PROBABLE_LOW MINIMAL_REMOTE_LOW SEVERE_REMOTE_LOW SIGNIFICANT_REMOTE_LOW')
  const others = words('SEVERE_POSSIBLE_HIGH SEVERE_PROBABLE_HIGH SIGNIFICANT_POSSIBLE_MEDIUM SIGNIFICANT_PROBABLE_HIGH')
  t.strictSame(cells.sort(), [...low, ...others].sort())
  for (const { code, attributes: a } of entries('WORKFLOW_STEP')) t.ok(has('GOV_ROLE', a['role']), code)
})

t.test('the register holds the 33 London authorities by area code, and their partners', async (t) => {
  const members = words(`code legal_name short_name type gss ods ico_registration_no public_authority competent_authority
    health_or_social_care_authority active_from active_to successor_of aliases verified`)
  const known = organisations.map((organisation) => organisation.code)
  t.equal(new Set(known).size, known.length)
  const names = new Map<string, string>()
  for (const organisation of organisations) {
    t.strictSame(Object.keys(organisation), members, organisation.code)
    t.ok(has('ORG_TYPE', organisation.type) && has('COMPETENT_AUTHORITY', organisation.competent_authority))
    for (const instant of [organisation.active_from, organisation.active_to]) if (instant) t.match(instant, /T\d\d:\d\d:\d\d[+-]\d\d:\d\d$/)
    for (const code of organisation.successor_of) t.ok(known.includes(code), code)
    for (const name of [organisation.short_name, ...organisation.aliases].map((n) => n.toLowerCase())) {
      t.equal(names.get(name), undefined, `${name} names one organisation only`)
      names.set(name, organisation.code)
    }
  }
  const london = organisations.filter(isLondonAuthority)
  const areas = london.map((organisation) => organisation.gss)
  t.strictSame(areas, numbered('E0', 9000001, 9000033))
  t.equal(london.filter((o) => o.type === 'CITY_CORPORATION').length, 1)
  const aliases = { lbth: 'LBC_TOWER_HAMLETS', rbkc: 'LBC_KENSINGTON_CHELSEA', 'the met': 'MPS', 'city of london': 'COL_CORPORATION' }
  for (const [alias, code] of Object.entries(aliases)) t.equal(names.get(alias), code)
})

t.test('West and North London ICB begins at the instant at which its two predecessors end', async (t) => {
  const merged = '2026-04-01T00:00:00+01:00'
  const find = (code: string) => organisations.find((organisation) => organisation.code === code)
  t.match(find('ICB_WNL'), { active_from: merged, active_to: null, successor_of: ['ICB_NCL', 'ICB_NWL'] })
  for (const code of ['ICB_NCL', 'ICB_NWL']) t.equal(find(code)?.active_to, merged)
})

t.test('the rules can read every list they ask', async (t) => {
  t.equal(compiled.gateways.size, codes('GATEWAY').length)
  t.equal(compiled.adequacy('FR', '2026-11-22'), 'FULL')
  t.equal(compiled.adequacy('US', '2023-10-11'), null, 'not before the day on which the regulations took effect')
  t.equal(compiled.schedule1.get('SCH1_10'), 'EXCEPT_TO_COMPETENT_AUTHORITY')
  for (const [name, value] of Object.entries(compiled)) {
    const size = value instanceof Map || value instanceof Set ? value.size : Array.isArray(value) ? value.length : 1
    t.ok(size > 0, `${name} is not empty`)
  }
})
