import type { Call, CommandResult } from '../commands/command.ts'
import { refused } from '../platform/kernel/refusal.ts'
import type { RegisteredOrganisation } from './organisation.ts'
import { partiesRepository } from './parties.repository.ts'
import type { RegisterActs } from './register-act.service.ts'

export type AttestedPolicyService = ReturnType<typeof attestedPolicyService>

/** Whether a body accepts signatures of others that two people attest (docs/decisions/0021): its own SIRO says so, and takes it back. */
export function attestedPolicyService({ acts }: { readonly acts: RegisterActs }) {
  return {
    put: (call: Call, code: string, { accepted, reason }: { readonly accepted: boolean; readonly reason: string }) =>
      acts.perform(
        { ...call, kind: 'ORGANISATION', code, act: 'accept_attested', event: 'organisation.attested_policy_changed' },
        async ({ tx, principal, now }) => {
          const detail = 'The SIRO of a body says for it alone what it accepts.'
          if (principal.org !== code) throw refused('FORBIDDEN', detail, [{ pointer: '', detail, code: 'OWN' }])
          const repository = partiesRepository(tx)
          const [before] = await repository.read([code])
          if (before?.status !== 'CONFIRMED') throw refused('ILLEGAL_STATE', 'This body is not confirmed.')
          const since = accepted ? (before.accepts_attested_since ?? now) : null
          await repository.update(code, { accepts_attested_since: since })
          const [after] = await repository.read([code])
          return {
            ...{ id: code, detail: { accepted, reason, since }, changed: after ? [after] : [] },
            outcome: after as RegisteredOrganisation,
          }
        },
      ) as Promise<CommandResult<RegisteredOrganisation>>,
  }
}
