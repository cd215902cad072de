import type { CnilAnswer, CnilEvaluation, CnilFile, CnilPia } from '../../src/assessments/cnil/cnil-file.ts'

/** An assessment as the CNIL tool exports one: everything in it is made up, persons too. */
export function cnilSample(changes: Partial<CnilFile> & { readonly pia?: Partial<CnilPia> } = {}): CnilFile {
  const { pia, ...lists } = changes
  const sample = {
    pia: {
      ...{ dbVersion: 201707071818, serverUrl: null, objectStore: {}, id: 7, status: 3, name: 'Keyless bicycles' },
      ...{ author_name: 'Ada Invented', evaluator_name: 'Bea Invented', validator_name: 'Cy Invented' },
      ...{ dpo_status: 1, dpo_opinion: 'May go ahead once the plan is done.', dpos_names: 'Dot Invented' },
      ...{ concerned_people_searched_opinion: true, concerned_people_opinion: 'They want it.', concerned_people_status: 1 },
      ...{ people_names: 'Twelve riders', concerned_people_searched_content: '', rejection_reason: '', applied_adjustments: '' },
      ...{ created_at: '2026-02-20T15:25:41.845Z', updated_at: '2026-02-21T13:21:08.054Z', category: '' },
      ...pia,
    },
    answers: [...TEXTS.map(textAnswer), ...['3.2', '3.3', '3.4'].flatMap(riskAnswers)],
    measures: [{ id: 101, pia_id: 7, title: 'Encryption', content: '<p>TLS 1.3</p>', placeholder: 'measures.default_placeholder' }],
    evaluations: [
      evaluation('1.1', { id: 1, status: 3 }),
      evaluation('3.1.101', { id: 2, status: 3 }),
      evaluation('3.2', { id: 3, status: 2, ...PLAN, gauges: { x: 2, y: 1 } }),
    ],
    comments: [
      { id: 1, pia_id: 7, reference_to: 212, for_measure: false, description: 'Which law?', created_at: '2026-02-21T13:21:35.620Z' },
    ],
    attachments: [attachment('signed.pdf', Buffer.from('%PDF-1.4 made up'), 1)],
    ...lists,
  }
  return sample
}

const PLAN = {
  ...{ action_plan_comment: 'Ask for a second key', person_in_charge: 'Head of keys' },
  estimated_implementation_date: '2027-01-15T00:00:00.000Z',
}

export function evaluation(reference_to: string, members: Partial<CnilEvaluation> = {}): CnilEvaluation {
  const blank = { pia_id: 7, status: 3, global_status: 2, estimated_implementation_date: null, gauges: { x: 0, y: 0 } }
  return { ...blank, reference_to, ...members }
}

export function attachment(name: string, bytes: Buffer, pia_signed = 0) {
  const file = `data:application/pdf;base64,${bytes.toString('base64')}`
  return { id: 9, pia_id: 7, name, mime_type: 'application/pdf', file, pia_signed, comment: '' }
}

/** Of `text`, `gauge` and `list` a question has one or two. */
export function answer(reference_to: number | string, data: NonNullable<CnilAnswer['data']>): CnilAnswer {
  return { id: Number(reference_to) + 1000, pia_id: 7, reference_to, data: { text: null, gauge: null, list: [], ...data } }
}

const TEXTS = [111, 112, 113, 121, 122, 123, 211, 212, 213, 214, 215, 221, 222, 223, 224, 225, 226, 227]

function textAnswer(reference: number): CnilAnswer {
  const text =
    reference % 2 === 0 ? `Plain words on ${reference}` : `<p>Words on <strong>${reference}</strong>&nbsp;:</p>\n<ul>\n<li>one</li>\n</ul>`
  return answer(reference, { text, gauge: 0 })
}

function riskAnswers(item: string): CnilAnswer[] {
  const number = Number(item.replace('.', '')) * 10
  return [
    answer(number + 1, { list: ['Discrimination', 'Phishing'] }),
    answer(number + 2, { list: ['Theft of data'] }),
    answer(number + 3, { list: ['Staff', 'Attacker'] }),
    answer(number + 4, { list: ['Encryption'] }),
    answer(number + 5, { text: 'Hard on those it meets', gauge: 3 }),
    answer(number + 6, { text: '<em>Easy</em> to do', gauge: 4 }),
  ]
}
