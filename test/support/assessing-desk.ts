import type { Role } from '../../src/identity/permissions.ts'
import type { Desk } from './agreement-desk.ts'
import type { ApiReply } from './api-caller.ts'
import { approvingDesk } from './approving-desk.ts'

/** What is put down of a risk that a measure brings down to low. */
export const RISK = {
  ...{ source: 'A list sent to the wrong team', description: 'A family is known to people who have no need to know.' },
  ...{ harm_type: 'LOSS_OF_CONFIDENTIALITY', affected_subjects: ['CHILD'], likelihood: 'POSSIBLE', severity: 'SIGNIFICANT' },
}
export const measureOf = (risk_id: string, left: object | null = { likelihood: 'REMOTE', severity: 'SIGNIFICANT' }) => ({
  ...{ risk_id, measure: 'Only the duty team can open the list', effect: left ? 'REDUCED' : 'ACCEPTED', left },
  approved: { by: 'Head of service', on: '2026-11-20' },
  ...{ owner: { org: 'LBC_CAMDEN', post: 'Systems manager' }, due: '2027-01-31' },
})

/** Assessments as the people of the parties make them, over HTTP; the officer of Camden writes unless somebody else is named. */
export function assessingDesk({ call }: Pick<Desk, 'call'>) {
  const signOff = approvingDesk(call)
  const WRITER = { org: 'LBC_CAMDEN', role: 'IG_OFFICER' as Role, sub: 'urn:test:writer' }
  const must = (reply: ApiReply, status = 200): ApiReply['body'] => {
    if (reply.status !== status) throw new Error(`${reply.status} ${reply.text}`)
    return reply.body
  }
  const write = (id: string, method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, by: Parameters<Desk['call']>[0] = WRITER) =>
    call(by, method, `/v1/assessments/${id}${path}`, body)

  return {
    ...{ signOff, write, WRITER },
    begin: async (agreement: string): Promise<string> => String(must(await call(WRITER, 'POST', '/v1/assessments', { agreement }), 201).id),
    read: async (id: string, by: Parameters<Desk['call']>[0] = WRITER) => must(await call(by, 'GET', `/v1/assessments/${id}`)),

    /** Writes all that keeps it from being sent: the screening, every question, a risk with a measure, the next review. */
    async written(
      id: string,
      over: { readonly risk?: object; readonly left?: object | null; readonly measure?: object; readonly due?: string } = {},
    ): Promise<void> {
      must(await write(id, 'PUT', '/screening', { required: true, reasons: null }))
      const { questions } = must(await call(WRITER, 'GET', '/v1/assessment-questions'))
      for (const { key, choices } of questions) {
        const answer = { text: 'As it is done today.', choice: choices[0]?.code ?? null }
        must(await write(id, 'PUT', `/answers/${key}`, answer))
      }
      const { content } = must(await write(id, 'POST', '/risks', { ...RISK, ...over.risk }))
      must(await write(id, 'POST', '/measures', { ...measureOf(content.risks.at(-1).id, over.left), ...over.measure }))
      must(await write(id, 'PUT', '/review', { due: over.due ?? '2027-11-20', kept_by: 'Information governance manager' }))
    },

    send: async (id: string) => must(await write(id, 'POST', '/sending')),
    /** The data protection officer of a controller advises, or says no. */
    async advise(id: string, org: string, over: Readonly<Record<string, unknown>> = {}) {
      const { sign_off } = await this.read(id)
      return signOff.approve(sign_off, org, { id: 'DPO_REVIEW', role: 'DPO' }, over)
    },
    /** Its SIRO accepts the risk that is left. */
    async accept(id: string, org: string) {
      const { sign_off } = await this.read(id)
      return signOff.approve(sign_off, org, { id: 'SIRO_APPROVAL', role: 'SIRO' })
    },
  }
}
