/**
 * The partners of a safeguarding hub as its register names them: made-up bodies of the kinds that such a hub has, with the
 * numbers such bodies have, none of them issued to anybody.
 */
export interface HubPartner {
  readonly legal_name: string
  readonly short_name?: string
  readonly type: string
  readonly aliases?: readonly string[]
  readonly departments?: readonly string[]
  readonly numbers: Readonly<Record<string, string>>
  /** Other ways in which people write its name or its numbers, and mean it. */
  readonly written: readonly string[]
}

export const HUB_PARTNERS: readonly HubPartner[] = [
  {
    legal_name: 'Saint Agnes Primary School',
    type: 'SCHOOL',
    numbers: { ods: 'EE100901' },
    written: ['St. Agnes Primary School', 'ST AGNES PRIMARY SCHOOL'],
  },
  {
    legal_name: 'Fennmoor Academies Trust Limited',
    type: 'ACADEMY_TRUST',
    numbers: { company_number: '7990001' },
    written: ['Fennmoor Academies Trust Ltd', 'company no. 07990001'],
  },
  {
    legal_name: 'Nettlefold School for Girls',
    type: 'SCHOOL',
    numbers: { ico_registration_no: 'Z9900001' },
    written: ['The Nettlefold School for Girls'],
  },
  { legal_name: 'Marsh Lane College', type: 'FE_HE', numbers: { ico_registration_no: 'ZA990002' }, written: ['marsh-lane college'] },
  {
    legal_name: 'The Brookfield Practice',
    type: 'GP_PRACTICE',
    aliases: ['Brookfield Surgery'],
    numbers: { ods: 'F99001' },
    written: ['Brookfield Practice', 'brookfield surgery', 'ODS f99001'],
  },
  {
    legal_name: "Queen's Yard Medical Centre",
    type: 'GP_PRACTICE',
    numbers: { ods: 'F99002' },
    written: ['Queen’s Yard Medical Centre', 'Queens Yard Medical Centre'],
  },
  { legal_name: 'Hollybush & Vale Surgeries', type: 'GP_PRACTICE', numbers: { ods: 'Y99003' }, written: ['Hollybush and Vale Surgeries'] },
  {
    legal_name: 'Lee Valley Hospitals NHS Foundation Trust',
    short_name: 'Lee Valley Hospitals',
    type: 'NHS_TRUST',
    numbers: { ods: 'R9Z' },
    written: ['Lee Valley Hospitals NHS FT', 'lee valley hospitals'],
  },
  {
    legal_name: 'Tidal Mental Health NHS Trust',
    type: 'NHS_TRUST',
    aliases: ['TMHT'],
    departments: ['CAMHS Tidal'],
    numbers: { ods: 'T9Y' },
    written: ['tmht', 'Tidal Mental Health NHS Trust (TMHT)', 'CAMHS Tidal'],
  },
  {
    legal_name: 'Wharf Community Health Services CIC',
    type: 'PRIVATE_COMPANY',
    numbers: { company_number: '09900004' },
    written: ['Wharf Community Health Services Community Interest Company', 'Company 9900004'],
  },
  {
    legal_name: 'Rivermouth Housing Association Limited',
    type: 'HOUSING_ASSOCIATION',
    numbers: { company_number: 'IP19999R' },
    written: ['Rivermouth Housing Association Ltd.', 'ip19999r'],
  },
  {
    legal_name: 'Cobbler’s Gate Homes',
    type: 'HOUSING_ASSOCIATION',
    numbers: { company_number: 'RS009999' },
    written: ["Cobbler's Gate Homes", 'COBBLERS GATE HOMES'],
  },
  {
    legal_name: 'Lantern Street Refuge',
    type: 'CHARITY',
    numbers: { charity_number: '9990005' },
    written: ['lantern street refuge', 'charity no 9990005'],
  },
  {
    legal_name: 'Café Solidarité',
    type: 'CHARITY',
    numbers: { charity_number: '999006-1' },
    written: ['Cafe Solidarite', 'CAFÉ SOLIDARITÉ'.normalize('NFD')],
  },
  {
    legal_name: 'Pathways from Harm',
    type: 'CHARITY',
    numbers: { charity_number: 'SC099007', company_number: 'SC999007' },
    written: ['PATHWAYS FROM HARM', 'SC 099007'],
  },
  {
    legal_name: 'Victims’ Voice London',
    type: 'CHARITY',
    aliases: ['VVL'],
    numbers: { charity_number: '9990008' },
    written: ["Victims' Voice London (VVL)"],
  },
  { legal_name: 'Young Carers of the Lea', type: 'CHARITY', numbers: { charity_number: 'NIC 999009' }, written: ['Young Carers of Lea'] },
  {
    legal_name: 'Northside Probation Delivery Unit',
    type: 'PROBATION',
    numbers: { ico_registration_no: 'ZB990010' },
    written: ['northside probation delivery unit', 'ICO registration zb 990010'],
  },
  {
    legal_name: 'Northside Fire and Rescue Authority',
    type: 'FIRE_AUTHORITY',
    numbers: { gss: 'E31990011' },
    written: ['Northside Fire & Rescue Authority', 'E31990011'],
  },
  { legal_name: 'Riverside Youth Custody Centre', type: 'PRISON', numbers: { ods: 'YCC99' }, written: ['riverside youth custody centre'] },
  {
    legal_name: 'Borough Council of Eastmarsh',
    type: 'OTHER_LOCAL_AUTHORITY',
    departments: ['Children’s Services', 'Housing'],
    numbers: { gss: 'E07990012' },
    written: ['Eastmarsh Council', 'Eastmarsh Borough Council', "Children's Services, Eastmarsh", 'Eastmarsh Council Housing'],
  },
  {
    legal_name: 'SafeCase Systems Limited',
    type: 'PROCESSOR_ONLY',
    numbers: { company_number: '09990013', ico_registration_no: 'ZC990013' },
    written: ['SafeCase Systems Ltd'],
  },
]
