import assert from 'node:assert/strict'
import type { CellAnswer } from '../../src/agreements/register-import/answers.ts'
import type { ApiCaller } from './api-caller.ts'

/** What an organisation says, once, of all lines that do not state it: tests about other columns need not. */
export const UNSTATED: readonly CellAnswer[] = [
  { field: 'type', text: '', answer: 'CONTROLLER_TO_CONTROLLER' },
  { field: 'status', text: '', answer: 'ACTIVE' },
  { field: 'expiry', text: '', answer: 'OPEN' },
  { field: 'dpia_ref', text: '', answer: 'NO' },
]

/** Lets an organisation say it with a file that changes nothing; it is remembered for its next ones. */
export async function sayUnstated(officer: ApiCaller): Promise<void> {
  const csv = 'Title,Partners\nNothing but answers,Nobody at all\n'
  const { status, text } = await officer('POST', '/v1/imports', { body: { csv, mapping: { answers: UNSTATED } } })
  assert.equal(status, 201, text)
}
