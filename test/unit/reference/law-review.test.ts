import t from 'tap'
import { demoRegister } from '../../../src/demo/register-content.ts'
import { shippedOrganisations } from '../../../src/parties/shipped-organisations.service.ts'
import { compileCodeLists } from '../../../src/reference/code-lists.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'
import { shareUnder } from '../../support/builders/share-under.ts'

// The corrections of the legal review of 29 November 2026 that are made in the lists: what was wrongly permitted is refused,
// what was wrongly refused is carried. Those that became rules are tested with the rules.

const lists = shippedCodeLists()
const codes = compileCodeLists(new Map(lists.map((list) => [list.list, list])))
const registered = [...shippedOrganisations(), ...demoRegister().organisations]
const ask = shareUnder({ lists, registered, bodies: { PRISON: 'PRISON', ERO: 'ELECTORAL_OFFICER' }, day: '2026-11-30' })
const law = (code: string) => {
  const found = codes.gateways.get(code)
  if (!found) throw new Error(`no gateway ${code}`)
  return found
}

type Row = readonly [sentence: string, gateway: string, from: string, to: string, purpose: string, items: string]
const question = ([, , from, to, purpose, items]: Row) => ({ from, to, purpose, items: items.split(' ') })

// biome-ignore format: a table, one sentence to a row
const REFUSED: readonly Row[] = [
  ['section 115 does not run to an NHS trust', 'CDA1998_S115', 'LBC_CAMDEN', 'NHS_ROYAL_FREE', 'COMMUNITY_SAFETY', 'IDENTITY.NAME'],
  ['section 115 does not run to the ambulance service', 'CDA1998_S115', 'LBC_CAMDEN', 'LAS', 'COMMUNITY_SAFETY', 'IDENTITY.NAME'],
  ['section 115 does not run to a force without a police area', 'CDA1998_S115', 'LBC_CAMDEN', 'BTP', 'COMMUNITY_SAFETY', 'IDENTITY.NAME'],
  ['section 115 does not run to a charity', 'CDA1998_S115', 'LBC_CAMDEN', 'VCS_SOLACE', 'COMMUNITY_SAFETY', 'IDENTITY.NAME'],
  ['section 16 carries no disability', 'PCSC2022_S16', 'LBC_CAMDEN', 'MPS', 'SERIOUS_VIOLENCE', 'IDENTITY.NAME HEALTH.DISABILITY'],
  ['section 16 carries no substance use', 'PCSC2022_S16', 'LBC_CAMDEN', 'MPS', 'SERIOUS_VIOLENCE', 'HEALTH.SUBSTANCE_USE'],
  ['section 16 carries no special educational needs', 'PCSC2022_S16', 'SCH_BARNET', 'MPS', 'SERIOUS_VIOLENCE', 'EDUCATION.SEND'],
  ['section 16 carries no care plan', 'PCSC2022_S16', 'LBC_CAMDEN', 'MPS', 'SERIOUS_VIOLENCE', 'SOCIAL_CARE.CARE_PLAN'],
  ['section 16 carries no concern about a child', 'PCSC2022_S16', 'LBC_CAMDEN', 'MPS', 'SERIOUS_VIOLENCE', 'SOCIAL_CARE.CHILD_CONCERN'],
  ['section 17 requires no diagnosis', 'PCSC2022_S17', 'LBC_CAMDEN', 'MOPAC', 'SERIOUS_VIOLENCE', 'HEALTH.DIAGNOSIS'],
  ['section 17 requires no assessment of care', 'PCSC2022_S17', 'LBC_CAMDEN', 'MOPAC', 'SERIOUS_VIOLENCE', 'SOCIAL_CARE.ASSESSMENT'],
  ['section 17 requires nothing from an integrated care board', 'PCSC2022_S17', 'ICB_NEL', 'MOPAC', 'SERIOUS_VIOLENCE', 'IDENTITY.NAME'],
  ['the civil registration gateway is not for the council', 'DEA2017_S46', 'LBC_CAMDEN', 'LBC_HACKNEY', 'COUNCIL_TAX', 'IDENTITY.NAME'],
  ['the civil registration gateway carries no GP record', 'DEA2017_S46', 'GRO', 'LBC_HACKNEY', 'DIRECT_CARE', 'HEALTH.GP_RECORD'],
  ['council tax administration carries no telephone number', 'CTAE1992_R4', 'LBC_HACKNEY', 'LBC_CAMDEN', 'COUNCIL_TAX', 'IDENTITY.NAME CONTACT.PHONE'],
  ['council tax administration carries nothing to a department', 'CTAE1992_R4', 'LBC_HACKNEY', 'GOV_HMRC', 'COUNCIL_TAX', 'IDENTITY.NAME'],
  ['the old entry for council tax has ended', 'LGFA1992_SCH2', 'LBC_HACKNEY', 'LBC_CAMDEN', 'COUNCIL_TAX', 'IDENTITY.NAME'],
  ['HM Revenue and Customs does not use section 20', 'IAA1999_S20_DEPARTMENTS', 'GOV_HMRC', 'GOV_HOME_OFFICE', 'IMMIGRATION_CONTROL', 'IDENTITY.NAME'],
  ['immigration information does not go to Work and Pensions', 'IAA1999_S20', 'LBC_CAMDEN', 'GOV_DWP', 'IMMIGRATION_CONTROL', 'IDENTITY.NAME'],
  ['nobody is located for the Ministry of Housing', 'NIAA2002_S129', 'LBC_CAMDEN', 'GOV_MHCLG', 'IMMIGRATION_CONTROL', 'IDENTITY.NAME'],
  ['potential victims are not notified to the tax authority', 'MSA2015_S52', 'LBC_CAMDEN', 'GOV_HMRC', 'MODERN_SLAVERY', 'IDENTITY.NAME'],
  ['data matching data goes to no other department', 'LAAA2014_SCH9_P2', 'LBC_CAMDEN', 'GOV_DWP', 'FRAUD.DATA_MATCHING', 'IDENTITY.NAME'],
  ['welfare data does not go to the tax authority', 'WRA2012_S131_DWP', 'LBC_CAMDEN', 'GOV_HMRC', 'BENEFITS', 'FINANCE.HOUSING_BENEFIT'],
  ['the Ministry of Housing is no partner under the Care Act', 'CARE2014_S6_DEPARTMENTS', 'GOV_MHCLG', 'LBC_CAMDEN', 'SAFEGUARDING_ADULTS', 'IDENTITY.NAME'],
  ['the tax authority is no partner of MAPPA', 'CJA2003_S325_DEPARTMENTS', 'GOV_HMRC', 'MPS', 'OFFENDER_MANAGEMENT.MAPPA', 'IDENTITY.NAME'],
  ['London Councils is not the tier 1 authority', 'DAA2021_S57_58', 'LONDON_COUNCILS', 'LBC_CAMDEN', 'DOMESTIC_ABUSE.SAFE_ACCOMMODATION', 'IDENTITY.NAME'],
  ['London Councils has no duty as to crime prevention', 'CDA1998_S17_GLA', 'LONDON_COUNCILS', 'MPS', 'COMMUNITY_SAFETY', 'IDENTITY.NAME'],
  ['London Councils takes no part in mandatory data matching', 'LAAA2014_SCH9_P2_GLA', 'LONDON_COUNCILS', 'GOV_CABINET_OFFICE', 'FRAUD.DATA_MATCHING', 'IDENTITY.NAME'],
  ['London Councils does not use the research power', 'DEA2017_S64_GLA', 'LONDON_COUNCILS', 'UNI_NEWCASTLE', 'RESEARCH_STATISTICS', 'IDENTITY.DATE_OF_BIRTH'],
  ['the duty to refer carries no diagnosis', 'HA1996_S213B', 'NHS_ROYAL_FREE', 'LBC_CAMDEN', 'HOMELESSNESS.DUTY_TO_REFER', 'IDENTITY.NAME HEALTH.DIAGNOSIS'],
  ['no company receives for a safeguarding adults board', 'CARE2014_S45', 'LBC_CAMDEN', 'CO_YOUR_CHOICE_BARNET', 'SAFEGUARDING_ADULTS.SAB_REVIEW', 'IDENTITY.NAME'],
  ['section 45 is for the board, not for safeguarding at large', 'CARE2014_S45', 'VCS_SOLACE', 'LBC_CAMDEN', 'SAFEGUARDING_ADULTS', 'IDENTITY.NAME'],
  ['an NHS trust is no relevant partner', 'CA2004_S10', 'NHS_ROYAL_FREE', 'LBC_CAMDEN', 'SAFEGUARDING_CHILDREN', 'IDENTITY.NAME'],
  ['the ambulance service is no relevant partner', 'CA2004_S10', 'LAS', 'LBC_CAMDEN', 'SAFEGUARDING_CHILDREN', 'IDENTITY.NAME'],
  ['a prison is no relevant partner', 'CA2004_S10', 'PRISON', 'LBC_CAMDEN', 'SAFEGUARDING_CHILDREN', 'IDENTITY.NAME'],
  ['the British Transport Police is no relevant partner', 'CA2004_S10', 'BTP', 'LBC_CAMDEN', 'SAFEGUARDING_CHILDREN', 'IDENTITY.NAME'],
  ['the police do not enquire under section 47', 'CA1989_S47', 'MPS', 'LBC_CAMDEN', 'SAFEGUARDING_CHILDREN', 'CRIMINAL.ALLEGATION'],
  ['the police are not called upon under section 47', 'CA1989_S47_9', 'MPS', 'LBC_CAMDEN', 'SAFEGUARDING_CHILDREN', 'CRIMINAL.ALLEGATION'],
  ['Work and Pensions has no duty about young people', 'ESA2008_S13', 'GOV_DWP', 'LBC_CAMDEN', 'NEET', 'IDENTITY.NAME'],
  ['Work and Pensions gives no work history of young people', 'ESA2008_S15', 'GOV_DWP', 'LBC_CAMDEN', 'NEET', 'EMPLOYMENT.DETAILS'],
  ['no common law power serves immigration control', 'POLICE_COMMON_LAW', 'MPS', 'GOV_HOME_OFFICE', 'IMMIGRATION_CONTROL', 'IDENTITY.NAME'],
]

// biome-ignore format: a table, one sentence to a row
const CARRIED: readonly Row[] = [
  ['a borough tells a housing association of anti-social behaviour', 'CDA1998_S115', 'LBC_CAMDEN', 'HA_BARNET_HOMES', 'COMMUNITY_SAFETY.ASB', 'IDENTITY.NAME CRIMINAL.ALLEGATION'],
  ['the police tell a housing association of a victim of domestic abuse', 'CDA1998_S115', 'MPS', 'HA_BARNET_HOMES', 'DOMESTIC_ABUSE.MARAC', 'CRIMINAL.VICTIMISATION'],
  ['a borough tells the fire brigade', 'CDA1998_S115', 'LBC_CAMDEN', 'LFC', 'COMMUNITY_SAFETY', 'IDENTITY.NAME'],
  ['an NHS trust may tell the police under section 115', 'CDA1998_S115', 'NHS_ROYAL_FREE', 'MPS', 'SERIOUS_VIOLENCE', 'HEALTH.DIAGNOSIS'],
  ['section 115 runs to NHS England', 'CDA1998_S115', 'LBC_CAMDEN', 'NHS_ENGLAND', 'COMMUNITY_SAFETY', 'IDENTITY.NAME'],
  ['a school gives special educational needs to the borough', 'CFA2014_S28_31', 'SCH_BARNET', 'LBC_BARNET', 'SEND', 'IDENTITY.NAME EDUCATION.SEND'],
  ['the borough gives them back to the school', 'CFA2014_S28_31', 'LBC_BARNET', 'SCH_BARNET', 'SEND', 'IDENTITY.NAME EDUCATION.SEND'],
  ['boroughs exchange applications for school places', 'SA2012_COORD', 'LBC_CAMDEN', 'LBC_HACKNEY', 'EDUCATION_ADMISSIONS', 'IDENTITY.NAME EDUCATION.ADMISSION_PREFERENCES'],
  ['a doctor notifies a disease', 'HPN2010', 'GP_BARNET', 'LBC_BARNET', 'PUBLIC_HEALTH', 'HEALTH.DIAGNOSIS'],
  ['trading standards tell the police', 'EA2002_P9', 'LBC_CAMDEN', 'MPS', 'CRIME_INVESTIGATION', 'CRIMINAL.ALLEGATION'],
  ['a school is specified for multiple disadvantages', 'DEA2017_S35', 'SCH_BARNET', 'LBC_BARNET', 'SUPPORTING_FAMILIES', 'EDUCATION.ATTENDANCE'],
  ['a charity provides the service for a specified authority', 'DEA2017_S35', 'LBC_CAMDEN', 'VCS_SOLACE', 'SUPPORTING_FAMILIES', 'IDENTITY.NAME'],
  ['the Greater London Authority is specified', 'DEA2017_S35_GLA', 'LBC_CAMDEN', 'GLA', 'SUPPORTING_FAMILIES', 'IDENTITY.NAME'],
  ['a school is a relevant partner', 'CA2004_S10', 'SCH_BARNET', 'LBC_BARNET', 'SAFEGUARDING_CHILDREN', 'SOCIAL_CARE.CHILD_CONCERN'],
  ['a college is one, for young people out of work', 'CA2004_S10', 'COL_BARNET_SOUTHGATE', 'LBC_BARNET', 'NEET', 'EDUCATION.ATTENDANCE'],
  ['Jobcentre Plus is one', 'CA2004_S10_DWP', 'GOV_DWP', 'LBC_BARNET', 'SUPPORTING_FAMILIES', 'EMPLOYMENT.DETAILS'],
  ['an NHS trust must supply data for matching', 'LAAA2014_SCH9_P2', 'NHS_ROYAL_FREE', 'GOV_CABINET_OFFICE', 'FRAUD.DATA_MATCHING', 'FINANCE.PAYROLL'],
  ['a borough tells a housing association of housing benefit', 'WRA2012_S131', 'LBC_CAMDEN', 'HA_BARNET_HOMES', 'HOUSING_MANAGEMENT', 'FINANCE.HOUSING_BENEFIT'],
  ['boroughs use welfare data for homelessness', 'WRA2012_S131', 'LBC_CAMDEN', 'LBC_HACKNEY', 'HOMELESSNESS', 'FINANCE.HOUSING_BENEFIT'],
  ['care partners co-operate beyond safeguarding', 'CARE2014_S6', 'NHS_ROYAL_FREE', 'LBC_CAMDEN', 'DIRECT_CARE', 'HEALTH.DIAGNOSIS'],
  ['and about rough sleeping', 'CARE2014_S7', 'MPS', 'LBC_CAMDEN', 'HOMELESSNESS.ROUGH_SLEEPING', 'IDENTITY.NAME'],
  ['another authority helps with a looked-after child', 'CA1989_S27', 'LBC_HACKNEY', 'LBC_CAMDEN', 'CHILD_PLACEMENT', 'SOCIAL_CARE.LEGAL_STATUS'],
  ['the provider of electronic monitoring has a duty under MAPPA', 'CJA2003_S325', 'CO_YOUR_CHOICE_BARNET', 'MPS', 'OFFENDER_MANAGEMENT.MAPPA', 'CRIMINAL.CONVICTION'],
  ['an associate is told', 'CJA2003_S325_ASSOCIATES', 'PROBATION_LONDON', 'VCS_SOLACE', 'OFFENDER_MANAGEMENT.MAPPA', 'CRIMINAL.CONVICTION'],
  ['a borough tells the police of exploitation', 'CDA1998_S115', 'LBC_CAMDEN', 'MPS', 'MODERN_SLAVERY', 'CRIMINAL.VICTIMISATION'],
  ['boroughs tell each other of tenancy fraud', 'CDA1998_S115', 'LBC_CAMDEN', 'LBC_HACKNEY', 'FRAUD.TENANCY', 'HOUSING.TENANCY'],
  ['a school may answer the Home Secretary', 'IAA1999_S20', 'SCH_BARNET', 'GOV_HOME_OFFICE', 'IMMIGRATION_CONTROL', 'IDENTITY.NAME'],
  ['the Greater London Authority is the tier 1 authority', 'DAA2021_S57_58', 'GLA', 'LBC_CAMDEN', 'DOMESTIC_ABUSE.SAFE_ACCOMMODATION', 'IDENTITY.NAME'],
  ['the authority tells a school of its enquiry', 'CA1989_S47', 'LBC_CAMDEN', 'SCH_BARNET', 'SAFEGUARDING_CHILDREN', 'SOCIAL_CARE.CHILD_CONCERN'],
  ['an NHS trust helps the enquiry', 'CA1989_S47_9', 'NHS_ROYAL_FREE', 'LBC_CAMDEN', 'SAFEGUARDING_CHILDREN', 'HEALTH.DIAGNOSIS'],
  ['a borough tells that of another area about a young person', 'ESA2008_S13', 'LBC_RICHMOND', 'LBC_WANDSWORTH', 'NEET', 'EDUCATION.ATTENDANCE'],
]

t.test('what the law forbids is refused', async (t) => {
  for (const row of REFUSED) t.match(ask(row[1], question(row)), { decision: 'DENY', reasons: ['GATEWAY_NOT_AVAILABLE'] }, row[0])
})

t.test('what the law allows is carried', async (t) => {
  for (const row of CARRIED) t.match(ask(row[1], question(row)), { decision: 'PERMIT', gateways: [row[1]] }, row[0])
})

t.test('a power is no duty, and what a body must do is told from what it may do', async (t) => {
  for (const code of ['IAA1999_S20', 'IAA1999_S20_DEPARTMENTS', 'ESA2008_S15', 'ESA2008_S16_17']) t.equal(law(code).kind, 'POWER', code)
  for (const code of ['CTAE1992_R4', 'PSHFA2013', 'ESA2008_S14', 'CA1989_S47_9', 'IAA1999_S20A'])
    t.equal(law(code).kind, 'DUTY_ON_REQUEST', code)
  for (const code of ['ESA2008_S13', 'NIAA2002_SCH3_P14']) t.equal(law(code).kind, 'DUTY', code)
})

t.test('confidence is lifted where the Act lifts it, and not where it does not', async (t) => {
  for (const code of ['PCSC2022_S16', 'PCSC2022_S17', 'LAAA2014_SCH9_P3', 'SCA2007_S68']) t.ok(law(code).disappliesConfidence, code)
  for (const code of ['LAAA2014_SCH9_P2', 'CDA1998_S115', 'CA2004_S10', 'CA2004_S11', 'CARE2014_S45', 'WRA2012_S131'])
    t.notOk(law(code).disappliesConfidence, code)
})

t.test('the civil registration and research powers ask for their codes of practice', async (t) => {
  for (const code of ['DEA2017_S46', 'DEA2017_S64']) t.ok(law(code).requiresCodeOfPractice, code)
})

t.test('the adequacy of South Korea is limited to its scope, which is to be confirmed', async (t) => {
  t.equal(codes.adequacy('KR', '2026-11-30'), 'PARTIAL')
  t.equal(codes.adequacy('KR', '2022-12-18'), null)
})

t.test('the entries say what no list can hold: who may not use an exemption, what an objection does, whose arrangements', async (t) => {
  const entry = (list: string, code: string) => lists.find((one) => one.list === list)?.entries.find((one) => one.code === code)
  for (const list of ['EXEMPTION', 'PRIVACY_INFORMATION_EXEMPTION'])
    t.match(entry(list, 'SCH2_4')?.attributes['note'], /Only the Secretary of State.*never open to a borough/, list)
  t.match(entry('GATEWAY', 'HSCA2012_S251B')?.attributes['limits'], /children's services of a borough are neither.*must honour objections/)
  t.match(entry('GATEWAY', 'CA2004_S16LA')?.attributes['limits'], /universities are none.*whose reference is to be recorded/)
})
