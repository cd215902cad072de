import type { AuditService } from '../../audit/audit.service.ts'
import type { Principal } from '../../identity/principal.ts'
import { type Database, withTransaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { PolicyService } from '../policy/policy.service.ts'
import type { ClientRevocation } from '../policy/policy-index.ts'
import { clientsRepository } from './clients.repository.ts'

export type ClientsService = ReturnType<typeof clientsService>

/** Revokes API clients. A revocation is a policy revision: once it has answered, no node answers that client. */
export function clientsService(options: {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly audit: AuditService
  readonly policy: PolicyService
}) {
  const { db, clock, newId, audit, policy } = options
  return {
    /** Revokes a client, or answers the revocation that stands already. There is no way back. */
    async revoke(principal: Principal, clientId: string, reason: string | null): Promise<ClientRevocation & { readonly isNew: boolean }> {
      return withTransaction(db, async (tx) => {
        const clients = clientsRepository(tx)
        const body = { client_id: clientId, revoked_at: clock().toISOString() }
        const leafId = newId()
        if (!(await clients.insert({ ...body, by: principal.sub, reason, leafId }))) {
          return { ...((await clients.find(clientId)) ?? body), isNew: false }
        }
        const revision = await policy.publish(tx, [{ kind: 'CLIENT_REVOCATION', id: clientId, body }], body.revoked_at)
        await audit.recordAct(tx, {
          id: leafId,
          event: 'client.revoked',
          act: 'revoke',
          org: principal.org,
          revision,
          payload: { actor: principal.sub, roles: principal.roles, org: principal.org, client_id: clientId, reason },
        })
        return { ...body, isNew: true }
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
