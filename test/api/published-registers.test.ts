import t from 'tap'
import { personOf } from '../support/api-caller.ts'
import { sayUnstated } from '../support/register-answers.ts'
import { testService } from '../support/service.ts'

// Made-up files of the shapes in which registers are published; nothing in them is anybody's.
const service = await testService(t)
const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
await sayUnstated(officer)
const send = (csv: string, query = '') => officer('POST', `/v1/imports${query}`, { body: csv, headers: { 'content-type': 'text/csv' } })
const mapped = async (id: string, body: object) => (await officer('PUT', `/v1/imports/${id}/mapping`, { body, ifMatch: '*' })).body
const fieldsOf = ({ columns }: { columns: { field: string | null }[] }) => columns.map(({ field }) => field)

t.test('a register whose records stand in columns is read as one whose records stand in lines, found out or said', async (t) => {
  const turned =
    'Reference,T-1,T-2\nAgreement title,One,"Two, and more"\nPartner organisations,Hackney,Brent\nStatus,Live,Draft\nStart date,01/04/2025,\n'
  const dry = (await send(turned)).body
  t.match(dry, { header_row: 1, counts: { NEW: 2 }, columns: [{ field: 'ref' }, { field: 'title' }, { field: 'partners' }] })
  t.match(dry.rows, [
    {
      row: 2,
      reference: 'T-1',
      title: 'One',
      parties: ['LBC_CAMDEN', 'LBC_HACKNEY'],
      record: { status: 'ACTIVE', effective_from: '2025-04-01' },
    },
    { row: 3, reference: 'T-2', title: 'Two, and more', record: { status: 'DRAFT' } },
  ])
  t.match((await send(turned, '?orientation=lines')).body, { missing_fields: ['title', 'partners'] }, 'unless somebody says otherwise')
  const matrix =
    'Check to be made,Definition,First Body,Second Body,Third Body,Fourth Body\nAlliance member?,Whether it is one,No,Yes,No,No\nWebsite,Where,https://a.example,https://b.example,,\nOrganisation Name,Who signs,Yes,No,No,Yes\nTitle,What it is called,No,No,Yes,No\n'
  const said = (await send(matrix, '?orientation=columns')).body
  t.match(said, {
    header_row: 1,
    columns: [{ header: 'Check to be made' }, { header: 'Alliance member?' }, {}, { field: 'partners' }, { field: 'title' }],
  })
  t.same(
    said.rows.map(({ row }: { row: number }) => row),
    [2, 3, 4, 5, 6],
    'a line a column of the file',
  )
  t.equal((await send(matrix)).body.header_row, 1, 'a line of Yes and No is no line of headers')
})

t.test('a register of information sharing agreements with controllers by code and by name: the names are read', async (t) => {
  const dry = (
    await send(
      'Information sharing agreement 0001,Name,Purpose,Legal power disclosure,Disclosed information,Controllers,Controller names,Information sharing method,Processors,Retention period,Start date,End date,Review date\n1,Pilot,To find out,powers-0001:7,Names,"made-up:EA26, made-up:D25",Hackney;London Borough of Brent,Secure Email,,,01/04/2025,31/03/2030,\n',
    )
  ).body
  t.same(fieldsOf(dry), [null, 'title', 'purpose', null, 'data', null, 'partners', null, null, 'retention', 'start', 'expiry', 'review'])
  t.match(dry.rows, [{ status: 'NEW', parties: ['LBC_CAMDEN', 'LBC_BRENT', 'LBC_HACKNEY'], record: { effective_to: '2030-03-31' } }])
})

t.test('a release register with a line a dataset: a record a reference, with every dataset', async (t) => {
  const lines = ['Admitted Care', 'Accident and Emergency', 'Outpatients'].map(
    (dataset, n) =>
      `FILE${n},LONDON BOROUGH OF MERTON COUNCIL,${dataset},"Anonymised - code compliant",Non Sensitive,Made Up Act 2012,,Ongoing,DARS-1,,N`,
  )
  const header =
    'RowID,Organisation Name,us,"Data provided to customer:\nIdentifiable, Aggregated ",Sensitive or Non-Sensitive,Legal Basis for Provision of Data,Purpose,One off release or Ongoing releases,NIC Number,MR Number (where relevant),Opt-outs'
  const { id } = (await send(`${header}\n${[...lines, ...lines].join('\n')}\n`, '?lines=ADD')).body
  const dry = await mapped(id, { columns: { ref: 8, title: 2, partners: 1 } })
  t.match(dry.counts, { NEW: 1, JOINED: 2, SAME: 3, REFUSED: 0 })
  const done = (await officer('POST', `/v1/imports/${id}/commit`, { ifMatch: '*' })).body
  const record = (await officer('GET', `/v1/agreements/${done.rows[0].agreement}`)).body
  t.match(record.versions[0].terms.narrative.necessity_proportionality, 'Datasets: Admitted Care\nAccident and Emergency\nOutpatients')
})

t.test('releases with a blank before quotation marks, without a header line, and of later years with other headers', async (t) => {
  const blank = (
    await send(
      '"Key", "RowID","ODRReference","DataRecipient","Purpose","DateOfRelease" \n1,"Row-1","ODR_1", "Hackney","Says ""why""",2014-04-02\n',
    )
  ).body
  t.same(
    blank.columns.map(({ header }: { header: string }) => header),
    ['Key', 'RowID', 'ODRReference', 'DataRecipient', 'Purpose', 'DateOfRelease'],
  )
  t.match((await mapped(blank.id, { columns: { ref: 2, title: 4, partners: 3 } })).rows, [
    { status: 'NEW', title: 'Says "why"', reference: 'ODR_1' },
  ])
  const none = (
    await send(
      '1,"Row-1","ODR_2","Hackney","Government Agency","A timely study",2014-04-02\n2,"Row-2","ODR_3","Brent","University","Another",2014-05-01\n',
    )
  ).body
  t.match(none, { header_row: 0, columns: [{ header: 'Column 1' }] })
  t.match((await mapped(none.id, { columns: { ref: 2, title: 5, partners: 3 } })).counts, { NEW: 2 }, 'its first line is a record')
  const later = (
    await send(
      '"Row ID","ODR Reference","Data Recipient","Organisation Type","Purpose","Data Source","Legal basis for the release","Date of release","Column1"\n"Row-9","ODR_4","Hackney","Local Authority","Commissioned\nover two lines","A registry","Regulation 5",2017-04-10,\n',
    )
  ).body
  t.same(fieldsOf(later), [null, null, 'partners', null, 'purpose', 'data', null, null, null])
  t.match((await mapped(later.id, { columns: { ref: 1, title: 5, partners: 2, purpose: 4 } })).rows, [
    { status: 'NEW', cells: { purpose: /two lines/ } },
  ])
})
