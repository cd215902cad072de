import t from 'tap'
import { type ApiCaller, databaseOf, personOf } from '../support/api-caller.ts'
import { sayUnstated } from '../support/register-answers.ts'
import { testService } from '../support/service.ts'

const service = await testService(t)
const borough = async (org: string) => {
  const officer = await personOf(service, org, ['IG_OFFICER'])
  await sayUnstated(officer)
  const csv = (text: string | Buffer, query = '') =>
    officer('POST', `/v1/imports${query}`, { body: text, headers: { 'content-type': 'text/csv' } })
  const act = (id: string, act: 'commit' | 'undo') => officer('POST', `/v1/imports/${id}/${act}`, { ifMatch: '*' })
  const committed = async (text: string, query = '') => {
    const dry = await csv(text, query)
    return (await act(dry.body.id, 'commit')).body
  }
  const read = async (id: string) => (await officer('GET', `/v1/agreements/${id}`)).body
  const answer = (id: string, body: object) => officer('PUT', `/v1/imports/${id}/mapping`, { body, ifMatch: '*' })
  return { officer, csv, act, committed, read, answer }
}
const listed = async (officer: ApiCaller, query: string): Promise<string[]> =>
  (await officer('GET', `/v1/agreements?origin=ELSEWHERE&${query}`)).body.agreements.map(({ title }: { title: string }) => title)

t.test('A2: a word that is no status is asked once for the file, answered for every line, and remembered for the next file', async (t) => {
  const { csv, answer, act, read } = await borough('LBC_BARNET')
  const file = (ref: string) =>
    `Ref,Title,Partners,Status\n${ref}-1,One,Islington,Suspended\n${ref}-2,Two,Hackney,SUSPENDED \n${ref}-3,Three,Brent,Live\n`
  const dry = (await csv(file('A'))).body
  t.match(dry, { counts: { NEW: 1, REFUSED: 2 }, questions_total: 1 })
  t.match(dry.questions, [
    {
      field: 'status',
      column: 'Status',
      text: 'Suspended',
      rows: 2,
      is_needed: true,
      choices: ['ACTIVE', 'DRAFT', 'EXPIRED', 'TERMINATED'],
    },
  ])
  t.equal(
    (await answer(dry.id, { answers: [{ field: 'status', text: 'Suspended', answer: 'PAUSED' }] })).status,
    422,
    'only by one of its codes',
  )
  const answered = (await answer(dry.id, { answers: [{ field: 'status', text: 'Suspended', answer: 'TERMINATED' }] })).body
  t.match(answered, { counts: { NEW: 3, REFUSED: 0 }, questions_total: 0 })
  t.match(
    answered.rows[0],
    { record: { status: 'TERMINATED' }, cells: { status: 'Suspended' } },
    'the dry run shows the record with the raw cell',
  )
  const done = (await act(dry.id, 'commit')).body
  t.match(await read(done.rows[0].agreement), { status: 'TERMINATED', terminated_at: null })
  t.match((await csv(file('B'))).body, { counts: { NEW: 3, REFUSED: 0 }, questions_total: 0 }, 'the next file asks no more')
  const other = await borough('LBC_BEXLEY')
  t.match((await other.csv(file('A'))).body, { questions_total: 1 }, 'another organisation is asked itself')
})

t.test('A3, A11: a certificate tells no day that the register does not', async (t) => {
  const { committed, officer, read } = await borough('LBC_BRENT')
  const { rows } = await committed(
    'Ref,Title,Partners,Start Date (dd/mm/yyyy),Expiry Date (dd/mm/yyyy),Date signed\nA-1,One,Hackney,,,\nA-2,Two,Hackney,01/04/2019,31/03/2022,01/07/2024\n',
  )
  const page = async (id: string) => (await officer('GET', `/v1/agreements/${id}/versions/1/print`)).text
  const undated = await read(rows[0].agreement)
  t.match(undated, { status: 'ACTIVE', versions: [{ effective_from: null, effective_to: null }] })
  t.same(
    undated.signatures.map(({ signed_at, confirmed_at }: Record<string, unknown>) => [signed_at, confirmed_at]),
    [
      [null, null],
      [null, null],
    ],
  )
  t.match(await page(rows[0].agreement), /<td>not stated<\/td><td>not confirmed/)
  t.match((await officer('GET', `/v1/agreements/${rows[0].agreement}/state`)).body.states ?? [], [], 'it is in force on no day')
  t.match((await read(rows[1].agreement)).versions[0], { effective_from: '2019-04-01', effective_to: '2022-03-31' })
  t.match(await page(rows[1].agreement), /<td>1 July 2024<\/td>/)
})

t.test('A13: undone is gone, in whatever order imports are undone and whatever state a record was in', async (t) => {
  const { csv, act, committed, officer } = await borough('LBC_BROMLEY')
  // Not as the service, which sees nothing where it reads for nobody.
  const owner = await databaseOf(service).openAs('session_user', 1)
  const file = (rest: string) => `Ref,Title,Partners,Start,Expiry,Status\nU-1,Undo me,Hackney,01/04/2025,${rest}\n`
  const gone = async (why: string) => {
    for (const state of ['TERMINATED', 'IN_FORCE', 'EXPIRED', 'NOT_YET_EFFECTIVE'])
      t.same(await listed(officer, `q=Undo&state=${state}`), [], `${why}: ${state}`)
    const { rows } = await owner.pool.query("select count(*)::int as n from agreement where title = 'Undo me' and status <> 'WITHDRAWN'")
    t.equal(rows[0].n, 0, why)
  }
  for (const order of ['first', 'last']) {
    const one = await committed(file('31/03/2030,Live'))
    const two = await committed(file('31/03/2031,Live'))
    const [before, after] = order === 'first' ? [one, two] : [two, one]
    t.match((await act(before.id, 'undo')).body, { status: 'UNDONE', counts: { committed: 0, undone: 1 } })
    if (order === 'last') t.equal((await csv(file('31/03/2030,Live'))).body.rows[0].status, 'SAME', 'what was there before is there again')
    t.match((await act(after.id, 'undo')).body, { status: 'UNDONE', counts: { committed: 0, undone: 1 } })
    await gone(`${order} import undone first`)
    t.match((await act(before.id, 'undo')).body, { status: 'UNDONE' }, 'sent again it does nothing more')
    await gone('sent again')
  }
  const ended = await committed(file('31/03/2026,Terminated'))
  const live = await committed(file('31/03/2031,Live'))
  await act(live.id, 'undo')
  t.equal((await csv(file('31/03/2026,Terminated'))).body.rows[0].status, 'SAME', 'the ended record is back')
  await act(ended.id, 'undo')
  await gone('a record that had ended')
})

t.test('A14: every recognised column is found on the record or in its provenance, by line', async (t) => {
  const { committed, read } = await borough('LBC_EALING')
  const done = await committed(
    'Ref,Title,Partners,Service,Lead officer,DPIA ref,Location,Notes\nA-1,One,Hackney,Housing,Housing lead,DPIA-7,https://files.example/isa.pdf,Ask legal first\n',
  )
  const cells = {
    service: 'Housing',
    lead: 'Housing lead',
    dpia_ref: 'DPIA-7',
    location: 'https://files.example/isa.pdf',
    notes: 'Ask legal first',
  }
  t.match(done.rows[0].cells, cells)
  t.match((await read(done.rows[0].agreement)).provenance, { reference: 'A-1', row: 2, register: cells })
})

t.test('A15, A28: a blank revives nothing, a reference is known in every form, and lines that have gone are listed', async (t) => {
  const { csv, committed } = await borough('LBC_ENFIELD')
  await committed('Ref,Title,Partners,Status\nR-É1,One,Hackney,Terminated\nR-2,Two,Hackney,Live\n')
  t.match((await csv('Ref,Title,Partners,Status\nr-e\u03011,One,Hackney,\n')).body, {
    ...{ counts: { SAME: 1, CHANGED: 0, NEW: 0 }, gone_total: 1, gone: [{ title: 'Two', reference: 'R-2' }] },
    rows: [{ status: 'SAME', record: { status: 'TERMINATED' }, warnings: [{}, {}, { detail: /Blank here/ }] }],
  })
})

t.test('A16, A17: a person can say the header line, that there is none, the separator, the order of dates and the encoding', async (t) => {
  const { csv, answer } = await borough('LBC_HARROW')
  const dry = (await csv('Title,Who shares,Class held,Class sent\nOne,Hackney,Personal,Personal\nTwo,Islington,Personal,Personal\n')).body
  t.match(dry, { header_row: 1, missing_fields: ['partners'] })
  t.match((await answer(dry.id, { columns: { title: 0, partners: 1 } })).body, { counts: { NEW: 2 } }, 'no record is lost as a header')
  const none = (await csv('One,Hackney\nTwo,Islington\n', '?header_row=0')).body
  t.match(none, { header_row: 0, columns: [{ header: 'Column 1' }, { header: 'Column 2' }] })
  t.match((await answer(none.id, { columns: { title: 0, partners: 1 } })).body, { counts: { NEW: 2 }, rows: [{ row: 1 }, { row: 2 }] })
  const late = (await csv('One,Hackney\nTwo,Islington\n')).body
  t.match(
    (await answer(late.id, { header_row: 0, columns: { title: 0, partners: 1 } })).body,
    { header_row: 0, counts: { NEW: 2 } },
    'afterwards too',
  )
  t.equal((await answer(late.id, { header_row: 9 })).status, 422)
  t.match((await csv('Housing, adults and children: our agreements\nRef\tTitle\tPartners\nA-1\tOne\tHackney\n')).body, {
    counts: { NEW: 1 },
  })
  t.match((await csv('a|b\n1|2\n', '?separator=comma')).body.columns, [{ header: 'a|b' }])
  t.match((await csv('Ref,Title,Partners,Start\nA-1,One,Hackney,04/01/2025\n', '?date_order=MDY')).body.rows[0].record, {
    effective_from: '2025-04-01',
  })
  const bytes = Buffer.from('Ref,Title,Partners\nA-1,Caf\xe9 \x96 one,Hackney\n', 'latin1')
  t.equal((await csv(bytes)).status, 422)
  t.equal((await csv(bytes, '?encoding=windows-1252')).body.rows[0].title, 'Café – one')
})

t.test('A23: an agreement is found by the reference of its own register, and however its words are joined', async (t) => {
  const { committed, officer } = await borough('LBC_HAVERING')
  await committed('Ref,Title,Partners\nHAV/2024-17,Multi agency hub,Hackney\nHAV-18,London Counter Fraud Hub,Hackney\n')
  for (const [q, title] of [
    ['HAV/2024-17', 'Multi agency hub'],
    ['hav/2024-17', 'Multi agency hub'],
    ['HAV-18', 'London Counter Fraud Hub'],
    ['multi-agency', 'Multi agency hub'],
    ['multi agency', 'Multi agency hub'],
    ['counter-fraud', 'London Counter Fraud Hub'],
    ['"counter-fraud hub"', 'London Counter Fraud Hub'],
  ] as const)
    t.ok((await listed(officer, `q=${encodeURIComponent(q)}`)).includes(title), q)
})

t.test('A28: a name of a group stands for several bodies, and an official name in capitals for one', async (t) => {
  const { csv, answer } = await borough('LBC_HILLINGDON')
  const dry = (
    await csv(
      'Ref,Title,Partners\nA-1,One,All NCL boroughs\nA-2,Two,HAVERING LONDON BOROUGH COUNCIL\nA-3,Three,Metropolitan Police Service (MPS)\nA-4,Four,LONDON BOROUGH OF MERTON COUNCIL\n',
    )
  ).body
  t.match(
    dry.rows.map(({ parties }: { parties: string[] }) => parties[1]),
    [undefined, 'LBC_HAVERING', 'MPS', 'LBC_MERTON'],
  )
  const answered = (await answer(dry.id, { partners: { 'All NCL boroughs': ['LBC_BARNET', 'LBC_CAMDEN', 'LBC_ENFIELD'] } })).body
  t.same(answered.rows[0].parties, ['LBC_HILLINGDON', 'LBC_BARNET', 'LBC_CAMDEN', 'LBC_ENFIELD'])
})

t.test(
  'a release register goes from dry run to records with every question answered: headers over several lines, names in capitals, a line a dataset',
  async (t) => {
    const { csv, answer, act, read } = await borough('LBC_HOUNSLOW')
    const header =
      'RowID,Organisation Name,us,"Data provided to customer:\nIdentifiable, Anonymised, Aggregated ",Sensitive or Non-Sensitive,Legal Basis for Provision of Data,Purpose,"One off release or\nOngoing releases"'
    const lines = [
      'F1,LONDON BOROUGH OF MERTON COUNCIL,Admitted Patient Care,Anonymised,Non Sensitive,Made Up Act 2012,,Ongoing',
      'F2,LONDON BOROUGH OF MERTON COUNCIL,Accident and Emergency,Anonymised,Non Sensitive,Made Up Act 2012,,Ongoing',
      'F3,MADE UP HEALTH PARTNERSHIP,Outpatients,Identifiable,Sensitive,Another Act 2006,,One off release',
    ]
    const dry = (await csv(`${header}\r\n${lines.join('\r\n')}\r\n`)).body
    t.same(dry.missing_fields, ['title'], 'nothing is guessed where no header names a title')
    const columns = { ref: 0, partners: 1, title: 2, legal_basis: 5, purpose: 6, frequency: 7 }
    const mapped = (await answer(dry.id, { columns })).body
    t.match(mapped, { counts: { NEW: 2, REFUSED: 1 }, open_partners_total: 2, questions_total: 3 })
    const answers = mapped.questions.map(({ field, text }: { field: string; text: string }) => ({
      field,
      text,
      answer: field === 'legal_basis' ? ['6(1)(e)'] : null,
    }))
    const partners = { 'Made up health partnership': 'LBC_SUTTON', 'London Borough of Merton Council': 'LBC_MERTON' }
    const answered = (await answer(dry.id, { partners, answers })).body
    t.match(answered, { counts: { NEW: 3, REFUSED: 0 }, open_partners_total: 0, questions_total: 0 })
    t.match(answered.rows[2], {
      record: { art6: ['6(1)(e)'], frequency: 'ONE_OFF', effective_from: null },
      cells: { legal_basis: 'Another Act 2006' },
    })
    const done = (await act(dry.id, 'commit')).body
    t.match(done, { status: 'COMMITTED', counts: { committed: 3, open: 0 } })
    t.match((await read(done.rows[2].agreement)).provenance, { reference: 'F3', register: { partners: 'MADE UP HEALTH PARTNERSHIP' } })
  },
)
