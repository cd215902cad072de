import t from 'tap'
import type { CodeListEntry } from '../../src/reference/code-list.ts'
import { renewEdition } from '../../src/register-edition.ts'
import { SHARE } from '../support/demo-share.ts'
import { demoContent, testService } from '../support/service.ts'

// A register that was filled by an earlier release takes the edition of the code lists that this one ships.

const shipped = demoContent()
const before = (entry: CodeListEntry): CodeListEntry[] => {
  // In the edition before, homelessness functions reached housing associations, and nobody knew the power of section 198.
  if (entry.code === 'HA1996_S198') return []
  if (entry.code !== 'HA1996_PART7') return [entry]
  return [{ ...entry, attributes: { ...entry.attributes, recipient_types: ['LONDON_BOROUGH', 'HOUSING_ASSOCIATION'] } }]
}
const earlier = {
  ...shipped,
  lists: shipped.lists.map((list) => ({
    ...list,
    edition: '2026-11-22',
    entries: list.list === 'GATEWAY' ? list.entries.flatMap(before) : list.entries,
  })),
  organisations: shipped.organisations
    .filter(({ code }) => code !== 'REG_CQC')
    .map((organisation) => (organisation.code === 'LONDON_COUNCILS' ? { ...organisation, type: 'GLA_FAMILY' } : organisation)),
}
const withHousing = { ...SHARE, recipient: 'HA_BARNET_HOMES' }

t.test('a newer edition is taken once, and what was decided on the one before is replayed on it', async (t) => {
  const [curl] = earlier.agreements.filter(({ agreement }) => agreement.id === 'DEMO-CURL')
  if (!curl) throw new Error('no DEMO-CURL')
  // The agreement of the first commands, with a housing association as another recipient.
  const reaching = structuredClone(curl.agreement) as unknown as {
    id: string
    parties: object[]
    signatures: { org: string }[]
    versions: { terms: { flows: { recipients: string[] }[] } }[]
  }
  reaching.parties.push({ org: 'HA_BARNET_HOMES', role: 'CONTROLLER', capacities: [], left_at: null })
  reaching.signatures.push(...reaching.signatures.slice(0, 1).map((signature) => ({ ...signature, org: 'HA_BARNET_HOMES' })))
  for (const { terms } of reaching.versions) for (const flow of terms.flows) flow.recipients.push('HA_BARNET_HOMES')
  const others = earlier.agreements.filter((one) => one !== curl)
  const register = { ...earlier, agreements: [...others, { ...curl, agreement: reaching as never }] }

  const service = await testService(t, { register })
  const { app } = service
  const headers = await service.as({ org: 'LBC_CAMDEN' })
  const post = async (url: string, payload: object) => (await service.inject({ method: 'POST', url, headers, payload })).json()
  const get = async (url: string) => (await service.inject({ method: 'GET', url, headers })).json()
  const gateways = async (): Promise<string[]> => (await get('/v1/reference/GATEWAY')).entries.map(({ code }: { code: string }) => code)

  const permit = await post('/v1/decisions', withHousing)
  t.match(permit, { decision: 'PERMIT', code_list_version: '2026-11-22.1' })
  t.notOk((await gateways()).includes('HA1996_S198'))
  const revision = app.services.policy.current().revision

  await Promise.all([renewEdition(shipped, app.services), renewEdition(shipped, app.services)])
  t.equal(app.services.policy.current().revision, revision + 1, 'of two services that start at once one renews it')

  const deny = await post('/v1/decisions', withHousing)
  t.match(deny, { decision: 'DENY', reasons: [{ code: 'GATEWAY_NOT_AVAILABLE' }], code_list_version: `${shipped.lists[0]?.edition}.2` })
  t.ok((await gateways()).includes('HA1996_S198'), 'the list shows the edition in use')
  for (const recorded of [permit, deny]) {
    const replayed = await get(`/v1/decisions/${recorded.decision_id}/replay`)
    t.match(replayed, { same: true, differences: [], replayed: { decision: recorded.decision } }, recorded.code_list_version)
  }
  t.equal((await get('/v1/organisations/REG_CQC')).code, 'REG_CQC', 'a body that was missing is there')
  t.equal((await get('/v1/organisations/LONDON_COUNCILS')).type, 'JOINT_COMMITTEE', 'a type that was wrong is right')

  await renewEdition(earlier, app.services)
  t.equal(app.services.policy.current().revision, revision + 1, 'an older release takes nothing back')
  t.equal((await get('/v1/organisations/LONDON_COUNCILS')).type, 'JOINT_COMMITTEE')
})
