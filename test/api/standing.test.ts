import t from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import { agreementDesk, inForce } from '../support/agreement-desk.ts'

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const ISLINGTON = 'LBC_ISLINGTON'
const BARNET = 'LBC_BARNET'
const BRENT = 'LBC_BRENT'
const ANY = { 'if-match': '*' }
const TEXT = { reason: 'Because' }
const STATEMENT = {
  ...{ org: BARNET, version: 1, version_hash: 'a'.repeat(64), signatory: { name: 'A', post: 'B' }, signed_on: '2026-11-22' },
  ...{ way: 'PAPER', approved_elsewhere: true, evidence: ['0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'] },
}
const UNKNOWN = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'

t.test('who may do what: every standing and every act, over the API', async (t) => {
  const desk = await agreementDesk(t)
  const invitation = { org: 'LBC_EALING', role: 'CONTROLLER' }
  const acts: Readonly<Record<string, readonly [Role, 'GET' | 'POST' | 'DELETE' | 'PUT', string, unknown?]>> = {
    read: ['IG_OFFICER', 'GET', ''],
    read_version: ['IG_OFFICER', 'GET', '/versions/1'],
    read_draft: ['IG_OFFICER', 'GET', '/versions/2'],
    edit: ['IG_OFFICER', 'PUT', '/draft/commencement', { rule: 'PAIRWISE' }],
    amend: ['IG_OFFICER', 'POST', '/amendments', TEXT],
    abandon: ['IG_OFFICER', 'DELETE', '/draft'],
    invite: ['IG_OFFICER', 'POST', '/accessions', invitation],
    uninvite: ['IG_OFFICER', 'POST', `/accessions/${BRENT}/revocation`, TEXT],
    review: ['IG_OFFICER', 'POST', '/renewal', { kind: 'REVIEW_CONFIRMED', ...TEXT }],
    withdraw_draft: ['IG_OFFICER', 'POST', '/withdrawal-of-draft', TEXT],
    suspend: ['SIRO', 'POST', '/suspensions', { scope: 'AGREEMENT', ...TEXT }],
    lift: ['SIRO', 'POST', '/suspensions/SID/lift', TEXT],
    terminate: ['SIRO', 'POST', '/termination', { ...TEXT, at: '2027-01-01T00:00:00Z' }],
    go_on: ['SIRO', 'POST', '/termination/revocation', TEXT],
    reject: ['SIRO', 'POST', '/rejection', TEXT],
    stay: ['SIRO', 'POST', '/withdrawals/revocation', TEXT],
    hand_over: ['IG_OFFICER', 'POST', '/keeper', { org: HACKNEY, ...TEXT }],
    dispose: ['IG_OFFICER', 'POST', '/disposals', { how: 'DELETED', what: 'All', on: '2026-11-22', done_by: 'Housing' }],
    attach: ['IG_OFFICER', 'POST', '/evidence', { files: [UNKNOWN] }],
    attest: ['IG_OFFICER', 'POST', `/signature-statements/${UNKNOWN}/attestation`],
    state: ['IG_OFFICER', 'POST', '/signature-statements', STATEMENT],
    leave: ['SIRO', 'POST', '/withdrawals', TEXT],
  }
  // Each cell is what the table answers; where the table lets an act pass and its own rules refuse, their refusal.
  // biome-ignore format: a table, one standing to a row
  const expected: Readonly<Record<string, readonly number[]>> = {
    //           read ver draft edit amend aband invite uninv review wdraft susp lift term go_on reject stay hand disp attach attest state leave
    [BRENT]:     [200, 200, 200, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 200, 409, 403, 403, 422, 404, 422, 201],
    [HACKNEY]:   [200, 200, 200, 403, 403, 403, 403, 403, 403, 403, 201, 200, 403, 409, 409, 409, 403, 409, 422, 404, 422, 201],
    [ISLINGTON]: [200, 200, 404, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 201, 403, 404, 403, 403],
    LBC_HARROW:  [200, 200, 404, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 404, 403, 403],
    [BARNET]:    [404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404],
    LBC_SUTTON:  [404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404],
    [CAMDEN]:    [200, 200, 200, 200, 409, 200, 201, 200, 200, 409, 201, 200, 200, 200, 409, 409, 200, 409, 422, 404, 422, 201],
  }
  const ready: string[] = []
  for (let i = 0; i < 5; i += 1) {
    const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY, ISLINGTON, 'LBC_HARROW', 'LBC_ENFIELD'] })
    ready.push(id)
  }
  desk.at('2026-11-22T12:01:00.000Z')
  for (const id of ready) await desk.call({ org: ISLINGTON, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/withdrawals`, TEXT)
  const succession = { successor: BARNET, reason: 'Reorganisation' }
  const admin = { org: 'LBC_SUTTON', role: 'REGISTER_ADMIN' } as const
  t.equal((await desk.call(admin, 'POST', '/v1/organisations/LBC_HARROW/succession', succession)).status, 201)
  desk.at('2026-11-22T12:02:00.000Z')
  const suspensions = new Map<string, string>()
  for (const id of ready) {
    const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
    await desk.call(officer, 'POST', `/v1/agreements/${id}/accessions`, { org: BRENT, role: 'CONTROLLER' })
    await desk.call(officer, 'POST', `/v1/agreements/${id}/amendments`, TEXT, ANY)
    const stopped = await desk.call({ org: HACKNEY, role: 'DPO' }, 'POST', `/v1/agreements/${id}/suspensions`, {
      scope: 'AGREEMENT',
      ...TEXT,
    })
    suspensions.set(id, stopped.body.suspension.id)
  }
  desk.at('2026-11-22T12:03:00.000Z')
  let next = 0
  let cells = 0
  for (const [org, row] of Object.entries(expected)) {
    // Reads and refusals leave an agreement as it was; what is allowed is tried on one that nobody uses afterwards.
    let id = ready[next % ready.length] as string
    for (const [index, [act, [role, method, path, body]]] of Object.entries(acts).entries()) {
      const call = () => {
        const full = `/v1/agreements/${id}${path.replace('SID', suspensions.get(id) ?? '')}`
        return desk.call({ org, role }, method, full, body, method === 'GET' ? {} : ANY)
      }
      const reply = await call()
      t.equal(reply.status, row[index], `${org} ${act}: ${reply.status} ${reply.body.detail ?? ''}`)
      cells += 1
      if (act !== 'reject' || reply.status !== 200) continue
      next += 1
      id = ready[next % ready.length] as string
    }
    if (row.some((status) => status === 201)) next += 1
  }
  t.equal(cells, 7 * 22)
})
