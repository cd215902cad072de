import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseIssuers } from '../../../src/identity/issuers-file.service.ts'

const TENANT = '11111111-2222-4333-8444-555555555555'
const ENTRA = {
  issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
  audience: 'api-client',
  tokens: 'ENTRA',
  tenant: TENANT,
  organisation: 'LBC_CAMDEN',
}
const SIGN_IN = { key: 'camden', name: 'Camden', client_id: 'pages-client', client_secret_file: '/run/secrets/camden' }

const read = (...issuers: readonly object[]) => parseIssuers(JSON.stringify({ issuers }))
const faultsOf = (...issuers: readonly object[]) => {
  const parsed = read(...issuers)
  return parsed.ok ? [] : parsed.refusal.map(({ message }) => message.replace('issuers[0] ', ''))
}

t.test('a tenant is read as it is written', async (t) => {
  const roles = { claim: 'groups', codes: { 'a-group': 'DPO' } }
  t.strictSame(read({ ...ENTRA, authoritative: true, roles, sign_in: SIGN_IN }), {
    ok: true,
    value: [
      {
        ...{ issuer: ENTRA.issuer, audience: ['api-client'], keys: 'DISCOVERED', isAuthoritative: true },
        entra: { tenant: TENANT, organisation: 'LBC_CAMDEN' },
        rolesBy: { claim: 'groups', codes: new Map([['a-group', 'DPO']]) },
        signIn: { key: 'camden', name: 'Camden', clientId: 'pages-client', clientSecretFile: '/run/secrets/camden' },
      },
    ],
  })
})

t.test('an issuer of one organisation says of which', async (t) => {
  const one = { issuer: 'https://login.example', audience: 'api', organisation: 'LBC_CAMDEN' }
  t.match(read(one), { ok: true, value: [{ organisation: 'LBC_CAMDEN', isAuthoritative: false }] })
  t.match(faultsOf({ ...one, organisation: 'Camden' }), [/^\.organisation must be the code/])
  t.match(faultsOf({ ...one, tenant: TENANT }), [/^\.tenant is for tokens of ENTRA/])
})

t.test('each fault is named with its place', async (t) => {
  const cases: readonly (readonly [over: object, message: RegExp])[] = [
    [{ issuer: 'http://login.example' }, /^\.issuer must be an https/],
    [{ issuer: 'https://login.example/another/v2.0' }, /^\.issuer must be that of the tenant/],
    [{ audience: [] }, /^\.audience/],
    [{ jwks: 'file:///keys' }, /^\.jwks/],
    [{ tokens: 'OTHER' }, /^\.tokens/],
    [{ tenant: 'camden.gov.uk' }, /^\.tenant/],
    [{ organisation: 'Camden' }, /^\.organisation/],
    [{ authoritative: 'yes' }, /^\.authoritative/],
    [{ authoritative: true }, /^\.roles must say/],
    [{ roles: { claim: 'groups', codes: { x: 'DPO' } } }, /^\.roles needs/],
    [{ authoritative: true, roles: { claim: 'groups', codes: { x: 'API_CLIENT' } } }, /^\.roles\.codes\.x/],
    [{ authoritative: true, roles: { claim: 'groups', codes: { x: 'ADMIN' } } }, /^\.roles\.codes\.x/],
    [{ sign_in: { ...SIGN_IN, key: 'Camden!' } }, /^\.sign_in\.key/],
    [{ sign_in: { ...SIGN_IN, client_id: '' } }, /^\.sign_in must have/],
    [{ sign_in: { ...SIGN_IN, client_id: 'api-client' } }, /^\.sign_in\.client_id must not be the audience/],
    [{ autoritative: true }, /no member autoritative/],
  ]
  for (const [over, message] of cases) {
    const found = faultsOf({ ...ENTRA, ...over })
    t.ok(
      found.some((one) => message.test(one)),
      `${JSON.stringify(over)}: ${found.join('; ')}`,
    )
  }
  t.match(faultsOf(ENTRA, ENTRA), [/one issuer twice/])
  for (const text of ['', '[]', '{}', '{"issuers":[]}', '{"issuers":1}', 'null', '{"issuers":[],"issuers":[]}'])
    t.notOk(parseIssuers(text).ok, text)
})

t.test('the example of the documentation is a configuration', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/identity.md'), 'utf8')
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? []
  const parsed = parseIssuers(example)
  t.ok(parsed.ok, JSON.stringify(parsed))
})
