import t from 'tap'
import { personOf } from '../support/api-caller.ts'
import { sayUnstated, UNSTATED } from '../support/register-answers.ts'
import { testService } from '../support/service.ts'

const service = await testService(t)
const borough = async (org: string, isSaid = true) => {
  const officer = await personOf(service, org, ['IG_OFFICER'])
  if (isSaid) await sayUnstated(officer)
  const csv = async (text: string, query = '') =>
    (await officer('POST', `/v1/imports${query}`, { body: text, headers: { 'content-type': 'text/csv' } })).body
  const act = async (id: string, act: 'commit' | 'undo') => (await officer('POST', `/v1/imports/${id}/${act}`, { ifMatch: '*' })).body
  return {
    officer,
    csv,
    act,
    committed: async (text: string, query = '') => act((await csv(text, query)).id, 'commit'),
    read: async (id: string) => (await officer('GET', `/v1/agreements/${id}`)).body,
    answer: async (id: string, answers: object) =>
      (await officer('PUT', `/v1/imports/${id}/mapping`, { body: { answers }, ifMatch: '*' })).body,
  }
}
const statuses = ({ rows }: { rows: { status: string }[] }) => rows.map(({ status }) => status)

t.test(
  '300 lines without type, status, last day and assessment: four questions, four answers, done, and nothing asked the next time',
  async (t) => {
    const { csv, answer, act, read } = await borough('LBC_BARNET', false)
    const file = (from: number) =>
      `Ref,Title,Partners,Start\n${Array.from({ length: 300 }, (_, n) => `N-${from + n},Agreement ${from + n},Hackney,01/04/2025`).join('\n')}\n`
    const dry = await csv(file(0))
    t.match(dry, { counts: { NEW: 300, REFUSED: 0 }, questions_total: 4 })
    t.same(
      dry.questions.map(({ field, text, rows, is_needed, taken_for }: Record<string, unknown>) => [
        field,
        text,
        rows,
        is_needed,
        taken_for,
      ]),
      [
        ['type', '', 300, false, 'CONTROLLER_TO_CONTROLLER'],
        ['status', '', 300, false, 'ACTIVE'],
        ['expiry', '', 300, false, 'OPEN'],
        ['dpia_ref', '', 300, false, 'NO'],
      ],
    )
    t.match(dry.rows[0].warnings, [{ detail: /^Not stated, and recorded as usual .*type: .*status: .*last day: .*assessment: / }])
    const answered = await answer(dry.id, UNSTATED)
    t.match(answered, { counts: { NEW: 300, REFUSED: 0 }, questions_total: 0 })
    t.notMatch(answered.rows[0].warnings, [{ detail: /recorded as usual/ }])
    t.match(await csv(file(300)), { counts: { NEW: 300, REFUSED: 0 }, questions_total: 0 }, 'the next file asks no more')
    const few = await csv('Ref,Title,Partners\nZ-1,One,Hackney\n')
    const [done] = (await act(few.id, 'commit')).rows
    const record = await read(done.agreement)
    t.match(record, { status: 'ACTIVE', instrument_type: 'CONTROLLER_TO_CONTROLLER', dpia: { required: false } })
    t.notOk('not_stated' in record.provenance, 'somebody said it')
    const left = await answer((await csv('Ref,Title,Partners\nZ-2,Two,Hackney\n')).id, [{ field: 'type', text: '', answer: null }])
    t.match(left.rows, [{ status: 'REFUSED', errors: [{ detail: /left out, as decided/ }] }], 'lines of an unknown type can be left out')
  },
)

t.test('a record names what nobody stated, until somebody does', async (t) => {
  const { csv, answer, act, read } = await borough('LBC_SUTTON', false)
  const file = 'Ref,Title,Partners\nU-1,One,Hackney\n'
  const [done] = (await act((await csv(file)).id, 'commit')).rows
  t.match(await read(done.agreement), {
    status: 'ACTIVE',
    instrument_type: 'CONTROLLER_TO_CONTROLLER',
    provenance: { not_stated: ['type', 'status', 'dpia_ref'] },
  })
  t.same(statuses(await csv(file)), ['SAME'], 'the same file is the same')
  const again = await csv(file)
  const changed = await answer(again.id, [{ field: 'type', text: '', answer: 'JOINT_CONTROLLER' }])
  t.match(changed.rows, [{ status: 'CHANGED', record: { instrument_type: 'JOINT_CONTROLLER' } }], 'an answer later changes it')
  const [now] = (await act(again.id, 'commit')).rows
  t.match(await read(now.agreement), { instrument_type: 'JOINT_CONTROLLER', provenance: { not_stated: ['status', 'dpia_ref'] } })
})

t.test('who is the processor of a contract is never taken for granted, and words about an assessment are no "none"', async (t) => {
  const { csv } = await borough('LBC_MERTON', false)
  const contract = await csv('Ref,Title,Partners,Type\nC-1,One,Hackney,DPA\n')
  t.match(contract, { rows: [{ status: 'REFUSED' }], questions: [{ field: 'role', is_needed: true, taken_for: null }] })
  const words = await csv('Ref,Title,Partners,DPIA\nC-2,One,Hackney,with the team\n')
  t.match(words.rows, [{ status: 'NEW', record: { dpia_required: true } }])
  t.match(words.questions[0], { field: 'dpia_ref', text: 'with the team', is_needed: false })
})

t.test('each fact that a line does not state is asked, and a line that states it is not', async (t) => {
  const { csv } = await borough('LBC_BEXLEY', false)
  const asks = async (header: string, line: string) =>
    (await csv(`Ref,Title,Partners,${header}\n1,A,Hackney,${line}\n`)).questions.map(
      ({ field, text }: Record<string, string>) => `${field}=${text}`,
    )
  for (const [header, line, ...asked] of [
    ['Type,Status,DPIA', 'ISA,Live,No'],
    ['Type,Status,DPIA', ',,', 'type=', 'status=', 'dpia_ref='],
    ['Type,Status,DPIA', 'TBC,-,n/a', 'type=', 'status='],
    ['Type,Status,DPIA,Start,End', 'ISA,Live,No,01/04/2025,', 'expiry='],
    ['Type,Status,DPIA,Start,End', 'ISA,Live,No,01/04/2025,TBC', 'expiry='],
    ['Type,Status,DPIA,Start,End', 'ISA,Live,No,01/04/2025,Ongoing'],
    ['Type,Status,DPIA,Start,End', 'ISA,Draft,No,01/04/2025,'],
    ['Type,Status,DPIA,Start,End', 'ISA,Terminated,No,01/04/2025,'],
    ['Type,Status,Special category', 'ISA,Live,Yes'],
    ['Type,Status,Special category', 'ISA,Live,No', 'dpia_ref='],
    ['Type,Status,DPIA', 'DPA,Live,No', 'role=DPA'],
    ['Type,Status,DPIA', 'Tier 2,Live,No', 'role=Tier 2'],
    ['Type,Status,DPIA', 'Joint controllers,Live,No'],
    ['Type,Status,DPIA,Our role', 'DPA,Live,No,Processor'],
    ['Type,Status,DPIA,Direction,Frequency,Legal basis,Review', 'ISA,Live,No,,,,'],
  ] as const)
    t.same(await asks(header, line), asked, `${header}: ${line}`)
})

t.test('lines of one agreement that differ in what is shared become one record with every dataset', async (t) => {
  const { csv, act, read } = await borough('LBC_BRENT')
  const header = 'Ref,Title,Partners,Status,Lead officer,Purpose,Data shared,Direction,Frequency,Notes'
  const file = [
    header,
    'S-1,Shares,Hackney,Live,A,Homelessness,Name,Out,Monthly,first',
    'S-2,Other,Hackney,Live,A,Homelessness,Name,Out,Monthly,',
    'S-1,Shares,Hackney,,,Homelessness,Address,Out,Monthly,first',
    's-1,Shares,London Borough of Hackney,Live,A,Fraud,Shoe sizes,In,,',
    'S-1,Shares,Hackney,Live,A,Homelessness,Name,Out,Monthly,first',
    'S-1,Shares,Hackney,Draft,A,Homelessness,Date of birth,Out,Monthly,first',
  ].join('\n')
  const dry = await csv(file)
  t.same(statuses(dry), ['NEW', 'NEW', 'JOINED', 'JOINED', 'SAME', 'REFUSED'])
  t.match(dry.counts, { JOINED: 2 })
  t.match(dry.rows[2].warnings.at(-1), { detail: /part of the record of line 2/ })
  t.match(dry.rows[5].errors, [{ detail: /repeats line 2 with other contents \(Status\)/ }])
  t.match(dry.rows[0].record, { data_items: ['IDENTITY.NAME', /ADDRESS/], direction: null, datasets: 3 })
  const done = await act(dry.id, 'commit')
  t.match(done.counts, { committed: 2, open: 0 })
  const { versions, provenance } = await read(done.rows[0].agreement)
  t.match(
    versions[0].terms.flows,
    [{ id: 'OUT', data_items: ['IDENTITY.NAME', /ADDRESS/], frequency: 'MONTHLY' }],
    'alike but for their items: one flow',
  )
  t.match(versions[0].terms.narrative, { necessity_proportionality: /Shoe sizes/, purpose: /Fraud/ })
  t.match(provenance, {
    datasets: [{ data: 'Name' }, { data: 'Address' }, { data: 'Shoe sizes' }],
    register: { data: 'Name; Address; Shoe sizes' },
  })
  const turned = [header, ...file.split('\n').slice(1, 5).toReversed()].join('\n')
  t.same([...new Set(statuses(await csv(turned)))].toSorted(), ['JOINED', 'SAME'], 'in whatever order the lines stand')
})

t.test(
  'a second part of a register takes nothing of the first away unasked; it adds to it, or is the whole, as somebody says',
  async (t) => {
    const { csv, act, answer, read, committed } = await borough('LBC_BROMLEY')
    const part = (ref: string, ...lines: readonly string[]) =>
      `Ref,Title,Partners,Purpose,Data shared,Direction\n${lines.map((line) => `${ref},Shares,Hackney,Homelessness,${line}`).join('\n')}\n`
    await committed(part('P-1', 'Name,Out'))
    const second = await csv(part('P-1', 'Address,Out'))
    t.match(second, { rows: [{ status: 'REFUSED', errors: [{ detail: /also holds what this line does not name: Name/ }] }] })
    t.match(second.questions, [{ field: 'lines', text: '', rows: 1, is_needed: true, choices: ['ADD', 'REPLACE'] }])
    const added = await answer(second.id, [{ field: 'lines', text: '', answer: 'ADD' }])
    t.match(added.rows, [{ status: 'CHANGED', record: { data_items: ['IDENTITY.NAME', /ADDRESS/] } }])
    t.match(added.rows[0].warnings.at(-1), { detail: /It adds to .*: Data shared/ })
    const whole = await read((await act(second.id, 'commit')).rows[0].agreement)
    t.match(whole.versions[0].terms.flows, [{ data_items: ['IDENTITY.NAME', /ADDRESS/] }])
    t.same(statuses(await csv(part('P-1', 'Name,Out'), '?lines=ADD')), ['SAME'], 'what is in the record already adds nothing')
    t.same(statuses(await csv(part('P-1', 'Name,Out', 'Address,Out'))), ['SAME', 'JOINED'], 'both parts in one file are the record')
    t.match((await csv(part('P-1', 'Address,Out'))).questions, [{ field: 'lines' }], 'the choice was about that file alone')
    const replaced = await csv(part('P-1', 'Address,Out'), '?lines=REPLACE')
    t.same(statuses(replaced), ['CHANGED'])
    t.match(replaced.rows[0].warnings.at(-1), { detail: /No longer in the record: Name/ })
    await act(second.id, 'undo')
    t.same(statuses(await csv(part('P-1', 'Name,Out'))), ['SAME'], 'undone, the first part stands as it did')
    await committed(part('P-2', 'Name,Out'))
    t.same(statuses(await csv(part('P-2', 'Name; Address,Out'))), ['CHANGED'], 'what only adds is no loss')
  },
)

t.test('a line a dataset, each with its own title under one reference: one question for the file, then one record each', async (t) => {
  const { csv, answer, act, read } = await borough('LBC_EALING')
  const dry = await csv(
    'Ref,Title,Partners\nNIC-1,Admitted care,Hackney\nNIC-1,Outpatients,Hackney\nNIC-1,Births,Brent\nNIC-1,Outpatients,Hackney\n',
  )
  t.same(statuses(dry), ['NEW', 'REFUSED', 'REFUSED', 'REFUSED'])
  t.match(dry.questions, [{ field: 'lines', rows: 2 }])
  const said = await answer(dry.id, [{ field: 'lines', text: '', answer: 'ADD' }])
  t.same(statuses(said), ['NEW', 'JOINED', 'REFUSED', 'SAME'], 'another partner is another agreement')
  const done = await act(dry.id, 'commit')
  const record = await read(done.rows[0].agreement)
  t.equal(record.title, 'Admitted care')
  t.match(record.versions[0].terms.narrative, { necessity_proportionality: 'Datasets: Admitted care\nOutpatients' })
})

t.test('how a file is to be read is part of what an idempotency key stands for', async (t) => {
  const { officer } = await borough('LBC_ENFIELD')
  const body = 'Ref,Title,Partners,Start\nA-1,One,Hackney,04/01/2025\n'
  const send = (query: string) => officer('POST', `/v1/imports${query}`, { body, headers: { 'content-type': 'text/csv' }, key: 'one-key' })
  const first = await send('?date_order=MDY')
  t.equal((await send('?date_order=MDY')).body.id, first.body.id)
  for (const query of [
    '',
    '?date_order=DMY',
    '?date_order=MDY&separator=comma',
    '?date_order=MDY&header_row=1',
    '?date_order=MDY&lines=ADD',
  ])
    t.equal((await send(query)).status, 422, query)
})
