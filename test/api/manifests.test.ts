import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { findLine, mayShareOffline, openManifest } from '../../examples/manifest.ts'
import { STANDING } from '../../examples/pep.ts'
import { STANDING_STATEMENT } from '../../src/agreements/model/standing-permit.ts'
import { manifest as manifestCommand } from '../../src/cli/manifest.ts'
import type { Obligation } from '../../src/decisions/evaluation/obligations.ts'
import type { Manifest } from '../../src/decisions/manifests/manifest.ts'
import type { Permission } from '../../src/decisions/permitted/permissions.ts'
import type { Role } from '../../src/identity/permissions.ts'
import { openManifest as openStrictly, unfitting } from '../../src/verifier/manifest.ts'
import { agreementDesk, inForce, type Person } from '../support/agreement-desk.ts'
import { SHARE } from '../support/demo-share.ts'
import { decisionLeaves } from '../support/leaves.ts'
import type { TestCaller } from '../support/service.ts'

// `GET /v1/permissions/manifest`: what may be shared while the service cannot be reached (docs/decisions/0034-manifests.md).

const NOON = '2026-11-22T12:00:00.000Z'
const desk = await agreementDesk(t, NOON, { restrictedPurposes: ['HOMELESSNESS.DUTY_TO_REFER'] })
const { service } = desk
const { id } = await inForce(desk)
const CAMDEN: TestCaller = { org: 'LBC_CAMDEN', clientId: 'camden-client' }
const HACKNEY: TestCaller = { org: 'LBC_HACKNEY', clientId: 'hackney-client' }
const SIRO: Person = { org: 'LBC_CAMDEN', role: 'SIRO' }
const allow = (hours: number) =>
  desk.call(SIRO, 'POST', `/v1/agreements/${id}/standing-permits`, { flow: 'F1', hours, statement: STANDING_STATEMENT })
const FULFILS = { ...STANDING, LOG_DISCLOSURE: () => true }
const ask = async (query: Readonly<Record<string, string>>, caller = CAMDEN) =>
  service.inject({ method: 'GET', url: `/v1/permissions/manifest?${new URLSearchParams(query)}`, headers: await service.as(caller) })
const KEY = (await service.inject({ method: 'GET', url: '/log/decisions-2026/manifest-vkey' })).body
const issued = async (query: Readonly<Record<string, string>> = { direction: 'SEND' }, caller = CAMDEN) => {
  const reply = await ask(query, caller)
  t.equal(reply.statusCode, 200, reply.body)
  return { note: Buffer.from(reply.body), ...(openManifest(Buffer.from(reply.body), KEY) as unknown as Manifest) }
}
const permissions = async (direction: string, caller = CAMDEN) =>
  (await service.inject({ method: 'GET', url: `/v1/permissions?direction=${direction}`, headers: await service.as(caller) })).json()
    .permissions

t.test(
  'a manifest is empty until a SIRO lets a flow stand, and then holds what is permitted on it from their organisation alone',
  async (t) => {
    const before = (await decisionLeaves(service)).length
    t.match(await issued(), { lines: [], issued_at: NOON, expires_at: NOON })
    t.equal((await allow(12)).status, 201)
    const { note: _note, lines, ...manifest } = await issued()
    t.match(manifest, { organisation: 'LBC_CAMDEN', direction: 'SEND', issued_at: NOON, policy_revision: Number })
    const stripped = lines.map(
      ({ line: _l, obligations: _o, valid_until: _v, revocation_delay_hours: _r, data_subjects: _d, ...line }) => line,
    )
    const table = await permissions('SEND')
    t.strictSame(
      stripped,
      table.flatMap(({ expires_at: _e, data_subjects: _d, ...line }: Permission) =>
        line.purpose.startsWith('HOMELESSNESS.DUTY_TO_REFER') ? [] : [line],
      ),
      'the lines of the table of permissions, but for what is restricted to its own instant',
    )
    t.ok(stripped.length > 0)
    for (const line of lines) t.match(line, { revocation_delay_hours: 12, valid_until: '2026-11-23T00:00:00.000Z' })

    const received = await issued({ direction: 'RECEIVE' }, HACKNEY)
    t.ok(received.lines.length > 0)
    t.ok(
      received.lines.every(({ provider }) => provider === 'LBC_CAMDEN'),
      'Islington lets nothing stand',
    )
    t.match(await issued({ direction: 'SEND' }, HACKNEY), { lines: [] })
    t.match(await issued({ direction: 'SEND', with: 'LBC_BARNET' }), { lines: [] })

    const leaves = (await decisionLeaves(service)).slice(before).filter(({ leaf }) => leaf.t === 'adl.search_subject')
    t.match(leaves[1], { leaf: { id: manifest.manifest, st: 'Ok', n: lines.length }, payload: { response: { ...manifest, lines } } })
  },
)

t.test('every line, asked at once, is a PERMIT with the obligations that it names, and offline the same question is found', async (t) => {
  const manifest = await issued()
  for (const { methods, countries, agreement, obligations, line, ...rest } of manifest.lines) {
    const { version: _v, flow: _f, legal: _l, valid_until: _u, revocation_delay_hours: _r, ...question } = rest
    for (const method of methods)
      for (const country of countries) {
        const payload = { ...question, method, country, agreement_ref: agreement, mode: 'SYSTEMATIC' }
        const reply = (await service.inject({ method: 'POST', url: '/v1/decisions', headers: await service.as(CAMDEN), payload })).json()
        t.equal(reply.decision, 'PERMIT')
        const mandatory = (all: readonly Obligation[]) => all.filter((one) => one.mandatory).map(({ code }) => code)
        t.strictSame(mandatory(obligations), mandatory(reply.obligations))
        t.ok(findLine(manifest, payload, new Date(manifest.issued_at)))
      }
    t.type(line, 'number')
  }
})

t.test('offline a question is permitted by a line, its obligations and its time alone', async (t) => {
  const { note, manifest } = await issued()
  const at = new Date('2026-11-22T23:59:59Z')
  const verdict = (over: object = {}, more: object = {}) =>
    mayShareOffline({ ...SHARE, ...over }, { note, vkey: KEY, fulfils: FULFILS, at, ...more })
  t.match(await verdict(), { permitted: true, decisionId: manifest, line: Number })
  for (const over of [
    { recipient: 'LBC_BARNET' },
    { provider: 'LBC_HACKNEY', recipient: 'LBC_CAMDEN' },
    { purpose: 'HOMELESSNESS.DUTY_TO_REFER' },
    { data_items: ['IDENTITY.NAME', 'HEALTH.DIAGNOSIS'] },
    { data_items: [] },
    { data_subjects: undefined },
    { method: 'POST' },
    { country: 'FR' },
    { mode: 'EMERGENCY' },
    { data_form: 'PSEUDONYMISED' },
    { subject_flags: ['OBJECTED'] },
    { agreement_ref: 'DSA-OTHER' },
  ])
    t.match(await verdict(over), { permitted: false, line: null }, JSON.stringify(over))
  t.match(await verdict({}, { at: new Date('2026-11-23T00:00:00Z') }), { permitted: false }, 'a line ends at its instant')
  t.match(await verdict({}, { at: new Date('2026-11-22T11:59:59Z') }), { permitted: false }, 'a clock that was put back')
  t.match(await verdict({}, { at: new Date('nonsense') }), { permitted: false })
  t.match(await verdict({}, { fulfils: {} }), { permitted: false, why: /obligation USE_FOR_PURPOSE_ONLY/ })
  t.match(await verdict({}, { vkey: KEY.replace('manifests', 'receipts') }), { permitted: false, why: /not the key of manifests/ })
})

t.test('any changed byte of a manifest is refused, and so is a cut or an added one', async (t) => {
  const { note } = await issued({ direction: 'SEND', with: 'LBC_HACKNEY', purpose: SHARE.purpose })
  t.ok(note.length > 1_000)
  const isTakenBy = (open: (note: Uint8Array, vkey: string) => unknown, changed: Uint8Array) => {
    try {
      open(changed, KEY)
      return true
    } catch {
      return false
    }
  }
  const differing: Buffer[] = []
  const isTaken = (changed: Uint8Array) => {
    const taken = isTakenBy(openManifest, changed)
    if (isTakenBy(openStrictly, changed) !== taken) differing.push(Buffer.from(changed))
    return taken
  }
  t.ok(isTaken(note))
  for (const bit of [1, 32, 128])
    t.strictSame(
      [...note.keys()].filter((place) => {
        const changed = Buffer.from(note)
        changed[place] = (changed[place] as number) ^ bit
        return isTaken(changed)
      }),
      [],
    )
  const second = Buffer.from(`${note.toString().split('\n\n')[1]}`)
  for (const changed of [note.subarray(0, -1), note.subarray(1), Buffer.concat([note, Buffer.from('\n')]), Buffer.concat([note, second])])
    t.notOk(isTaken(changed))
  t.strictSame(differing, [], 'the command takes what the example takes')
})

t.test('the command line says offline whether a manifest holds, until when, for which flows, and what it permits', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-manifest-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = (name: string) => join(folder, name)
  const { note, manifest, lines, ...whole } = await issued()
  writeFileSync(path('note'), note)
  writeFileSync(path('vkey'), `${KEY}\n`)
  writeFileSync(path('question.json'), JSON.stringify(SHARE))
  const run = async (...args: string[]) => {
    const [out, err]: [string[], string[]] = [[], []]
    const code = await manifestCommand(args, { env: {}, out: (line) => void out.push(line), err: (line) => void err.push(line) })
    return { code, said: [...out, ...err].join('\n') }
  }
  const verify = (...args: string[]) => run('verify', path('note'), '--vkey', path('vkey'), ...args)
  const AT = ['--at', '2026-11-22T23:59:59Z']

  const holds = await verify(...AT)
  t.match(holds, { code: 0, said: `manifest ${manifest}: what LBC_CAMDEN may send, issued 22 November 2026, 12:00 London time` })
  t.match(holds.said, `holds until 23 November 2026, 00:00 London time: ${lines.length} of ${lines.length} lines count`)
  t.match(holds.said, new RegExp(`line 1: flow F1 of ${id}, LBC_CAMDEN to .*; a suspension may be 12 hours late`))
  t.strictSame(await run('verify', path('note'), '--vkey', KEY, ...AT), holds, 'the key as a text')
  t.match(await verify('--at', '2026-11-23T00:00:00Z'), { code: 1, said: /does not hold any more: it was over 23 November 2026, 00:00/ })
  t.match(await verify('--at', '2026-11-22T11:59:59Z'), { code: 1, said: /issued after that. Is the clock right/ })

  const options = [
    ...['--provider', SHARE.provider, '--recipient', SHARE.recipient, '--purpose', SHARE.purpose, '--data-item', ...SHARE.data_items],
    ...['--data-subject', ...SHARE.data_subjects, '--method', SHARE.method, '--country', SHARE.country],
  ]
  const permitted = await verify(...AT, ...options)
  t.match(permitted, { code: 0, said: /PERMITTED by line \d+, until 23 November 2026[\s\S]*must be done: USE_FOR_PURPOSE_ONLY/ })
  t.strictSame(await verify(...AT, '--question', path('question.json')), permitted, 'the same question in a file')
  t.match(await verify(...AT, ...options, '--data-item', 'HEALTH.DIAGNOSIS'), {
    code: 1,
    said: /NOT PERMITTED[\s\S]*line \d+ does not permit it for: data_items/,
  })
  t.match(await verify('--at', '2026-11-23T00:00:00Z', ...options), { code: 1, said: /for: valid_until/ })

  writeFileSync(path('changed'), `${note}`.replace('LBC_HACKNEY', 'LBC_HARINGEY'))
  t.match(await run('verify', path('changed'), '--vkey', path('vkey')), { code: 1, said: /does not hold: .*signature .* does not fit/ })
  t.match(await run('verify', path('note'), '--vkey', KEY.replace('manifests', 'receipts')), { code: 1, said: /does not hold: vkey/ })
  for (const args of [
    ['verify'],
    ['show', path('note'), '--vkey', KEY],
    ['verify', path('note')],
    ['verify', path('none'), '--vkey', KEY],
    ['verify', path('note'), '--vkey', path('none')],
    ['verify', path('note'), '--vkey', KEY, '--at', 'noon'],
    ['verify', path('note'), '--vkey', KEY, '--provider', 'LBC_CAMDEN'],
    ['verify', path('note'), '--vkey', KEY, '--question', path('note')],
  ])
    t.equal((await run(...args)).code, 2, args.join(' '))

  const at = new Date('2026-11-22T20:00:00Z')
  const questions: readonly object[] = [
    {},
    ...Object.keys(SHARE).map((name) => ({ [name]: undefined })),
    { data_form: 'PSEUDONYMISED' },
    { subject_flags: [] },
    { toString: 1 },
  ]
  for (const over of [
    ...questions,
    { subject_count: 1 },
    { record_count: -1 },
    { agreement_ref: id },
    { agreement_ref: 'DSA-OTHER' },
    { data_items: [] },
  ]) {
    const question = { ...SHARE, ...over }
    const found = findLine({ ...whole, manifest, lines }, question, at)?.line
    t.equal(lines.find((line) => unfitting(question, line, at).length === 0)?.line, found, `as the example: ${JSON.stringify(over)}`)
  }
})

t.test('a line ends where an end is known already, and stands past midnight only where the rules permit it then', async (t) => {
  desk.at('2026-11-22T22:00:00.000Z')
  const late = await issued()
  for (const line of late.lines) t.equal(line.valid_until, '2026-11-23T10:00:00.000Z', 'twelve hours, past a midnight that changes nothing')
  const ended = await desk.call(
    SIRO,
    'POST',
    `/v1/agreements/${id}/termination`,
    { reason: 'Over', at: '2026-11-23T03:00:00Z' },
    { 'if-match': '*' },
  )
  t.equal(ended.status, 200, ended.text)
  for (const line of (await issued()).lines) t.equal(line.valid_until, '2026-11-23T03:00:00.000Z')
})

t.test('what is suspended or ended is in no manifest from that moment on', async (t) => {
  const other = await inForce(desk, { orgs: ['LBC_CAMDEN', 'LBC_ENFIELD'] })
  const path = `/v1/agreements/${other.id}`
  const opted = await desk.call(SIRO, 'POST', `${path}/standing-permits`, { flow: 'F1', hours: 1, statement: STANDING_STATEMENT })
  const count = async () => (await issued({ direction: 'SEND', with: 'LBC_ENFIELD' })).lines.length
  t.ok((await count()) > 0)
  const ended = await desk.call(SIRO, 'POST', `${path}/standing-permits/${opted.body.id}/end`, { reason: 'No more' })
  t.equal(ended.status, 200)
  t.equal(await count(), 0)
  await desk.call(SIRO, 'POST', `${path}/standing-permits`, { flow: 'F1', hours: 1, statement: STANDING_STATEMENT })
  t.ok((await count()) > 0)
  await desk.call({ org: 'LBC_ENFIELD', role: 'DPO' }, 'POST', `${path}/suspensions`, { scope: 'FLOW', flow: 'F1', reason: 'A breach' })
  t.equal(await count(), 0)
})

t.test(
  'what was shared on a manifest is recorded afterwards, once, with what it was not covered by and what had been revoked by then',
  async (t) => {
    desk.at('2026-11-24T09:00:00.000Z')
    const orgs = ['LBC_CAMDEN', 'LBC_HARINGEY']
    const other = await inForce(desk, { orgs, effectiveFrom: '2026-11-24' })
    const path = `/v1/agreements/${other.id}`
    await desk.call(SIRO, 'POST', `${path}/standing-permits`, { flow: 'F1', hours: 6, statement: STANDING_STATEMENT })
    const { manifest } = await issued({ direction: 'SEND', with: 'LBC_HARINGEY', purpose: SHARE.purpose })
    desk.at('2026-11-24T11:00:00.000Z')
    await desk.call({ org: 'LBC_HARINGEY', role: 'DPO' }, 'POST', `${path}/suspensions`, { scope: 'FLOW', flow: 'F1', reason: 'A breach' })
    desk.at('2026-11-24T18:00:00.000Z')
    const report = async (uses: readonly object[], caller = CAMDEN, named = manifest) =>
      service.inject({
        ...{ method: 'POST', url: '/v1/permissions/manifest/uses', headers: await service.as(caller), payload: { manifest: named, uses } },
      })
    const use = (reference: string, used_at: string, over = {}) => ({
      reference,
      line: 1,
      used_at: `2026-11-24T${used_at}:00Z`,
      count: 3,
      ...over,
    })
    const uses = [
      use('early', '08:59'),
      use('in-time', '10:00'),
      use('stopped', '11:30'),
      use('late', '15:00'),
      use('no-line', '10:00', { line: 99 }),
    ]
    const acts = async () =>
      (await desk.call({ org: 'LBC_CAMDEN', role: 'SIRO' }, 'GET', '/v1/trail?limit=100')).text.split('manifest.used').length - 1
    const before = await acts()
    const made = await report(uses)
    t.equal(made.statusCode, 200, made.body)
    t.match(made.json(), {
      manifest,
      uses: [
        { reference: 'early', not_covered: 'BEFORE_ISSUE' },
        { reference: 'in-time', not_covered: null, revoked: [], count: 3 },
        { reference: 'stopped', not_covered: null, revoked: ['SUSPENDED'] },
        { reference: 'late', not_covered: 'AFTER_END', revoked: ['SUSPENDED'] },
        { reference: 'no-line', not_covered: 'NO_SUCH_LINE' },
      ],
    })
    t.strictSame((await report(uses)).json(), made.json(), 'the same again is answered as it stands')
    const more = await report([...uses, use('second', '10:30')])
    t.match(more.json().uses.at(-1), { reference: 'second', not_covered: null, revoked: [] })
    t.match((await report([use('second', '10:31')])).json(), { status: 409, errors: [{ pointer: '/uses/0/reference' }] })
    t.match((await report([use('third', '18:01')])).json(), { status: 422, errors: [{ pointer: '/uses/0/used_at' }] })
    t.match((await report([use('third', '10:00'), use('third', '10:01')])).json(), {
      status: 422,
      errors: [{ pointer: '/uses/1/reference' }],
    })
    t.match(
      (await report([use('in-time', '10:00')], HACKNEY)).json(),
      { uses: [{ not_covered: 'NO_SUCH_MANIFEST' }] },
      'it was given to another',
    )
    t.equal((await report(Array.from({ length: 1_001 }, (_, place) => use(`n${place}`, '10:00')))).statusCode, 400)
    const list = async (org: string, query: string = '', role: Role = 'DPO') =>
      desk.call({ org, role }, 'GET', `/v1/permissions/manifest/uses?${query}`)
    const references = async (org: string, query?: string) =>
      (await list(org, query)).body.uses.map((one: { reference: string; reported_by: string }) => `${one.reported_by} ${one.reference}`)
    const all = ['LBC_CAMDEN second', ...['no-line', 'late', 'stopped', 'in-time', 'early'].map((one) => `LBC_CAMDEN ${one}`)].toSorted()
    t.strictSame((await references('LBC_CAMDEN')).toSorted(), all, 'an officer reads what a system of theirs reported')
    t.strictSame(
      (await references('LBC_HARINGEY')).toSorted(),
      all.filter((one) => !one.endsWith('no-line')),
      'whoever received reads what was shared with them',
    )
    t.match((await list('LBC_CAMDEN', 'judged=REVOKED&to=2026-11-24T12:00:00Z')).body, {
      uses: [
        {
          ...{
            reported_by: 'LBC_CAMDEN',
            client: 'camden-client',
            reference: 'stopped',
            manifest,
            line: 1,
            agreement: other.id,
            flow: 'F1',
          },
          ...{
            provider: 'LBC_CAMDEN',
            recipient: 'LBC_HARINGEY',
            purpose: SHARE.purpose,
            count: 3,
            not_covered: null,
            revoked: ['SUSPENDED'],
          },
        },
      ],
      next_before: null,
    })
    t.match((await list('LBC_HARINGEY', 'judged=REVOKED&to=2026-11-24T12:00:00Z')).body, { uses: [{ reference: 'stopped', client: null }] })
    t.strictSame((await references('LBC_CAMDEN', 'judged=IN_ORDER')).toSorted(), ['LBC_CAMDEN in-time', 'LBC_CAMDEN second'])
    t.strictSame((await references('LBC_CAMDEN', 'judged=NOT_COVERED')).toSorted(), [
      'LBC_CAMDEN early',
      'LBC_CAMDEN late',
      'LBC_CAMDEN no-line',
    ])
    t.strictSame(await references('LBC_CAMDEN', 'with=LBC_ENFIELD'), [])
    t.strictSame(await references('LBC_HACKNEY', 'agreement=DSA-OTHER'), [])
    t.strictSame(await references('LBC_HACKNEY'), ['LBC_HACKNEY in-time'], 'of others nothing')
    t.strictSame(await references('LBC_BARNET'), [])
    t.equal((await list('LONDON_COUNCILS', '', 'AUDITOR')).body.uses.length, 7, 'an auditor reads all')
    t.equal((await list('LBC_CAMDEN', '', 'REQUESTER')).status, 403)
    t.match(await list('LBC_CAMDEN', 'judged=ALL'), { status: 400, body: { errors: [{ pointer: '/query/judged' }] } })

    const paged: string[] = []
    let next: string | null = null
    do {
      const { body } = await list('LBC_CAMDEN', `limit=4${next === null ? '' : `&before=${next}`}`)
      paged.push(...body.uses.map(({ reference }: { reference: string }) => `LBC_CAMDEN ${reference}`))
      next = body.next_before
    } while (next !== null)
    t.strictSame(paged.toSorted(), all, 'page by page, each once')
    const csv = await desk.call({ org: 'LBC_CAMDEN', role: 'DPO' }, 'GET', '/v1/permissions/manifest/uses?judged=REVOKED', undefined, {
      accept: 'text/csv',
    })
    t.match(csv.text, /^used_at,count,provider[\s\S]*SUSPENDED/)

    const readsOf = async (org: string, role: Role) => {
      await list(org, '', role)
      const path = `/v1/trail/reads?${new URLSearchParams({ org, person: `urn:test:${org}:${role}` })}`
      return (await desk.call({ org: 'LBC_CAMDEN', role: 'DPO' }, 'GET', path)).body.reads.length
    }
    t.equal(await readsOf('LBC_HARINGEY', 'INFOSEC'), 1, 'that others read it is recorded, and told to whose it is')
    t.equal(await readsOf('LBC_CAMDEN', 'INFOSEC'), 0, 'that one reads what is one’s own is not')
    t.equal((await acts()) - before, 3, 'one record for each call that recorded something, and one for the refused reference')
  },
)

t.test('what does not fit the contract is a 400 that is recorded; whoever decides nothing is given no manifest', async (t) => {
  const before = (await decisionLeaves(service)).length
  const reply = await ask({ direction: 'BOTH' })
  t.match({ status: reply.statusCode, ...reply.json() }, { status: 400, decision_id: String, errors: [{ pointer: '/query/direction' }] })
  t.match((await decisionLeaves(service)).slice(before), [{ leaf: { st: 'Error', n: 0 } }])
  t.equal((await ask({ direction: 'SEND' }, { org: 'LBC_CAMDEN', roles: ['AUDITOR'] } as TestCaller)).statusCode, 403)
})
