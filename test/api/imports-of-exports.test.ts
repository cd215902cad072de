import t from 'tap'
import type { Agreement } from '../../src/agreements/agreement.ts'
import { type Cells, recordCells } from '../../src/agreements/model/record-cells.ts'
import { escapeFormulas } from '../../src/platform/kernel/csv-cell.ts'
import { personOf } from '../support/api-caller.ts'
import { sayUnstated } from '../support/register-answers.ts'
import { testService } from '../support/service.ts'

const service = await testService(t)
const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
await sayUnstated(officer)
const HEADERS = {
  ...{ accord_ref: 'Accord reference', ref: 'Ref', title: 'Title', partners: 'Partners', role: 'Our role', type: 'Type', status: 'Status' },
  ...{ start: 'Start', expiry: 'Expiry', review: 'Review', signed_on: 'Date signed', signed_by: 'Signed by', purpose: 'Purpose' },
  ...{ data: 'Data shared', subjects: 'Data subjects', legal_basis: 'Lawful basis', power: 'Power', direction: 'Direction' },
  ...{ method: 'Method', frequency: 'Frequency', retention: 'Retention', dpia_ref: 'DPIA ref', lead: 'Lead officer', notes: 'Notes' },
} as const
const csvOf = (lines: readonly Cells[]) =>
  [Object.values(HEADERS), ...lines.map((line) => Object.keys(HEADERS).map((field) => escapeFormulas(line[field as keyof Cells] ?? '')))]
    .map((line) => line.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
    .join('\r\n')
const send = async (lines: readonly Cells[]) =>
  (await officer('POST', '/v1/imports', { body: csvOf(lines), headers: { 'content-type': 'text/csv' } })).body
const cellsOf = async (id: string): Promise<Cells> => {
  const shown = (await officer('GET', `/v1/agreements/${id}`)).body as Agreement & { provenance: { reference: string; register: Cells } }
  const { reference = null, register = {} } = shown.provenance ?? {}
  const signatures = shown.signatures.filter((one) => (one as { confirmed_at?: unknown }).confirmed_at !== null)
  return recordCells({ agreement: { ...shown, signatures }, reference, register }, 'LBC_CAMDEN')
}
const statuses = (body: { rows: { status: string }[] }) => body.rows.map(({ status }) => status)

t.test(
  'acceptance 10: lines that say what stands here are SAME, whoever made the record and however a spreadsheet writes them',
  async (t) => {
    const first = await send([
      {
        ref: 'A-1',
        title: '=One',
        partners: 'Hackney; Brent',
        status: 'Live',
        start: '01/04/2025',
        expiry: '31/03/2030',
        notes: '-x; "y"',
      },
      {
        ref: 'A-2',
        title: 'Two',
        partners: 'Hackney',
        type: 'ISA',
        purpose: 'Homelessness',
        data: 'Name; Shoe size',
        direction: 'Out',
        lead: 'A',
      },
      {
        title: 'Three',
        partners: 'Islington',
        type: 'DPA',
        role: 'Controller',
        dpia_ref: 'DPIA-3',
        legal_basis: 'Public task (not consent)',
      },
    ])
    const { rows } = (await officer('POST', `/v1/imports/${first.id}/commit`, { ifMatch: '*' })).body
    const ids: string[] = rows.map(({ agreement }: { agreement: string }) => agreement)
    const made = (await officer('GET', '/v1/agreements?origin=ACCORD&limit=5')).body.agreements.map(({ id }: { id: string }) => id)
    t.ok(made.length > 0, 'records made here are among them')
    const lines = await Promise.all([...ids, ...made].map(cellsOf))
    const again = await send(lines)
    t.same(
      statuses(again),
      lines.map(() => 'SAME'),
      JSON.stringify(again.rows.filter(({ status }: { status: string }) => status !== 'SAME')).slice(0, 900),
    )
    t.match(again, { gone_total: 0, questions_total: 0, open_partners_total: 0 })
    t.same(
      again.rows.map(({ agreement }: { agreement: string }) => agreement),
      [...ids, ...made],
    )
    const [one = {}, two = {}] = lines
    const rewritten = {
      ...one,
      start: '01/04/2025 00:00',
      status: 'In force',
      partners: 'London Borough of Brent\nHackney Council',
      expiry: '',
    }
    t.same(statuses(await send([rewritten])), ['SAME'], 'days and names as a spreadsheet or a person writes them, and blanks')
    const less = await send([
      { ...two, data: 'Name' },
      { ...one, expiry: '31/03/2031' },
    ])
    t.match(
      [less.questions, statuses(less)],
      [[{ field: 'lines', text: '', is_needed: true }], ['REFUSED', 'CHANGED']],
      'what says less is asked',
    )
    const here = await send([{ ...(lines[3] ?? {}), title: 'Another title' }])
    t.match(here.rows, [{ status: 'REFUSED', errors: [{ detail: /says otherwise in Title: change it here/ }] }])
  },
)

t.test('a line that names a record which is not there, or which the organisation may not know, makes no other one of it', async (t) => {
  const other = await personOf(service, 'LBC_HACKNEY', ['IG_OFFICER'])
  await sayUnstated(other)
  const theirs = (
    await other('POST', '/v1/imports', { body: 'Ref,Title,Partners\nX,Hidden,Brent\n', headers: { 'content-type': 'text/csv' } })
  ).body
  const { rows } = (await other('POST', `/v1/imports/${theirs.id}/commit`, { ifMatch: '*' })).body
  const dry = await send(
    [rows[0].agreement, 'NOBODY-1', '__proto__'].map((accord_ref) => ({ accord_ref, title: 'Hidden', partners: 'Brent' })),
  )
  t.same(
    dry.rows.map(({ status, errors }: { status: string; errors: { detail: string }[] }) => [status, errors[0]?.detail]),
    Array.from({ length: 3 }, () => [
      'REFUSED',
      'You take part in no agreement here with this reference. Leave the cell empty for a new record.',
    ]),
  )
})
