import type { Role } from '../../identity/permissions.ts'
import type { Actor, DemoSession } from './session.ts'

interface ShownStep {
  readonly id: string
  readonly title: string
  readonly role: Role
  readonly kind: string
  readonly state: string
}

/** Lets the people of each party approve what it is asked, step by step, until only its signature is missing. Each step is another person. */
export async function approveAll(session: DemoSession, signOff: string, hash: string, orgs: readonly string[]): Promise<void> {
  for (const org of orgs) {
    for (let step = await nextStep(session, signOff, org); step; step = await nextStep(session, signOff, org)) {
      const by: Actor = { name: `${step.role.toLowerCase()}-${org}-approver`, org, role: step.role }
      const body = { command: 'approve', step: step.id, hash }
      const path = `/v1/sign-offs/${signOff}/commands`
      const { status } = await session.act({ by, does: `approves: ${step.title}`, method: 'POST', path, body, expect: 200 })
      if (status !== 200) return
    }
  }
}

async function nextStep(session: DemoSession, signOff: string, org: string): Promise<ShownStep | undefined> {
  const by: Actor = { name: `officer-${org}`, org, role: 'IG_OFFICER' }
  const { body } = await session.act({
    by,
    does: 'reads what is still to be approved',
    method: 'GET',
    path: `/v1/sign-offs/${signOff}`,
    expect: 200,
  })
  const chains = (body['chains'] ?? []) as readonly { readonly org: string | null; readonly steps: readonly ShownStep[] }[]
  return chains.find((chain) => chain.org === org)?.steps.find(({ state, kind }) => state === 'OPEN' && kind !== 'SIGNATURE')
}
