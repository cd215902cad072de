import t from 'tap'
import { personOf } from '../support/api-caller.ts'
import { sayUnstated } from '../support/register-answers.ts'
import { testService } from '../support/service.ts'

const service = await testService(t)
const borough = async (org: string) => {
  const officer = await personOf(service, org, ['IG_OFFICER'])
  await sayUnstated(officer)
  const csv = async (text: string) => (await officer('POST', '/v1/imports', { body: text, headers: { 'content-type': 'text/csv' } })).body
  const act = async (id: string, act: 'commit' | 'undo') => (await officer('POST', `/v1/imports/${id}/${act}`, { ifMatch: '*' })).body
  const committed = async (text: string) => act((await csv(text)).id, 'commit')
  /** The first line with this in a column besides. */
  const cell = async (column: string, text: string) => {
    const { rows, questions } = await csv(`Ref,Title,Partners,${column}\n1,One,Hackney,"${text}"\n`)
    return { row: rows[0], asked: questions.map(({ field, text }: Record<string, string>) => `${field}=${text}`) }
  }
  return { officer, csv, act, committed, cell }
}

t.test('words for "not known" are a blank: they revive nothing and take no end away (A15, A19)', async (t) => {
  const { csv, committed } = await borough('LBC_BARNET')
  const header = 'Ref,Title,Partners,Status,Start,Expiry,Direction,Special category,DPIA ref,Lawful basis,Notes'
  await committed(
    `${header}\nR-1,One,Hackney,Terminated,01/04/2020,31/03/2024,Out,Yes,DPIA-7,6(1)(e),Ask legal\nR-2,Two,Hackney,Live,01/04/2020,31/03/2030,In,Yes,DPIA-8,6(1)(e),\n`,
  )
  for (const word of ['TBC', 'unknown', '?', '-', 'To be confirmed']) {
    const { rows } = await csv(`${header}\nR-1,One,Hackney,${Array(8).fill(word).join(',')}\n`)
    t.match(
      rows,
      [
        {
          status: 'SAME',
          record: { status: 'TERMINATED', effective_to: '2024-03-31', direction: 'OUT', special_category: true, art6: ['6(1)(e)'] },
        },
      ],
      word,
    )
  }
  for (const word of ['TBC', 'N/A', 'Annually', 'Reviewed annually', 'None']) {
    const { rows } = await csv(`Ref,Title,Partners,Expiry\nR-2,Two,Hackney,${word}\n`)
    t.match(rows, [{ status: 'SAME', record: { effective_to: '2030-03-31' } }], word)
  }
  const { rows } = await csv('Ref,Title,Partners,Expiry\nR-2,Two,Hackney,No end date\n')
  t.match(rows, [{ status: 'CHANGED', record: { effective_to: null } }], 'what says that there is no end says something')
})

t.test('what is doubted is nothing yet, in whatever column (A2, A9, A28)', async (t) => {
  const { cell } = await borough('LBC_BEXLEY')
  t.match(await cell('Frequency', 'Monthly?'), { row: { record: { frequency: null } }, asked: ['frequency=Monthly?'] })
  t.match((await cell('Expiry', 'Ongoing?')).row, { status: 'REFUSED' })
  t.match((await cell('Data shared', 'IDENTITY.NAME?; CONTACT.ADDRESS')).row.record.data_items, ['CONTACT.ADDRESS'])
})

t.test('a basis or a power that is denied, withdrawn or not ticked is none (A10)', async (t) => {
  const { cell } = await borough('LBC_BRENT')
  for (const text of [
    'Consent (withdrawn)',
    '6(1)(a) replaced by 6(1)(e)',
    'Consent ☐; Public task ☑',
    'Consent ✗, public task ✓',
    'Consent: N; Public task: Y',
    'probably 6(1)(e)',
    'Contract (expired)',
  ])
    t.match(await cell('Lawful basis', text), { row: { record: { art6: [], art9: [] } }, asked: [`legal_basis=${text}`] }, text)
  const gateways = async (text: string) => (await cell('Statutory power', text)).row.record.gateways
  t.strictSame(await gateways('Crime and Disorder Act 1998 s115'), ['CDA1998_S115'])
  t.strictSame(await gateways('not Crime and Disorder Act 1998 s115'), [])
  t.strictSame(await gateways('Crime and Disorder Act 1998 s115?'), [])
})

t.test('words beside a number are no reference to an assessment (A26)', async (t) => {
  const { cell } = await borough('LBC_BROMLEY')
  for (const text of ['DPIA-7', 'DPIA 2023/17', 'DPIA ref 2024/3', 'https://files.example/7', '12 March 2024', 'Completed 12/03/2024'])
    t.match((await cell('DPIA ref', text)).row, { status: 'NEW', record: { dpia_required: true } }, text)
  for (const text of ['Screened out 2024', 'Exempt 2019', 'Outstanding 2024', 'Due 2025', 'pending', 'TBC 2024', 'DPIA-7?'])
    t.match(await cell('DPIA ref', text), { row: { record: { dpia_required: true } }, asked: [`dpia_ref=${text}`] }, text)
})

t.test('a reference is the same with any dash and with marks that nobody sees (A28)', async (t) => {
  const { csv, committed } = await borough('LBC_EALING')
  await committed('Ref,Title,Partners\nR-É 1,One,Hackney\n')
  for (const ref of ['R\u2011É 1', 'R–É 1', 'R-É\u200b 1', 'r-e\u0301\u00a01', 'R\u00ad-É 1'])
    t.match((await csv(`Ref,Title,Partners\n${ref},One,Hackney\n`)).rows, [{ status: 'SAME' }], JSON.stringify(ref))
  t.match((await csv('Ref,Title,Partners\nR-E 1,One,Hackney\n')).rows, [{ status: 'NEW' }])
})

t.test('two lines that say otherwise of one record here contradict each other', async (t) => {
  const { csv, committed } = await borough('LBC_ENFIELD')
  const [{ agreement }] = (await committed('Ref,Title,Partners\nM-1,Mine,Hackney\n')).rows
  for (const titles of [
    ['Mine', 'Other'],
    ['Other', 'Mine'],
  ]) {
    const lines = titles.map((title) => `${agreement},${title},Hackney`).join('\n')
    t.match((await csv(`Accord reference,Title,Partners\n${lines}\n`)).rows[1], {
      status: 'REFUSED',
      errors: [{ detail: /repeats line 2/ }],
    })
  }
})

t.test('a body that is a processor and nothing else is taken for no controller in its own register (A22)', async (t) => {
  const { csv } = await borough('PROC_POLICY_IN_PRACTICE')
  for (const type of ['DSA', 'JCA', ''])
    t.match(await csv(`Ref,Title,Partners,Type\nA-1,One,Camden,${type}\n`), {
      rows: [{ status: 'REFUSED' }],
      questions: [{ field: 'role' }],
    })
  t.match((await csv('Ref,Title,Partners,Type\nA-1,One,Camden,DPA\n')).rows, [{ status: 'NEW', record: { role: 'PROCESSOR' } }])
})

t.test('three imports of one record are undone in any order: what stands is the last one that was not (A13)', async (t) => {
  const { committed, act, officer } = await borough('LBC_HARROW')
  for (const [n, order] of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ].entries()) {
    const imports: { id: string }[] = []
    for (const year of [2030, 2031, 2032])
      imports.push(await committed(`Ref,Title,Partners,Start,Expiry,Status\nU-${n},Undone${n},Hackney,01/04/2025,31/03/${year},Live\n`))
    const left = new Set([0, 1, 2])
    for (const one of order) {
      await act(imports[one]?.id ?? '', 'undo')
      left.delete(one)
      const { agreements } = (await officer('GET', `/v1/agreements?q=Undone${n}`)).body
      const stands = agreements.filter(({ status }: { status: string }) => status !== 'WITHDRAWN')
      t.strictSame(
        stands.map(({ effective_to }: { effective_to: string }) => effective_to),
        left.size === 0 ? [] : [`${2030 + Math.max(...left)}-03-31`],
        `${order.join('')}: after ${one}`,
      )
    }
  }
})
