import type { CommandResult } from '../../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import type { Principal } from '../../identity/principal.ts'
import type { PolicyService } from '../policy/policy.service.ts'
import type { ClientRevocation } from '../policy/policy-index.ts'
import { clientsRepository } from './clients.repository.ts'

/** A revocation that stands, and whether it was made by this call. */
export interface Revoked extends ClientRevocation {
  readonly isNew: boolean
}

export type ClientsService = ReturnType<typeof clientsService>

/** Revokes API clients. A revocation is a policy revision: once it has answered, no node answers that client. */
export function clientsService({ commands, policy }: { readonly commands: CommandsService; readonly policy: PolicyService }) {
  const kind: SubjectKind<null, WorkDone<Revoked>> = {
    type: 'client',
    unknown: 'There is no such client.',
    readerFor: () => ({ kind: 'system' }),
    // Any name can be revoked: who issues tokens knows which clients there are.
    lock: async () => ({ state: null, version: '', actCount: 0 }),
    write: async () => '',
    publish: (tx, { id, now }) => policy.publish(tx, [{ kind: 'CLIENT_REVOCATION', id, body: { client_id: id, revoked_at: now } }], now),
    record: ({ done }) => ({ payload: done.detail }),
    known: async () => undefined,
  }

  return {
    /** Revokes a client, or answers the revocation that stands already. There is no way back. */
    revoke: (principal: Principal, client_id: string, reason: string | null): Promise<CommandResult<Revoked>> => {
      const command = { principal, idempotency: null, id: client_id, act: 'revoke', event: 'client.revoked' } as const
      return commands.perform(kind, command, async ({ tx, now, leafId }) => {
        const clients = clientsRepository(tx)
        const revocation = { client_id, revoked_at: now }
        const detail = { client_id, reason }
        if (await clients.insert({ ...revocation, by: principal.sub, reason, leafId }))
          return { detail, outcome: { ...revocation, isNew: true } }
        return { isRepeat: true, detail, outcome: { ...((await clients.find(client_id)) ?? revocation), isNew: false } }
      })
    },

    /**
     * Whether a client is revoked, known for certain: looks at the newest revision first. Decisions need not ask: they are
     * appended on the newest revision or not at all.
     */
    async isRevoked(clientId: string): Promise<boolean> {
      if (policy.current().isRevoked(clientId)) return true
      await policy.refresh()
      return policy.current().isRevoked(clientId)
    },
  }
}
