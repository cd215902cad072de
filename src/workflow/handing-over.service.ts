import { ROLES, type Role } from '../identity/permissions.ts'
import type { Identity } from '../identity/principal.ts'
import type { StepInHand, TakesOver } from '../people/handover/handover.ts'
import type { HandoverRoom } from '../people/handover/handover-room.service.ts'
import type { Transaction } from '../platform/database/database.ts'
import { passingRefused, tasksInHandOf } from './model/handing-over.ts'
import type { SignOff } from './model/sign-off.ts'
import type { SignOffsService } from './sign-offs.service.ts'
import { signOffsRepository } from './store/sign-offs.repository.ts'

/** How many sign-offs are looked at for a list; what is passed on is never cut short. */
const SHOWN_MAX = 200
const EVERY = 1_000_000
const UNDONE: readonly string[] = ['OPEN', 'HELD']

/** How many tasks somebody has done for an organisation: signatures, and others. Joins the transaction, which reads as the system. */
export function doneFor(tx: Transaction, org: string, person: Identity): Promise<{ readonly signatures: number; readonly steps: number }> {
  return signOffsRepository(tx).doneBy(person, org)
}

/** Steps of sign-offs that somebody has who leaves. */
export function stepsHandedOver({ signOffs }: { readonly signOffs: Pick<SignOffsService, 'follow'> }): HandoverRoom<StepInHand> {
  return {
    async inHands(tx, org, person, takesOver) {
      const found: StepInHand[] = []
      for (const { id, subject, status } of await signOffsRepository(tx).inHandsOf(person, org, SHOWN_MAX)) {
        if (!UNDONE.includes(status)) continue
        const signOff = await signOffsRepository(tx).state(id)
        for (const held of tasksInHandOf(signOff, org, person)) {
          const { role } = held.definition
          const { person: named, whyNot } = takesOver(role)
          const no = named && passingRefused(signOff, org, held, { issuer: named.issuer, sub: named.subject })
          found.push({
            ...{ sign_off: id, subject_type: subject.type, subject_id: subject.id, chain_org: held.org, step: held.step, task: held.task },
            ...{ role, due: held.due, stands_in: held.delegation !== null, passes_to: no ? null : named, why_not: no ?? whyNot },
          })
        }
      }
      return found.slice(0, SHOWN_MAX)
    },

    allInHands: async (tx, org, person) => (await signOffsRepository(tx).inHandsOf(person, org, EVERY)).map(({ id }) => id),

    async passOn(id, { org, person, within }, takesOver) {
      const to = Object.fromEntries(ROLES.map((role) => [role, identityIn(takesOver, role)]))
      const isStill = async (_tx: Transaction, _at: string, signOff: SignOff) =>
        UNDONE.includes(signOff.status) && tasksInHandOf(signOff, org, person).length > 0
      await signOffs.follow(id, { type: 'hand_over', person, org, to }, isStill, within)
    },
  }
}

function identityIn(takesOver: TakesOver, role: Role) {
  const { person } = takesOver(role)
  return person && { issuer: person.issuer, sub: person.subject }
}
