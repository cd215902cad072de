import t from 'tap'
import type { Role } from '../../src/identity/permissions.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import { ownerPool } from '../support/leaves.ts'

// From where a signature was given: for the own organisation, for ninety days.

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY'] as const

t.test(
  'the address of a signatory is shown to auditors and administrators of the own organisation, and erased after 90 days',
  async (t) => {
    const desk = await agreementDesk(t)
    const { timers } = desk.service.app.services
    const owner = await ownerPool(desk.service)
    const agreement = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-22' })
    const { hash } = await desk.freeze(agreement)
    for (const org of [CAMDEN, HACKNEY]) t.equal((await desk.sign(agreement.id, org, 1, hash)).status, 201)
    const seen = (org: string, role: Role) => desk.call({ org, role }, 'GET', `/v1/agreements/${agreement.id}/signature-addresses`)
    for (const role of ['AUDITOR', 'REGISTER_ADMIN'] as const)
      t.match(await seen(HACKNEY, role), {
        status: 200,
        body: {
          addresses: [{ version: 1, signed_at: '2026-11-22T12:00:00.000Z', address: '127.0.0.1', kept_until: '2027-02-20T12:00:00.000Z' }],
        },
      })
    t.equal((await seen(HACKNEY, 'AUDITOR')).body.addresses.length, 1, 'of the own organisation alone')
    t.strictSame((await seen('LONDON_COUNCILS', 'AUDITOR')).body.addresses, [], 'an auditor of another one sees none')
    t.equal((await seen(HACKNEY, 'SIGNATORY')).status, 403)
    t.equal((await seen('LBC_BARNET', 'REGISTER_ADMIN')).status, 404)

    const elsewhere = [
      await desk.call({ org: HACKNEY, role: 'AUDITOR' }, 'GET', `/v1/agreements/${agreement.id}`),
      await desk.call({ org: HACKNEY, role: 'AUDITOR' }, 'GET', `/v1/agreements/${agreement.id}/history`),
      await desk.call({ org: HACKNEY, role: 'AUDITOR' }, 'GET', `/v1/agreements/${agreement.id}/versions/1/print`),
    ]
    for (const reply of elsewhere) t.notMatch(reply.text, /127\.0\.0\.1/)
    const { rows } = await owner.query<{ n: number }>(
      `select count(*)::int as n from audit.payload where position('127.0.0.1'::bytea in body) > 0`,
    )
    t.equal(rows[0]?.n, 0, 'it stands in no payload of the log')

    desk.at('2027-02-20T11:59:59.000Z')
    await timers.fireDue()
    t.equal((await seen(HACKNEY, 'AUDITOR')).body.addresses.length, 1)
    desk.at('2027-02-20T12:00:00.000Z')
    await timers.fireDue()
    t.strictSame((await seen(HACKNEY, 'AUDITOR')).body.addresses, [])
    t.equal((await owner.query('select from signature_address')).rowCount, 0, 'it is gone, not hidden')
  },
)
