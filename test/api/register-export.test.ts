import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import t from 'tap'
import { listingService } from '../../src/agreements/finding/listing.service.ts'
import { LINE_HEADERS } from '../../src/agreements/model/register-line.ts'
import { orThrow } from '../../src/platform/kernel/refusal.ts'
import { agreementDesk, type Desk } from '../support/agreement-desk.ts'
import { type ApiCaller, personOf } from '../support/api-caller.ts'
import { aVersion as aDraftVersion, aFlow as aPlacement } from '../support/builders/draft.ts'
import { sayUnstated } from '../support/register-answers.ts'
import { testService } from '../support/service.ts'

type Line = Readonly<Record<string, string>>
const CSV = { accept: 'text/csv' }
const linesOf = (text: string): Line[] => parse(text, { columns: true }) as Line[]
const registerOf = async (caller: ApiCaller, query = '') => caller('GET', `/v1/agreements?sort=id&${query}`, { headers: CSV })
const refs = (lines: readonly Line[]) => lines.map((line) => line['Accord reference'])

/** A register of every shape that an import takes: codes, words, blanks, days that are not stated, formulas, lists in a cell. */
const REGISTER = [
  {
    ...{
      Ref: 'R-1',
      Title: 'Rough sleeping',
      Partners: 'Hackney; the Met',
      Type: 'ISA',
      Purpose: 'Homelessness',
      'Data shared': 'Name; Address',
    },
    ...{ 'Data subjects': 'Homeless applicants', 'Lawful basis': 'public task', Power: 'Housing Act 1996 Part 7', Direction: 'Out' },
    ...{ Method: 'Secure email', Frequency: 'Monthly', 'Special category': 'No', 'DPIA ref': 'DPIA-1', 'DPIA date': '01/02/2025' },
    ...{ 'Date signed': '01/03/2025', 'Signed by': 'A Director', Start: '01/04/2025', Expiry: '31/03/2030', 'Review date': '01/04/2027' },
    ...{ Retention: '6 years', Status: 'Live', Service: 'Housing', 'Lead officer': 'Housing lead', Notes: 'Ask legal first' },
    Location: 'https://files.example/isa.pdf',
  },
  {
    Ref: 'R-2',
    Title: 'Words, only',
    Partners: 'Islington',
    Purpose: 'Helping families',
    'Data shared': 'Family files',
    'Lawful basis': '6(1)(c) and (e)',
    Frequency: 'as needed',
    'Special category': 'Yes (health)',
  },
  {
    Ref: 'R-3',
    Title: '=1+1',
    Partners: 'Hackney',
    Type: 'DPA',
    'Our role': 'Controller',
    Status: 'Draft',
    Notes: '=HYPERLINK("x")\n-2nd line',
  },
  {
    Ref: 'R-4',
    Title: 'Over',
    Partners: 'Brent',
    Type: 'ISA',
    Purpose: 'Homelessness',
    'Data shared': 'Name',
    Direction: 'both ways',
    'Date signed': '30/06/2020',
    Start: '01/07/2020',
    Expiry: '30/06/2022',
    Status: 'Terminated',
    Notes: '  "quoted", and\nbroken',
  },
  { Title: 'No reference', Partners: 'Barnet', Direction: 'In', Expiry: 'Ongoing', Status: 'Active' },
]
const COLUMNS = [...new Set([...Object.keys(REGISTER[0] as object), 'Our role'])]
const csvOf = (lines: readonly object[], columns: readonly string[] = Object.keys(lines[0] ?? {})) =>
  stringify([...lines], { header: true, columns: [...columns] })

t.test('the register as a file', async (t) => {
  const service = await testService(t)
  const officer = (org: string) => personOf(service, org, ['IG_OFFICER'])
  const camden = await officer('LBC_CAMDEN')
  await sayUnstated(camden)
  const csv = (caller: ApiCaller, body: string) => caller('POST', '/v1/imports', { body, headers: { 'content-type': 'text/csv' } })
  const imported = await csv(camden, csvOf(REGISTER, COLUMNS))
  const committed = await camden('POST', `/v1/imports/${imported.body.id}/commit`, { ifMatch: '*' })
  t.match(committed.body, { counts: { committed: 5, REFUSED: 0 } }, JSON.stringify(committed.body.rows))

  t.test('it holds a line for each agreement that the reader may know, and no other', async (t) => {
    for (const org of ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BEXLEY']) {
      const caller = await officer(org)
      const file = await registerOf(caller)
      t.match(file.headers, { 'content-type': 'text/csv; charset=utf-8; header=present', link: undefined })
      const known: string[] = []
      for (let cursor = ''; ; ) {
        const { agreements, next_cursor } = (await caller('GET', `/v1/agreements?sort=id&limit=100${cursor}`)).body
        known.push(...agreements.map(({ id }: { id: string }) => id))
        if (next_cursor === null) break
        cursor = `&cursor=${next_cursor}`
      }
      t.same(refs(linesOf(file.text)), known, `${org} reads ${known.length} lines`)
    }
    t.ok(linesOf((await registerOf(camden)).text).length > 5, 'the demo register and what was imported')
  })

  t.test('the filters of the list narrow it, and a browser may ask for it in the address', async (t) => {
    const found = linesOf((await camden('GET', '/v1/agreements?format=csv&origin=ELSEWHERE&state=TERMINATED&q=Over')).text)
    t.match(found, [{ Title: 'Over', Reference: 'R-4', Status: 'TERMINATED', 'Ended on': '2022-06-30', 'Expiry date': '2022-06-30' }])
    const inForce = linesOf((await camden('GET', '/v1/agreements?format=csv&state=IN_FORCE')).text)
    t.ok(inForce.length > 0 && inForce.every((line) => line['State at export']?.split('; ').includes('IN_FORCE')))
    t.equal((await camden('GET', '/v1/agreements?format=json')).body.agreements.length > 0, true)
    t.equal((await camden('GET', '/v1/agreements', { headers: { accept: 'application/pdf' } })).status, 406)
    const { status, body } = await camden('GET', '/v1/agreements?limit=101')
    t.match({ status, body }, { status: 400, body: { errors: [{ pointer: '/query/limit' }] } }, 'a page of JSON stays bounded')
  })

  t.test('a list that is longer than a file goes on where the file ended', async (t) => {
    const all = refs(linesOf((await registerOf(camden)).text))
    const read: (string | undefined)[] = []
    for (let url: string | undefined = '/v1/agreements?sort=id&limit=3'; url; ) {
      const page: Awaited<ReturnType<typeof camden>> = await camden('GET', url, { headers: CSV })
      read.push(...refs(linesOf(page.text)))
      url = /<([^>]+)>; rel="next"/.exec(String(page.headers['link'] ?? ''))?.[1]
    }
    t.same(read, all)
  })

  t.test('no cell of it runs in a spreadsheet, and days are days of London', async (t) => {
    const { text } = await registerOf(camden, 'origin=ELSEWHERE')
    const lines = linesOf(text)
    const draft = lines.find(({ Reference }) => Reference === 'R-3')
    t.match(draft, { Title: "'=1+1", Notes: `'=HYPERLINK("x")\n'-2nd line` })
    t.match(
      lines.find(({ Reference }) => Reference === 'R-1'),
      {
        'Start date': '2025-04-01',
        'Date signed': '01/03/2025',
        Partners: 'LBC_HACKNEY; MPS',
        'Every signature':
          'LBC_CAMDEN: 2025-03-01, A Director, not confirmed\nLBC_HACKNEY: 2025-03-01, not confirmed\nMPS: 2025-03-01, not confirmed',
      },
    )
  })

  t.test('imported again by the same organisation, every line is SAME and nothing is asked', async (t) => {
    for (const org of ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_TOWER_HAMLETS']) {
      const caller = await officer(org)
      const { text } = await registerOf(caller)
      const lines = linesOf(text).length
      const dry = await csv(caller, text)
      const others = dry.body.rows?.filter(({ status }: { status: string }) => status !== 'SAME')
      t.match(
        { counts: dry.body.counts, questions: dry.body.questions_total, partners: dry.body.open_partners_total },
        { counts: { SAME: lines, NEW: 0, CHANGED: 0, REFUSED: 0 }, questions: 0, partners: 0 },
        `${org}: ${JSON.stringify(others?.slice(0, 2))}`,
      )
    }
  })

  t.test(
    'a changed cell of an imported record is CHANGED and named; of one that lives here it is left alone, with the reason',
    async (t) => {
      const lines = linesOf((await registerOf(camden)).text)
      /** The file with one cell of one line changed: what becomes of that line, and nothing of any other. */
      const changed = async (title: string, column: string, cell: string) => {
        const dry = (await csv(camden, csvOf(lines.map((line) => (line['Title'] === title ? { ...line, [column]: cell } : line))))).body
        const row = dry.rows.find((one: { row: number }) => one.row === lines.findIndex((line) => line['Title'] === title) + 2)
        t.match(
          dry,
          { counts: { SAME: lines.length - (row.status === 'SAME' ? 0 : 1) }, questions_total: 0, gone_total: 0 },
          `${column} of ${title}`,
        )
        const said = [...row.errors, ...row.warnings]
          .map(({ column: of, detail }: Record<string, unknown>) => `${of ?? ''} ${detail}`)
          .join(' ')
          .trim()
        return { id: dry.id, status: row.status, said, record: row.record }
      }
      t.match(await changed('Rough sleeping', 'Location', 'https://files.example/isa-2.pdf'), {
        status: 'CHANGED',
        said: /Other than before: Location\.$/,
      })
      const longer = await changed('Rough sleeping', 'Expiry date', '31/03/2031')
      t.match(longer, {
        status: 'CHANGED',
        said: /Other than before: Expiry date\.$/,
        record: { effective_to: '2031-03-31', effective_from: '2025-04-01', purpose: 'HOMELESSNESS' },
      })
      t.match(await changed('Rough sleeping', 'Expiry date', '31/03/2020'), { status: 'REFUSED', said: /before it begins/ })
      t.match(await changed('Rough sleeping', 'Every flow', 'all of it'), {
        status: 'SAME',
        said: /^Every flow Not taken from a file: change DSA-.* here\.$/,
      })
      const demo = lines.find((line) => line['Accord reference'] === 'DEMO-CURL')?.['Title'] ?? ''
      const renamed = await changed(demo, 'Expiry date', '2030-01-01')
      t.match(renamed, { status: 'REFUSED', said: /stands here and says otherwise in Expiry date: change it here/ })
      t.match((await camden('POST', `/v1/imports/${renamed.id}/commit`, { ifMatch: '*' })).body.counts, { committed: 0 })

      t.match((await camden('POST', `/v1/imports/${longer.id}/commit`, { ifMatch: '*' })).body.counts, { committed: 1 })
      const after = linesOf((await registerOf(camden, 'origin=ELSEWHERE&state=ACTIVE&q=Rough+sleeping')).text)
      t.match(after, [
        {
          Reference: 'R-1',
          'Expiry date': '2031-03-31',
          'Start date': '2025-04-01',
          'Date signed': '01/03/2025',
          Location: 'https://files.example/isa.pdf',
        },
      ])
      const again = (await csv(camden, (await registerOf(camden)).text)).body
      t.match(again.counts, { NEW: 0, CHANGED: 0, REFUSED: 0 }, 'what was replaced and what replaced it are the same as ever')
    },
  )
})

t.test('agreements drafted and signed here', async (t) => {
  const desk: Desk = await agreementDesk(t)
  const three = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']
  const versions = [
    aDraftVersion(three, {
      terms: {
        ...aDraftVersion(three).terms,
        commencement: { rule: 'PAIRWISE' },
        flows: [
          aPlacement(three),
          aPlacement(three, { id: 'F2', providers: ['LBC_HACKNEY'], recipients: ['LBC_CAMDEN'] }),
          aPlacement(three, { id: 'F3', providers: ['LBC_ISLINGTON'], recipients: ['LBC_HACKNEY'] }),
        ],
      },
    }),
  ]
  const many = await desk.draft({ orgs: three, versions } as never)
  const { hash } = await desk.freeze(many)
  for (const org of ['LBC_CAMDEN', 'LBC_HACKNEY']) t.equal((await desk.sign(many.id, org, 1, hash)).status, 201)
  const draft = await desk.draft()
  t.ok(draft.id)
  const officer = (org: string) => ({ org, role: 'IG_OFFICER' as const })

  t.test('a line tells every party, flow, law and signature, seen from the reader', async (t) => {
    const lines = linesOf((await desk.call(officer('LBC_CAMDEN'), 'GET', '/v1/agreements?format=csv')).text)
    const line = lines.find((one) => one['Accord reference'] === many.id)
    t.match(line, { Direction: 'BOTH', Partners: 'LBC_HACKNEY; LBC_ISLINGTON', 'Date signed': '2026-11-22', 'Text kept by': 'LBC_CAMDEN' })
    t.match(line?.['Every party and its role'], /LBC_HACKNEY: CONTROLLER.*BOUND\nLBC_ISLINGTON: CONTROLLER.*INVITED/s)
    t.match(line?.['Every flow'], /^F1: .*\nF2: LBC_HACKNEY to LBC_CAMDEN; .*\nF3: LBC_ISLINGTON to LBC_HACKNEY; /s)
    t.match(line?.['Law of each side'], /^F1 provider: UK_GDPR, 6\(1\)\(e\).*\nF1 recipient: /)
    t.match(line?.['Every signature'], 'LBC_CAMDEN: 2026-11-22, A. Signatory, Director\nLBC_HACKNEY: 2026-11-22, A. Signatory, Director')
    const islington = linesOf((await desk.call(officer('LBC_ISLINGTON'), 'GET', '/v1/agreements?format=csv')).text)
    t.match(islington, [{ 'Accord reference': many.id, Partners: 'LBC_CAMDEN; LBC_HACKNEY', 'Date signed': '' }])
  })

  t.test('imported again they are SAME for each of their parties, and a commit makes nothing of them', async (t) => {
    for (const org of three) {
      const { text } = await desk.call(officer(org), 'GET', '/v1/agreements?format=csv')
      const dry = await desk.call(officer(org), 'POST', '/v1/imports', { csv: text })
      t.match(dry.body, { counts: { SAME: linesOf(text).length, NEW: 0, CHANGED: 0, REFUSED: 0 }, questions_total: 0 }, org)
      const done = await desk.call(officer(org), 'POST', `/v1/imports/${dry.body.id}/commit`, {}, { 'if-match': '*' })
      t.match(done.body.counts, { committed: 0 })
    }
  })

  t.test('whoever has left exports what it knew then', async (t) => {
    const left = await desk.call(
      { org: 'LBC_HACKNEY', role: 'SIGNATORY' },
      'POST',
      `/v1/agreements/${many.id}/withdrawals`,
      { reason: 'x' },
      { 'if-match': '*' },
    )
    t.equal(left.status, 201, left.text)
    desk.at('2026-11-23T12:00:00.000Z')
    t.equal((await desk.sign(many.id, 'LBC_ISLINGTON', 1, hash)).status, 201)
    const [line] = linesOf((await desk.call(officer('LBC_HACKNEY'), 'GET', '/v1/agreements?format=csv')).text)
    t.notMatch(line?.['Every signature'], 'LBC_ISLINGTON')
    t.match(line?.['Every party and its role'], /LBC_HACKNEY: .*LEFT/)
  })

  t.test('nor does any filter tell it what came after: the file holds what the list holds', async (t) => {
    const camden = (path: string, body: object) =>
      desk.call({ org: 'LBC_CAMDEN', role: 'SIRO' }, 'POST', `/v1/agreements/${many.id}/${path}`, body, { 'if-match': '*' })
    t.equal((await camden('termination', { reason: 'It is over' })).status, 200)
    for (const query of ['state=TERMINATED', 'state=SUSPENDED', 'review_due_before=1999-01-01', 'mine=true']) {
      const listed = (await desk.call(officer('LBC_HACKNEY'), 'GET', `/v1/agreements?${query}`)).body.agreements
      const file = await desk.call(officer('LBC_HACKNEY'), 'GET', `/v1/agreements?format=csv&${query}`)
      t.same([listed, linesOf(file.text)], [[], []], query)
    }
    const ended = await desk.call(officer('LBC_ISLINGTON'), 'GET', '/v1/agreements?format=csv&state=TERMINATED')
    t.same(refs(linesOf(ended.text)), [many.id], 'who takes part still exports it as it is')
  })

  t.test('and a register that it imports is held against what it knew', async (t) => {
    const line = {
      Ref: 'N-1',
      Title: 'Another share',
      Partners: 'LBC_CAMDEN; LBC_ISLINGTON',
      Type: 'ISA',
      Purpose: many.versions[0]?.terms.flows[0]?.purpose,
    }
    const dry = await desk.call(officer('LBC_HACKNEY'), 'POST', '/v1/imports', { csv: csvOf([line]) })
    t.equal(dry.status, 201, dry.text)
    const overlap = dry.body.rows[0].overlaps.find(({ agreement }: { agreement: string }) => agreement === many.id)
    t.match(overlap, { agreement: many.id, state: 'NOT_YET_EFFECTIVE' }, 'and not TERMINATED')
  })
})

t.test(
  'however many agreements there are, a file of a derived state looks at so many of them and says where the next begins',
  async (t) => {
    const service = await testService(t)
    const { db, clock, agreements } = service.app.services
    const listed = (limit: number, cursor?: string, examinedMax?: number) =>
      listingService({ db, clock, agreements, ...(examinedMax ? { examinedMax } : {}) })
        .references(principal, { state: 'EXPIRED', limit, cursor })
        .then(orThrow)
    const principal = { issuer: 'x', sub: 'x', org: 'LBC_CAMDEN', roles: ['AUDITOR' as const], clientId: null }
    const whole = await listed(5000)
    t.ok(whole.ids.length > 0)
    const files: (readonly string[])[] = []
    for (let cursor: string | undefined; files.length === 0 || cursor !== undefined; ) {
      const { ids, next } = await listed(3, cursor, 1)
      files.push(ids)
      cursor = next ?? undefined
    }
    t.ok(
      files.slice(0, -1).some((ids) => ids.length < 3),
      'one that found fewer did not look at all the others',
    )
    t.same(files.flat(), whole.ids)
  },
)

t.test('every header of a file is known to the import, or is none of its own', async (t) => {
  t.equal(new Set(Object.values(LINE_HEADERS)).size, Object.keys(LINE_HEADERS).length)
})
