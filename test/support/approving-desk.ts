import type { Role } from '../../src/identity/permissions.ts'
import type { ApiReply } from './api-caller.ts'

/** What the desk needs of another one: to call as somebody. */
export type CallAs = (
  person: { readonly org: string; readonly role: Role; readonly sub?: string },
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
) => Promise<ApiReply>

/** A step that is open for somebody to do. */
export interface OpenStep {
  readonly id: string
  readonly role: Role
  readonly kind: string
}

/** Words of a command besides its name and its step. */
type Over = Readonly<Record<string, unknown>>

/** Sign-offs as the people of the parties do them, over HTTP. Whoever does a step is a person of its own, as the duties that are kept apart ask for. */
export function approvingDesk(call: CallAs) {
  const people = (org: string, role: Role) => ({ org, role, sub: `urn:test:${org}:${role}:approver` })
  const read = async (id: string, org: string): Promise<ApiReply['body']> => {
    const reply = await call(people(org, 'IG_OFFICER'), 'GET', `/v1/sign-offs/${id}`)
    if (reply.status !== 200) throw new Error(`sign-off ${id}: ${reply.status} ${reply.text}`)
    return reply.body
  }
  const command = (id: string, person: { readonly org: string; readonly role: Role; readonly sub?: string }, body: Over) =>
    call(person, 'POST', `/v1/sign-offs/${id}/commands`, body)

  return {
    read,
    command,
    /** The person who does the steps of a role for a party. */
    people,
    /** The steps that are open in the chain of a party, but for its signature. */
    async openSteps(id: string, org: string): Promise<OpenStep[]> {
      const { chains } = await read(id, org)
      const chain = chains.find((one: { org: string | null }) => one.org === org)
      return (chain?.steps ?? []).filter(({ state, kind }: { state: string; kind: string }) => state === 'OPEN' && kind !== 'SIGNATURE')
    },
    /** Approves a step by the person whose it is. */
    async approve(id: string, org: string, { id: step, role }: Pick<OpenStep, 'id' | 'role'>, over: Over = {}): Promise<ApiReply> {
      const { subject } = await read(id, org)
      return command(id, people(org, role), { command: 'approve', step, hash: subject.hash, ...over })
    },
    /** Lets the people of a party do every step before its signature. @throws where one is refused */
    async complete(id: string, org: string): Promise<void> {
      for (;;) {
        const [step] = await this.openSteps(id, org)
        if (!step) return
        const reply = await this.approve(id, org, step)
        if (reply.status !== 200) throw new Error(`${org} ${step.id}: ${reply.status} ${reply.text}`)
      }
    },
  }
}
