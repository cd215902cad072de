import t from 'tap'
import type { Role } from '../../../src/identity/permissions.ts'
import { isPermission, isRole, PERMISSIONS, type Permission, permits, ROLES } from '../../../src/identity/permissions.ts'
import {
  isSamePerson,
  isService,
  servicePrincipal,
  type TokenClaims,
  toPrincipal,
  withRecordedRoles,
} from '../../../src/identity/principal.ts'

const ISSUER = 'https://login.example'

t.test('a person is a subject of an issuer with roles of people, for one organisation', async (t) => {
  t.strictSame(toPrincipal({ iss: ISSUER, sub: 'p-1', org: 'LBC_CAMDEN', roles: ['IG_OFFICER', 'DPO'] }, true), {
    ...{ issuer: ISSUER, sub: 'p-1', org: 'LBC_CAMDEN' },
    clientId: null,
    roles: ['IG_OFFICER', 'DPO'],
  })
})

t.test('a machine is a client with the one role of machines, whoever says which roles people have', async (t) => {
  for (const isAuthoritative of [true, false]) {
    t.strictSame(toPrincipal({ iss: ISSUER, sub: 'c-1', org: 'MPS', roles: ['API_CLIENT'], client_id: 'records' }, isAuthoritative), {
      ...{ issuer: ISSUER, sub: 'c-1', org: 'MPS' },
      clientId: 'records',
      roles: ['API_CLIENT'],
    })
    t.equal(toPrincipal({ iss: ISSUER, sub: 'c-1', org: 'MPS', client_id: 'records' }, isAuthoritative), null)
  }
})

t.test('of an issuer that is not authoritative no role of a person counts, whatever it claims', async (t) => {
  for (const roles of [['SIRO'], ['SUPERUSER'], ['API_CLIENT'], [], undefined])
    t.strictSame(toPrincipal({ iss: ISSUER, sub: 'p-1', org: 'LBC_CAMDEN', roles }, false)?.roles, [])
})

t.test('a role that is recorded counts besides those that are claimed, each once', async (t) => {
  const person = { issuer: ISSUER, sub: 'p-1', org: 'LBC_CAMDEN', roles: ['DPO'], clientId: null } as const
  t.strictSame(withRecordedRoles(person, []).roles, ['DPO'])
  t.strictSame(withRecordedRoles(person, ['DPO', 'LEGAL']).roles, ['DPO', 'LEGAL'])
})

t.test('of a claimed role and a recorded one that nobody holds together neither counts', async (t) => {
  const cases: readonly (readonly [claimed: readonly Role[], recorded: readonly Role[], counts: readonly Role[]])[] = [
    [['DPO'], ['SIGNATORY'], []],
    [['LEGAL', 'IAO'], ['DPO'], ['LEGAL']],
    [['SIRO'], ['CALDICOTT_GUARDIAN', 'IG_OFFICER'], ['IG_OFFICER']],
    [['REGISTER_ADMIN'], ['LEGAL', 'INFOSEC'], []],
    [['DPO', 'SIRO'], [], ['DPO', 'SIRO']],
    [['DPO', 'SIRO'], ['DPO'], []],
    [['SIRO'], ['SIGNATORY'], ['SIRO', 'SIGNATORY']],
  ]
  for (const [roles, recorded, counts] of cases)
    t.strictSame(withRecordedRoles({ issuer: ISSUER, sub: 'p-1', org: 'LBC_CAMDEN', roles, clientId: null }, recorded).roles, counts)
})

t.test('a person is the same subject of the same issuer', async (t) => {
  t.ok(isSamePerson({ issuer: ISSUER, sub: 'p-1' }, { issuer: ISSUER, sub: 'p-1' }))
  t.notOk(isSamePerson({ issuer: ISSUER, sub: 'p-1' }, { issuer: ISSUER, sub: 'p-2' }))
  t.notOk(isSamePerson({ issuer: ISSUER, sub: 'p-1' }, { issuer: 'https://other.example', sub: 'p-1' }))
})

t.test('claims that make no principal', async (t) => {
  const person = { iss: ISSUER, sub: 'p-1', org: 'LBC_CAMDEN', roles: ['IG_OFFICER'] }
  const none: Readonly<Record<string, TokenClaims>> = {
    'no issuer': { ...person, iss: undefined },
    'no subject': { ...person, sub: undefined },
    'an empty subject': { ...person, sub: '' },
    'a subject that is a number': { ...person, sub: 7 },
    'no organisation': { ...person, org: undefined },
    'an empty organisation': { ...person, org: '' },
    'two organisations': { ...person, org: ['LBC_CAMDEN', 'MPS'] },
    'roles as one text': { ...person, roles: 'IG_OFFICER' },
    'a role that is not in the table': { ...person, roles: ['IG_OFFICER', 'SUPERUSER'] },
    'a role in small letters': { ...person, roles: ['ig_officer'] },
    'a role that is a number': { ...person, roles: [1] },
    'a person with the role of machines': { ...person, roles: ['API_CLIENT'] },
    'a machine with a role of people': { ...person, client_id: 'c' },
    'a machine with both': { ...person, roles: ['API_CLIENT', 'IG_OFFICER'], client_id: 'c' },
    'a machine with a name too long to be revoked': { ...person, roles: ['API_CLIENT'], client_id: 'c'.repeat(201) },
    'a machine without a name': { ...person, roles: ['API_CLIENT'], client_id: '' },
    'a client that is null': { ...person, client_id: null },
  }
  for (const [what, claims] of Object.entries(none)) t.equal(toPrincipal(claims, true), null, what)
})

t.test('what is not in the table is refused, for every role', async (t) => {
  for (const role of ROLES) {
    for (const permission of Object.keys(PERMISSIONS) as Permission[]) {
      t.equal(permits([role], permission), (PERMISSIONS[permission] as readonly string[]).includes(role), `${role} ${permission}`)
    }
  }
  t.notOk(permits([], 'reference:read'), 'no role, no permission')
  t.notOk(isPermission('decision:everything'))
  t.notOk(isPermission('toString'), 'nor what every object has')
  t.notOk(isRole('constructor'))
})

t.test('duties that one person must not hold together are on different roles', async (t) => {
  const carriers = (permission: Permission): readonly string[] => PERMISSIONS[permission]
  t.strictSame(carriers('emergency:invoke'), ['DUTY_MANAGER'], 'only a duty manager breaks the glass')
  t.notOk(carriers('decision:evaluate').includes('AUDITOR'), 'an auditor looks and does not share')
  t.notOk(carriers('agreement:sign').includes('API_CLIENT'), 'no machine signs')
  t.notOk(
    carriers('agreement:draft').some((role) => carriers('agreement:sign').includes(role)),
    'who drafts does not sign',
  )
})

t.test('what the issuer says of how it knew a person is kept, as far as it is in order; of a machine nothing is', async (t) => {
  const claims = { iss: ISSUER, sub: 'p-1', org: 'LBC_CAMDEN', roles: ['SIGNATORY'] }
  const known = (proof: Partial<TokenClaims>) => toPrincipal({ ...claims, ...proof }, true)?.authentication
  t.strictSame(known({ auth_time: 1_795_176_000, acr: 'urn:level:2', amr: ['pwd', 'otp'] }), {
    ...{ at: '2026-11-20T12:00:00.000Z', level: 'urn:level:2', methods: ['pwd', 'otp'] },
  })
  t.strictSame(known({ amr: ['pwd', 7, ''] }), { at: null, level: null, methods: ['pwd'] })
  t.equal(known({}), undefined)
  t.equal(known({ acr: 'x'.repeat(201) }), undefined, 'longer than anything an issuer means')
  const machine = { iss: ISSUER, sub: 'c-1', org: 'MPS', roles: ['API_CLIENT'], client_id: 'records', auth_time: 1 }
  t.equal(toPrincipal(machine, true)?.authentication, undefined)
})

t.test('nobody who holds a role is the service itself, whatever their issuer is called', async (t) => {
  const service = servicePrincipal('LBC_CAMDEN')
  t.ok(isService(service))
  t.notOk(isService({ ...service, roles: ['IG_OFFICER'] }))
  t.notOk(isService({ ...service, sub: 'somebody' }))
  t.notOk(isService({ ...service, issuer: 'https://issuer.example' }))
})
