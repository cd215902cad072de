import { SIGNING_STATEMENTS } from '../../agreements/model/signed-text.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { a, asked, BRENT, CAMDEN, drafter, ICB, NEITHER, type Story } from './sign-off-cast.ts'

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

/** Whoever has no account signs by a code that is mailed to an address which a register administrator has checked. */
export async function signedByOutsider({ session, agreement, hash }: Story): Promise<void> {
  const outsider = a('SIGNATORY', BRENT, 'outsider-brent')
  const address = 'director@brent.example'
  const nobody = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'
  const invitations = `/v1/agreements/${agreement}/outside-invitations`
  const invite = (contact: string, does: string, expect: number) =>
    session.act({ by: drafter, does, method: 'POST', path: invitations, body: { contact }, expect })
  await invite(nobody, 'tries to invite somebody whose address nobody has checked', 422)
  const contact = await session.act({
    ...{ by: a('REGISTER_ADMIN', 'LONDON_COUNCILS'), does: 'confirms the address of Brent’s director', method: 'POST', expect: 201 },
    path: `/v1/organisations/${BRENT}/confirmed-contacts`,
    body: { name: 'B. Director (fictional)', post: 'Director', address, roles: ['SIGNATORY'], checked_how: 'Rang the switchboard.' },
  })
  await invite(String(contact.body['id']), 'invites the director, who has no account', 201)
  const mailed = async (found: RegExp) => {
    const sent = await session.sendOut()
    const texts = sent.filter(({ to }) => to === address).map(({ text }) => found.exec(text.replaceAll(/=\r?\n/g, ''))?.[1])
    return texts.find((text) => text !== undefined) ?? nobody
  }
  const link = await mailed(/invitations\/([0-9a-f-]{36})/)
  const open = { by: outsider, token: null, method: 'POST' } as const
  await session.act({ ...open, does: 'asks for a code', path: `/v1/invitations/${link}/codes`, expect: 202 })
  const path = `/v1/invitations/${link}/sessions`
  await session.act({ ...open, does: 'mistypes it', path, body: { code: '00000000' }, expect: 422 })
  const opened = await session.act({ ...open, does: 'types it', path, body: { code: await mailed(/(\b\d{8}\b)/) }, expect: 201 })
  const token = String(opened.body['token'])
  await session.act({ by: outsider, token, does: 'looks for other agreements', method: 'GET', path: '/v1/agreements', expect: 403 })
  await session.act({
    ...{ by: outsider, token, does: 'signs for Brent', method: 'POST', path: `/v1/agreements/${agreement}/signatures`, expect: 201 },
    body: {
      ...{ version: 1, version_hash: hash, statements: SIGNING_STATEMENTS },
      ...{ name: 'B. Director', post: 'Director', authority: 'Scheme of delegation' },
    },
  })
}
