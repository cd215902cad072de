import t from 'tap'
import { ROLES, type Role } from '../../src/identity/permissions.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { type ApiCaller, aDraft, aFlow, personOf } from '../support/api-caller.ts'
import { approvingDesk } from '../support/approving-desk.ts'
import { assessingDesk } from '../support/assessing-desk.ts'
import { operations } from '../support/contract-walk.ts'
import { SHARE } from '../support/demo-share.ts'
import { questionsAsked } from '../support/questions.ts'
import { PDF } from '../support/sample-files.ts'
import { testService } from '../support/service.ts'

// One box over everything that somebody may see: found by words, names, references and keys, with why; and nothing else is learned from it.

const questionsAskedBy = questionsAsked(t)
const service = await testService(t)
const EVERY_ROLE = ROLES.filter((role) => !['AUDITOR', 'API_CLIENT', 'REGISTER_ADMIN'].includes(role)) as readonly Role[]
const camden = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER', 'REQUESTER'])
const stranger = await personOf(service, 'LBC_SUTTON', EVERY_ROLE)
const auditor = await personOf(service, 'LBC_SUTTON', ['AUDITOR'])
const admin = await personOf(service, 'LBC_CAMDEN', ['REGISTER_ADMIN'])
const example = (id: string) => operations.find((one) => one.id === id)?.body?.example

interface Group {
  readonly kind: string
  readonly next: string | null
  readonly found: readonly {
    readonly id: string
    readonly title: string
    readonly why: readonly {
      readonly field: string
      readonly section: string | null
      readonly pieces: readonly { readonly text: string; readonly hit: boolean }[]
    }[]
  }[]
}
const search = async (q: string, caller: ApiCaller = camden, more = '') => {
  const reply = await caller('GET', `/v1/search?q=${encodeURIComponent(q)}${more}`)
  t.equal(reply.status, 200, `${q}: ${reply.text.slice(0, 300)}`)
  return reply.body as {
    readonly searched: string
    readonly direct: { kind: string; id: string } | null
    readonly groups: readonly Group[]
  }
}
const idsOf = (answer: { readonly groups: readonly Group[] }, kind: string) =>
  answer.groups.find((group) => group.kind === kind)?.found.map(({ id }) => id) ?? []
/** Why the first of a kind was found, the hits in brackets. */
const whyOf = (answer: { readonly groups: readonly Group[] }, kind: string) =>
  answer.groups
    .find((group) => group.kind === kind)
    ?.found[0]?.why.map(({ field, pieces }) => `${field}: ${pieces.map(({ text, hit }) => (hit ? `[${text}]` : text)).join('')}`) ?? []

const { id: draft, etag } = await aDraft(camden, 'Quokkas of the canal')
const narrated = await camden('PUT', `/v1/agreements/${draft}/draft/narrative`, {
  ifMatch: etag,
  body: { purpose: `${'Before that much is said. '.repeat(20)}The wombats are counted by night. ${'After it, more. '.repeat(20)}` },
})
await camden('PUT', `/v1/agreements/${draft}/draft/flows`, {
  ifMatch: narrated.etag,
  body: { flows: [aFlow({ purpose: 'COUNCIL_TAX', data_items: ['HEALTH.DIAGNOSIS'] })] },
})
const { mode: _mode, ...question } = SHARE
const ask = async (why: string) => (await camden('POST', '/v1/requests', { body: { question, why } })).body.id as string
const request = await ask('Numbats are moved without a word')
const oneOff = (await camden('POST', '/v1/disclosures', { body: example('askForDisclosure') })).body.id as string
const emergency = (
  await camden('POST', '/v1/emergencies', {
    body: { ...(example('recordEmergency') as object), justification: 'A bandicoot was in danger' },
  })
).body.id as string
const file = (await camden('POST', '/v1/files?name=Bilby_survey-2026.pdf', { body: PDF, headers: { 'content-type': 'application/pdf' } }))
  .body.id as string
const decision = (await camden('POST', '/v1/decisions', { body: { ...SHARE, provider: 'LBC_CAMDEN' } })).body.decision_id as string

t.test('an agreement is found by its title, text, purpose, data and parties by any of their names, with why', async (t) => {
  t.same(whyOf(await search('quokka'), 'AGREEMENT'), ['TITLE: [Quokkas] of the canal'])
  const [section = ''] = whyOf(await search('wombat counts'), 'AGREEMENT')
  t.match(section, /^SECTION: … .*The \[wombats\] are \[counted\] by night.* …$/, 'in another form, with what stands around it')
  t.match(whyOf(await search('quokkas diagnosis'), 'AGREEMENT').join(), /TITLE: \[Quokkas\][^,]*,DATA: .*\[[Dd]iagnos/)
  t.match(whyOf(await search('quokkas "council tax"'), 'AGREEMENT').join(), /PURPOSE: .*\[[Cc]ouncil\] \[tax\]/)
  t.match(whyOf(await search('quokkas Hackney'), 'AGREEMENT').join(), /PARTY: \[Hackney\]/)
  t.ok(idsOf(await search('LBTH', auditor), 'AGREEMENT').length > 0)
  t.same(idsOf(await search('quokkas -wombats'), 'AGREEMENT'), [], 'and not by what must not be there')
})

t.test('a reference leads straight to its agreement, however it is spelled', async (t) => {
  const [, year, code = ''] = /^DSA-(\d+)-(\w+)$/.exec(draft) ?? []
  for (const spelled of [
    ...[draft, draft.toLowerCase(), `dsa ${year} ${code}`, `DSA${year}${code}`, `  dsa_${year}/${code.toLowerCase()} `, `"${draft}"`],
    `https://accord.example/agreements/${draft}?x=1`,
  ]) {
    const answer = await search(spelled)
    t.same(answer.direct, { kind: 'AGREEMENT', id: draft }, spelled)
    t.equal(idsOf(answer, 'AGREEMENT')[0], draft)
  }
  t.same((await search('demo curl')).direct, { kind: 'AGREEMENT', id: 'DEMO-CURL' })
  t.equal((await search('quokkas')).direct, null)
})

t.test('requests, disclosures, emergencies, files and decisions are found by what they say, or by their key', async (t) => {
  t.match(whyOf(await search('numbat moves'), 'REQUEST').join(), 'REASON: [Numbats] are [moved] without a word')
  t.same(idsOf(await search('numbats Hackney'), 'REQUEST'), [request], 'one word in the text, another in the name of a party')
  t.same(idsOf(await search('numbats Sutton'), 'REQUEST'), [])
  t.same(idsOf(await search('bandicoots'), 'EMERGENCY'), [emergency])
  t.same(idsOf(await search('"Detective sergeant" Met'), 'DISCLOSURE'), [oneOff])
  t.same(idsOf(await search('bilby 2026'), 'FILE'), [file])
  t.match(whyOf(await search('bilby 2026'), 'FILE').join(), '[Bilby] survey [2026] pdf')
  for (const [kind, id] of Object.entries({ REQUEST: request, DISCLOSURE: oneOff, EMERGENCY: emergency, FILE: file, DECISION: decision })) {
    for (const spelled of [id, id.toUpperCase().replaceAll('-', '')]) {
      const answer = await search(spelled)
      t.same(answer.direct, { kind, id }, `${kind} ${spelled}`)
      t.same(idsOf(answer, kind), [id])
    }
  }
})

t.test('organisations and the codes of law are found by whoever reads the register', async (t) => {
  const answer = await search('camden', admin)
  t.same(
    answer.groups.map(({ kind }) => kind).filter((kind) => !['ORGANISATION', 'PERSON', 'CODE'].includes(kind)),
    [],
    'an administrator of the register reads no agreements',
  )
  t.equal(idsOf(answer, 'ORGANISATION')[0], 'LBC_CAMDEN')
  t.ok(idsOf(await search('Crime and Disorder Act s115'), 'CODE').includes('CDA1998_S115'))
  t.equal(idsOf(await search('cda1998_s115'), 'CODE')[0], 'CDA1998_S115')
  t.ok(idsOf(await search('homelessness placement'), 'CODE').includes('HOMELESSNESS.PLACEMENT_NOTIFICATION'))
})

t.test('people are found by name, account or role where the reader may see their roles, and nowhere else', async (t) => {
  const held = { person: { subject: 'thylacine@camden.example' }, role: 'DPO', reason: 'Appointed' }
  const { body } = await admin('POST', '/v1/organisations/LBC_CAMDEN/roles', { body: held })
  for (const q of ['thylacine', 'THYLAC', 'thylacine "data protection officer"', 'thylacine camden'])
    t.same(idsOf(await search(q), 'PERSON'), [body.id], q)
  t.same(idsOf(await search('thylacine', auditor), 'PERSON'), [body.id])
  t.same(idsOf(await search('thylacine', stranger), 'PERSON'), [])
})

t.test('comments of a review are found by whoever may read them, each where it stands', async (t) => {
  const desk = await deskOn(service)
  const hackney = await personOf(service, 'LBC_HACKNEY', ['DPO'])
  const agreement = await desk.draft({ orgs: ['LBC_CAMDEN', 'LBC_HACKNEY'], title: 'Reviewed by two', effectiveFrom: '2027-06-01' })
  const { sign_off: id } = (await desk.freeze(agreement, { route: 'STANDARD', isApproved: false })).body
  const said = async (text: string, shared: boolean, more: object = { part: '/title' }) => {
    const body = { command: 'comment', text, shared, ...more }
    const reply = await desk.call({ org: 'LBC_CAMDEN', role: 'DPO' }, 'POST', `/v1/sign-offs/${id}/commands`, body)
    t.equal(reply.status, 200, reply.text.slice(0, 300))
  }
  await said('The echidnas are counted twice', true)
  await said('Between us: the dunnarts are doubtful', false, { part: '' })
  const { threads } = (await camden('GET', `/v1/sign-offs/${id}`)).body as { threads: { id: string; shared: boolean }[] }
  await said('A dunnart is small', false, { thread: threads.find(({ shared }) => !shared)?.id })

  for (const [caller, who] of [
    [camden, 'Camden'],
    [hackney, 'Hackney'],
    [auditor, 'an auditor'],
  ] as const) {
    const found = await search('echidna counting', caller)
    t.same(idsOf(found, 'REVIEW'), [id], who)
    t.same(whyOf(found, 'REVIEW'), ['COMMENT: The [echidnas] are [counted] twice'], who)
    t.equal(found.groups.find(({ kind }) => kind === 'REVIEW')?.found[0]?.why[0]?.section, threads.find(({ shared }) => shared)?.id)
  }
  t.match(whyOf(await search('dunnart'), 'REVIEW'), [/^COMMENT: A \[dunnart\] is small$/], 'a thread is shown by its latest')
  t.same(idsOf(await search('"dunnarts are doubtful" -echidnas'), 'REVIEW'), [id])
  t.same(idsOf(await search('doubtful -dunnarts'), 'REVIEW'), [])
  t.same(idsOf(await search('echidnas doubtful'), 'REVIEW'), [], 'the words of two comments are no comment')
  t.same(idsOf(await search('dunnart', hackney), 'REVIEW'), [], 'what Camden keeps to itself no other party finds')
  t.same((await search(id)).direct, { kind: 'REVIEW', id })
  for (const q of ['echidnas', 'dunnarts', id]) t.same(idsOf(await search(q, stranger), 'REVIEW'), [], q)
  t.match(await camden('GET', '/v1/search?q=echidnas&kind=REVIEW&cursor=nowhere'), { status: 400 })
})

t.test(
  'what reviewers say with a decision is found as their review is: conditions, reasons of a return and of advice against it',
  async (t) => {
    const desk = await deskOn(service)
    const hackney = await personOf(service, 'LBC_HACKNEY', ['DPO'])
    const people = approvingDesk(desk.call)
    const agreement = await desk.draft({ orgs: ['LBC_CAMDEN', 'LBC_HACKNEY'], title: 'Decided by two', effectiveFrom: '2027-06-01' })
    const { sign_off: id } = (await desk.freeze(agreement, { route: 'STANDARD', isApproved: false })).body
    const conditions = ['Numbats are kept apart', 'Nobody feeds a pademelon'].map((text) => ({ text, bearer: 'BOTH', due: null }))
    const step = { id: 'IG_REVIEW', role: 'IG_OFFICER' } as const
    t.equal((await people.approve(id, 'LBC_CAMDEN', step, { conditions, comment: 'The woylies are well looked after' })).status, 200)
    const returned = { command: 'return', step: 'IG_REVIEW', reasons: 'Say where the quokkas live' }
    t.equal((await people.command(id, people.people('LBC_HACKNEY', 'IG_OFFICER'), returned)).status, 200)
    for (const [q, why] of [
      ['numbat', 'CONDITION: [Numbats] are kept apart'],
      ['"feeds a pademelon" numbats', 'CONDITION: [Numbats] are kept apart'],
      ['woylies', 'REASON: The [woylies] are well looked after'],
      ['quokka living', 'REASON: Say where the [quokkas] [live]'],
    ] as const) {
      for (const caller of [camden, hackney, auditor]) {
        const found = await search(q, caller)
        t.same(idsOf(found, 'REVIEW'), [id], q)
        t.equal(whyOf(found, 'REVIEW')[0], why, q)
      }
      t.same(idsOf(await search(q, stranger), 'REVIEW'), [], `${q}: a stranger finds nothing`)
    }
    t.same(idsOf(await search('numbats -pademelon'), 'REVIEW'), [])
  },
)

t.test('an assessment that is made here is found by its answers, risks and measures, by the parties alone', async (t) => {
  const desk = await deskOn(service)
  const dpia = assessingDesk(desk)
  const hackney = await personOf(service, 'LBC_HACKNEY', ['DPO'])
  const agreement = await desk.draft({ orgs: ['LBC_CAMDEN', 'LBC_HACKNEY'], title: 'Assessed by two', effectiveFrom: '2027-06-01' })
  const id = await dpia.begin(agreement.id)
  await dpia.written(id, { risk: { source: 'A bettong in the post', description: 'A potto is seen by strangers' } })
  const { content } = await dpia.read(id)
  const [question = ''] = Object.keys(content.answers)
  const answered = { text: `Kowaris ask${' and ask'.repeat(60)}`, choice: content.answers[question].choice }
  t.equal((await dpia.write(id, 'PUT', `/answers/${question}`, answered)).status, 200)

  for (const [q, why, section] of [
    ['kowari', /^ANSWER: \[Kowaris\].* …$/, question],
    ['"seen by strangers"', /^RISK: A potto is \[seen\] by \[strangers\]$/, content.risks[0].id],
    ['bettongs', /^RISK: A \[bettong\] in the post$/, content.risks[0].id],
    ['"only the duty team" kowaris', /^ANSWER: .*/, question],
  ] as const)
    for (const caller of [camden, hackney, auditor]) {
      const found = await search(q, caller)
      t.same(idsOf(found, 'ASSESSMENT'), [id], q)
      t.match(whyOf(found, 'ASSESSMENT')[0], why)
      t.equal(found.groups.find(({ kind }) => kind === 'ASSESSMENT')?.found[0]?.why[0]?.section, section, q)
    }
  t.match(whyOf(await search('"duty team" kowaris'), 'ASSESSMENT').join(), /MEASURE: Only the \[duty\] \[team\]/)
  t.same((await search(id)).direct, { kind: 'ASSESSMENT', id })
  for (const q of ['urn:test:writer', 'LOSS_OF_CONFIDENTIALITY']) t.same(idsOf(await search(q), 'ASSESSMENT'), [], 'no person and no code')
  for (const q of ['kowaris', 'bettong', id]) t.same(idsOf(await search(q, stranger), 'ASSESSMENT'), [], q)
  t.match(await camden('GET', '/v1/search?q=kowaris&kind=ASSESSMENT&cursor=nowhere'), { status: 400 })
})

t.test('comments and assessments are found by an index, and an assessment of words without end is kept', async (t) => {
  const owner = await service.database?.openAs('session_user', 1)
  if (!owner) return
  const client = await owner.pool.connect()
  try {
    await client.query('begin; set local enable_seqscan = off')
    const planOf = async (from: string) =>
      (await client.query(`explain select from ${from} words @@ phraseto_tsquery('english', 'echidna')`)).rows
        .map((row) => row['QUERY PLAN'])
        .join(' ')
    t.match(await planOf('sign_off_event where words is not null and'), 'sign_off_event_by_words')
    t.match(await planOf('made_assessment where'), 'made_assessment_by_words')
    const endless = `select length(public.words_of_assessment(jsonb_build_object('answers', (
      select jsonb_object_agg(n, jsonb_build_object('text', (select string_agg(md5((n * 10000 + i)::text), ' ') from generate_series(1, 240) as i)))
        from generate_series(1, 300) as n)))) as words`
    t.ok((await client.query(endless)).rows[0].words > 1_000)
  } finally {
    await client.query('rollback')
    client.release()
  }
})

t.test('what the hand mistyped is found, and the answer says what was looked for', async (t) => {
  const answer = await search('homelesness plcement')
  t.equal(answer.searched, 'homelessness placement')
  t.ok(answer.groups.length > 0)
  t.equal((await search('Hackny')).searched, 'hackney')
  t.equal((await search('quokka')).searched, 'quokka')
  t.same(await search('xyzzyplugh'), { searched: 'xyzzyplugh', direct: null, groups: [] })
  t.equal((await search('quokkaz', stranger)).searched, 'quokkaz', 'no word is offered out of what somebody may not read')
})

t.test('of one kind there are pages, in the same order, until the end', async (t) => {
  const all = await Promise.all(Array.from({ length: 7 }, (_, n) => ask(`Potoroo number ${n}`)))
  const first = await search('potoroo')
  t.equal(idsOf(first, 'REQUEST').length, 5)
  t.ok(first.groups.find(({ kind }) => kind === 'REQUEST')?.next)
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await search('potoroo', camden, `&kind=REQUEST&limit=3${cursor ? `&cursor=${cursor}` : ''}`)
    seen.push(...idsOf(page, 'REQUEST'))
    cursor = page.groups[0]?.next ?? null
  }
  t.same(seen.toSorted(), all.toSorted())
  for (const kind of ['AGREEMENT', 'ORGANISATION', 'REQUEST', 'FILE', 'CODE'])
    t.match(await camden('GET', `/v1/search?q=camden&kind=${kind}&cursor=nowhere`), { status: 400 }, kind)
})

t.test('a stranger finds nothing of others, whatever they type, by the same work as if it were not there', async (t) => {
  const hidden = [draft, request, oneOff, emergency, file, decision]
  for (const q of [...hidden, 'quokkas', 'wombats', 'numbats', 'bandicoots', 'bilby', 'canal'])
    t.same(
      (await search(q, stranger)).groups.flatMap(({ found }) => found.map(({ id }) => id)).filter((id) => hidden.includes(id)),
      [],
      q,
    )
  const MISSING = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'
  for (const [one, none] of [
    [draft, 'DSA-2026-000000'],
    ['quokkas', 'xyzzyplug'],
    ['numbats', 'xyzzyplu'],
    ...hidden.slice(1).map((id) => [id, MISSING]),
  ] as [string, string][]) {
    for (const q of [none, one]) await search(q, stranger)
    const asked = async (q: string) =>
      (await questionsAskedBy(() => stranger('GET', `/v1/search?q=${q}`))).questions.filter(
        (text) => !/^(?:begin|commit)\b|^select pg_backend_pid/.test(text),
      )
    t.strictSame(await asked(one), await asked(none), one)
  }
})

t.test('hostile and empty words are words: found or not, never a fault', async (t) => {
  for (const q of [
    "'; drop table agreement; --",
    '!!! & | :*',
    '%',
    '_',
    '\\',
    '"',
    '-',
    '--quokka',
    '""',
    '<b>quokka</b>',
    'a'.repeat(200),
    'the',
    'OR',
    '\u202equokka',
    '𝔮𝔲𝔬𝔨𝔨𝔞',
    `${'x '.repeat(99)}`,
  ])
    await search(q)
  t.same(idsOf(await search('%'), 'FILE'), [], 'a sign of patterns is no pattern')
  for (const q of ['', '%20', `a${'b'.repeat(300)}`]) t.match(await camden('GET', `/v1/search?q=${q}`), { status: 400 }, q.slice(0, 10))
  t.match(await camden('GET', '/v1/search'), { status: 400 })
  t.match(await service.inject({ method: 'GET', url: '/v1/search?q=x' }), { statusCode: 401 })
})
