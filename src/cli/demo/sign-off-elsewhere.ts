import { londonDay } from '../../platform/kernel/london-day.ts'
import { a, asked, CAMDEN, ICB, NEITHER, type Story } from './sign-off-cast.ts'

/** The NHS body signs on paper: two of Camden's attest it, both sides accept such, and it counts until the body says that it did not sign. */
export async function signedOnPaper({ session, agreement, hash }: Story): Promise<void> {
  const [first, second] = [a('IG_OFFICER', CAMDEN, 'records-camden'), a('IG_OFFICER', CAMDEN, 'archive-camden')]
  const statements = `/v1/agreements/${agreement}/signature-statements`
  const scan = await session.act({
    ...{ by: first, does: 'sends the page that the NHS body signed', method: 'POST', path: '/v1/files?name=signed-page.txt', expect: 201 },
    ...{ body: 'The page that was signed at the meeting of the board (fictional).', type: 'text/plain' },
  })
  const stated = await session.act({
    ...{ by: first, does: 'states that the NHS body has signed on paper', method: 'POST', path: statements, expect: 201 },
    body: {
      ...{ org: ICB, version: 1, version_hash: hash, signed_on: londonDay(session.now()), way: 'PAPER', approved_elsewhere: true },
      ...{ signatory: { name: 'N. Board (fictional)', post: 'Chief Executive' }, evidence: [String(scan.body['id'])] },
    },
  })
  const { id } = stated.body['statement'] as { readonly id: string }
  const attested = { method: 'POST', path: `${statements}/${id}/attestation` } as const
  await session.act({ ...attested, by: first, does: 'tries to attest it alone', expect: 422 })
  await session.act({ ...attested, by: second, does: 'attests it as the second person', expect: 200 })
  await asked(session, CAMDEN, ICB, NEITHER)
  for (const org of [CAMDEN, ICB])
    await session.act({
      ...{ by: a('SIRO', org), does: 'accepts attested signatures', method: 'PUT', path: `/v1/organisations/${org}/attested-signatures` },
      ...{ body: { accepted: true, reason: 'Partners sign on paper.' }, ifMatch: '*', expect: 200 },
    })
  const permit = await asked(session, CAMDEN, ICB, 'PERMIT')
  const obligations = permit.body['obligations'] as readonly { readonly code: string }[]
  session.check(
    '  the permit says that it rests on an attested signature',
    obligations.some(({ code }) => code === 'ATTESTED_SIGNATURE'),
  )
  await session.act({
    ...{ by: a('SIRO', ICB), does: 'disputes it: nobody there signed', method: 'POST', path: `${statements}/${id}/dispute`, expect: 200 },
    body: { reason: 'Our chief executive did not sign this text.' },
  })
  await asked(session, CAMDEN, ICB, NEITHER)
}
