/** The share that the demo agreement DEMO-CURL permits on any date: Camden tells Hackney of a placement. */
export const SHARE = {
  provider: 'LBC_CAMDEN',
  recipient: 'LBC_HACKNEY',
  purpose: 'HOMELESSNESS.PLACEMENT_NOTIFICATION',
  data_items: ['IDENTITY.NAME'],
  data_subjects: ['HOMELESS_APPLICANT'],
  method: 'API_MTLS',
  country: 'GB',
  mode: 'SYSTEMATIC',
} as const

/** One item more, which that agreement does not cover. */
export const DENIED_SHARE = { ...SHARE, data_items: ['IDENTITY.NAME', 'HEALTH.DIAGNOSIS'] } as const
