import t from 'tap'
import { agreementDesk } from '../support/agreement-desk.ts'

const PARTIES = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET'] as const
const officer = (org: string) => ({ org, role: 'IG_OFFICER' as const })

t.test('the printed certificate says how each party stands, in days and hours of London', async (t) => {
  const desk = await agreementDesk(t, '2026-06-30T23:05:00.000Z')
  const agreement = await desk.draft({ orgs: PARTIES, effectiveFrom: '2026-07-01' })
  const { hash } = await desk.freeze(agreement)
  const path = `/v1/agreements/${agreement.id}`
  for (const org of ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']) t.equal((await desk.sign(agreement.id, org, 1, hash)).status, 201)
  desk.at('2026-11-02T14:05:00.000Z')
  const left = await desk.call(
    { org: 'LBC_HACKNEY', role: 'SIGNATORY' },
    'POST',
    `${path}/withdrawals`,
    { reason: 'x' },
    { 'if-match': '*' },
  )
  t.equal(left.status, 201, left.text)
  desk.at('2026-11-03T09:00:00.000Z')
  t.equal((await desk.sign(agreement.id, 'LBC_ISLINGTON', 1, hash)).status, 201)

  const page = (await desk.call(officer('LBC_CAMDEN'), 'GET', `${path}/versions/1/print`)).text
  t.match(page, 'Runs from 1 July 2026 to 30 November 2030, both days included.')
  t.match(page, /Frozen 1 July 2026, 00:05 London time\./, 'the day it was in London, not in Greenwich')
  t.match(page, /<td>1 July 2026, 00:05 London time<\/td>/)
  t.match(page, /As it was 3 November 2026, 09:00 London time/)
  t.match(page, /\(LBC_HACKNEY\)<\/td><td>has left, since 2 November 2026, 14:05 London time<\/td><td>no<\/td>/)
  t.match(page, /\(LBC_ISLINGTON\)<\/td><td>bound by its signature<\/td><td>yes<\/td>/)
  t.notMatch(page, /\d{4}-\d\d-\d\d/, 'no instant and no day is left as a machine writes it')

  await t.test('whoever has left reads it as it knew it', async (t) => {
    const theirs = (await desk.call(officer('LBC_HACKNEY'), 'GET', `${path}/versions/1/print`)).text
    t.match(theirs, /As it was 2 November 2026, 14:05 London time/)
    t.match(theirs, /\(LBC_ISLINGTON\)<\/td><td>asked to sign; bound by nothing yet<\/td><td>no<\/td>/)
    t.match(theirs, /\(LBC_HACKNEY\)<\/td><td>has left/)
    const signed = ({ signatures }: { signatures: { org: string }[] }) => signatures.map(({ org }) => org).sort()
    const knew = ['LBC_BARNET', 'LBC_CAMDEN', 'LBC_HACKNEY']
    t.same(signed((await desk.call(officer('LBC_HACKNEY'), 'GET', `${path}/versions/1`)).body), knew, 'nor who signed later')
    t.same(signed((await desk.call(officer('LBC_HACKNEY'), 'GET', path)).body), knew)
    t.same(signed((await desk.call(officer('LBC_CAMDEN'), 'GET', path)).body), [...knew, 'LBC_ISLINGTON'])
  })

  await t.test('an auditor of the same body reads on: its part is over for its people alone', async (t) => {
    const theirs = (await desk.call({ org: 'LBC_HACKNEY', role: 'AUDITOR' }, 'GET', `${path}/versions/1/print`)).text
    t.match(theirs, /As it was 3 November 2026, 09:00 London time/)
    t.match(theirs, /\(LBC_ISLINGTON\)<\/td><td>bound by its signature<\/td><td>yes<\/td>/)
  })

  await t.test('A18: it finds the agreement by nothing that came after', async (t) => {
    desk.at('2026-11-04T09:00:00.000Z')
    const camden = officer('LBC_CAMDEN')
    const amended = await desk.call(
      camden,
      'POST',
      `${path}/amendments`,
      { reason: 'x', effective_from: '2026-12-01' },
      { 'if-match': '*' },
    )
    t.equal(amended.status, 201, amended.text)
    const narrative = { purpose: 'Quokkas and other marsupials' }
    const written = await desk.call(camden, 'PUT', `${path}/draft/narrative`, narrative, { 'if-match': '*' })
    t.equal(written.status, 200, written.text)
    const invited = await desk.call(camden, 'POST', `${path}/accessions`, { org: 'LBC_BRENT', role: 'CONTROLLER' }, { 'if-match': '*' })
    t.equal(invited.status, 201, invited.text)
    const found = async (org: string, query: string) =>
      (await desk.call(officer(org), 'GET', `/v1/agreements?${query}`)).body.agreements.map(({ id }: { id: string }) => id)
    for (const query of ['q=Quokkas', 'q=Brent', 'q=LBC_BRENT', 'party=LBC_BRENT', 'q=Quokkas&sort=title']) {
      t.same(await found('LBC_CAMDEN', query), [agreement.id], `who stayed finds it by ${query}`)
      t.same(await found('LBC_HACKNEY', query), [], `who left does not, by ${query}`)
    }
    for (const query of ['q=Islington', 'q=households', 'party=LBC_BARNET', 'purpose=HOMELESSNESS'])
      t.same(await found('LBC_HACKNEY', query), [agreement.id], `by ${query} it was known to both`)
  })
})
