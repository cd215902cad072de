import type { Desk, Person } from './agreement-desk.ts'
import type { ApiReply } from './api-caller.ts'
import { PDF } from './sample-files.ts'

/** What somebody says of an assessment made elsewhere that found little risk. */
export const ASSESSED = {
  ...{ outcome: 'APPROVED', residual: 'LOW', prior_consultation: 'NOT_REQUIRED', review_due: '2028-01-01' },
  advice: { says: 'PROCEED', by: 'Data Protection Officer', on: '2026-11-20', words: 'The measures suffice.' },
  overruled: null,
}

type CallDesk = Pick<Desk, 'service' | 'call'>

/** Sends a file as a person; answers its key. */
export async function sendFile({ service }: CallDesk, { org, role, sub = `urn:test:${org}:${role}` }: Person): Promise<string> {
  const headers = { ...(await service.as({ org, roles: [role], sub })), 'content-type': 'application/pdf' }
  const reply = await service.inject({ method: 'POST', url: '/v1/files?name=dpia.pdf', headers, payload: PDF })
  if (reply.statusCode !== 201) throw new Error(reply.body)
  return String(reply.json().id)
}

/** Records an assessment made elsewhere with a file that is sent for it, by an officer of Camden or by somebody else. */
export async function recordElsewhere(
  desk: CallDesk,
  id: string,
  over: Readonly<Record<string, unknown>> = {},
  by: Person = { org: 'LBC_CAMDEN', role: 'IG_OFFICER' },
): Promise<ApiReply> {
  const file = over['file'] ?? (await sendFile(desk, by))
  return desk.call(by, 'POST', `/v1/agreements/${id}/assessments-elsewhere`, { ...ASSESSED, file, ...over })
}

/** Confirms what was recorded, as the data protection officer of Camden or somebody else. */
export function confirmElsewhere({ call }: CallDesk, id: string, record: string, by: Person = { org: 'LBC_CAMDEN', role: 'DPO' }) {
  return call(by, 'POST', `/v1/agreements/${id}/assessments-elsewhere/${record}/confirmation`)
}

/** Both, one after the other. */
export async function assess(desk: CallDesk, id: string, over: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const recorded = await recordElsewhere(desk, id, over)
  if (recorded.status !== 201) throw new Error(recorded.text)
  const confirmed = await confirmElsewhere(desk, id, recorded.body.assessment.id)
  if (confirmed.status !== 200) throw new Error(confirmed.text)
}
