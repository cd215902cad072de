import { readFileSync } from 'node:fs'
import type { Actor, Demo, DemoReply, DemoSession } from './session.ts'

/** A published register of releases, a line a dataset; made up, in the shape of the real ones. */
const MADE_UP = new URL('release-register.csv', import.meta.url)
/** The body whose register it is; the bodies in it are those it releases to. */
const ORG = 'NHS_ENGLAND'
const officer: Actor = { name: 'officer-of-the-register', org: ORG, role: 'IG_OFFICER' }
/** What each column of such a register is, by the beginning of its header; the third, whatever it is called, names the dataset. */
const COLUMNS: readonly (readonly [field: string, header: RegExp])[] = [
  // A line is a dataset, and several of them stand under the number of one agreement.
  ['ref', /^(?:nic|agreement) number/i],
  ['partners', /^organi[sz]ation name/i],
  ['legal_basis', /^legal basis/i],
  ['purpose', /^purpose/i],
  ['frequency', /^one off release/i],
]
const DATASET_COLUMN = 2
/** What the officer says of all lines that do not state what a record cannot do without. */
const UNSTATED: Readonly<Record<string, string>> = {
  ...{ type: 'CONTROLLER_TO_CONTROLLER', status: 'ACTIVE', dpia_ref: 'NO', expiry: 'OPEN' },
}
const LINES_SHOWN = 5
/** Rounds of questions: a file asks 100 at a time. */
const ROUNDS_MAX = 50

interface Question {
  readonly field: string
  readonly text: string
  readonly rows: number
}
interface OpenPartner {
  readonly text: string
  readonly orgs: readonly string[]
  readonly rows: number
}

/** A register that somebody published, from the dry run to records, with every question answered. @throws where the file cannot be read */
export const registerImport: Demo = async (session, file) => {
  const csv = readFileSync(file ?? MADE_UP, 'utf8')
  const act = (does: string, method: 'GET' | 'POST' | 'PUT', path: string, body: unknown, expect = 200, ifMatch?: string) =>
    session.act({ by: officer, does, method, path, body, expect, ...(ifMatch ? { ifMatch } : {}) })
  const sent = await act(`sends ${file ?? 'a made-up register of releases'}`, 'POST', '/v1/imports?lines=ADD', csv, 201)
  const path = `/v1/imports/${String(sent.body['id'])}`
  showState(session, sent)
  const headers = (sent.body['columns'] as { column: number; header: string }[]).map(({ header }) => header)
  const columns = Object.fromEntries([
    ['title', DATASET_COLUMN],
    ...COLUMNS.flatMap(([field, header]) => {
      const column = headers.findIndex((name) => header.test(name.trim()))
      return column < 0 ? [] : [[field, column] as const]
    }),
  ])
  for (const [field, column] of Object.entries(columns))
    session.show(`    column ${Number(column) + 1}, "${oneLine(headers[Number(column)] ?? '')}", is the ${field}`)
  let view = await act('says what each column is', 'PUT', `${path}/mapping`, { columns }, 200, '*')
  for (let round = 0; round < ROUNDS_MAX && questionsIn(view) > 0; round++) {
    showState(session, view)
    view = await act('answers what it asks', 'PUT', `${path}/mapping`, { answers: answersTo(session, view) }, 200, '*')
  }
  showState(session, view)
  session.check('every question is answered', questionsIn(view) === 0)
  showLines(session, view)
  const counts = countsIn(view)
  const done = await act('takes the lines into the register', 'POST', `${path}/commit`, {}, 200, '*')
  session.check(
    `${countsIn(done)['committed']} records are in the register`,
    Number(countsIn(done)['committed']) > 0 && countsIn(done)['committed'] === (counts['NEW'] ?? 0) + (counts['CHANGED'] ?? 0),
  )
  const again = await act('sends the same file again', 'POST', '/v1/imports?lines=ADD', csv, 201)
  await act('reads it in the same way', 'PUT', `/v1/imports/${String(again.body['id'])}/mapping`, { columns }, 200, '*').then((same) => {
    showState(session, same)
    session.check(
      'nothing is new and nothing is asked: the answers were remembered',
      countsIn(same)['NEW'] === 0 && questionsIn(same) === 0,
    )
  })
  const exported = await act('takes its register out as a file', 'GET', '/v1/agreements?format=csv&origin=ELSEWHERE', undefined)
  const back = await act('sends that file back', 'POST', '/v1/imports', exported.text, 201)
  showState(session, back)
  const { NEW, CHANGED, REFUSED } = countsIn(back)
  session.check('every line of it is SAME', NEW === 0 && CHANGED === 0 && REFUSED === 0 && questionsIn(back) === 0)
}

/** An answer to each open question: whom a name was taken for, else a new body. What no record can do without is said by the officer; else, where no code is stated, none is given. */
function answersTo(session: DemoSession, { body }: DemoReply): readonly object[] {
  const partners = (body['open_partners'] as OpenPartner[]).map(({ text, orgs, rows }) => {
    const [org] = orgs
    session.show(
      `    "${text}" (${rows} lines): ${org === undefined ? 'nobody has this name; it is proposed as a new body' : `yes, ${org} is meant`}`,
    )
    const organisation = { type: 'JOINT_COMMITTEE', legal_name: text }
    return {
      field: 'partners',
      text,
      answer: org === undefined ? { create: { organisation, note: 'Named in a register of releases.' } } : org,
    }
  })
  const others = (body['questions'] as Question[]).map(({ field, text, rows }) => {
    const said = text === '' ? UNSTATED[field] : undefined
    if (said !== undefined) {
      session.show(`    ${field} is not stated in ${rows} lines: the officer says ${said}, once for all of them`)
      return { field, text, answer: said }
    }
    session.show(`    ${field} "${oneLine(text)}" (${rows} lines): names nothing that has a code; it stays in words`)
    return { field, text, answer: null }
  })
  return [...partners, ...others]
}

function showState(session: DemoSession, reply: DemoReply): void {
  const { NEW, SAME, CHANGED, JOINED, REFUSED } = countsIn(reply)
  const missing = (reply.body['missing_fields'] as string[] | undefined) ?? []
  const lacks = missing.length > 0 ? `; no column is known for: ${missing.join(', ')}` : ''
  session.show(
    `  ${NEW} new, ${SAME} the same, ${CHANGED} changed, ${JOINED} joined to these, ${REFUSED} refused; ${questionsIn(reply)} questions${lacks}`,
  )
}

function showLines(session: DemoSession, { body }: DemoReply): void {
  type Shown = {
    row: number
    status: string
    title: string
    parties: string[]
    record: Record<string, unknown>
    warnings: { detail: string }[]
    errors: { detail: string }[]
  }
  const rows = body['rows'] as Shown[]
  for (const { row, status, title, parties, record, warnings, errors } of rows.slice(0, LINES_SHOWN)) {
    session.show(
      `  line ${row}, ${status}: ${oneLine(title)}, with ${parties.slice(1).join(', ') || 'nobody'}; basis ${String(record['art6']) || 'not stated'}, ${String(record['frequency'] ?? 'how often is not stated')}, from ${String(record['effective_from'] ?? 'a day not stated')}`,
    )
    for (const { detail } of [...errors, ...warnings]) session.show(`    ${oneLine(detail)}`)
  }
  if (rows.length > LINES_SHOWN) session.show(`  and ${rows.length - LINES_SHOWN} more lines`)
}

function countsIn({ body }: DemoReply): Readonly<Record<string, number>> {
  return (body['counts'] as Record<string, number> | undefined) ?? {}
}

function questionsIn({ body }: DemoReply): number {
  return Number(body['open_partners_total'] ?? 0) + Number(body['questions_total'] ?? 0)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
