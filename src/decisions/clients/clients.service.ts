import type { Call, CommandResult } from '../../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import type { Principal } from '../../identity/principal.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { type Fault, refused } from '../../platform/kernel/refusal.ts'
import type { PolicyService } from '../policy/policy.service.ts'
import type { ClientLimits, ClientRevocation, LimitedClient, RegisteredClient } from '../policy/policy-index.ts'
import { type ClientsQuery, clientsRepository, type StoredClient } from './clients.repository.ts'

export interface ClientsOptions {
  readonly db: Database
  readonly commands: CommandsService
  readonly policy: PolicyService
  readonly parties: Pick<PartiesService, 'mustBeConfirmed' | 'read'>
  /** Whose tokens this service trusts. */
  readonly isTrusted: (issuer: string) => boolean
}

/** What is asked of a registration. */
export interface NewClient extends RegisteredClient {
  readonly reason: string
}

/** A client as it is shown. */
export interface ClientView extends StoredClient {
  readonly limits: ClientLimits
}

/** A client that is registered, and whether it was registered by this call. */
interface Registered {
  readonly client: ClientView
  readonly isNew: boolean
}

/** What is asked of limits; what is left out is not limited. */
export interface NewLimits extends Partial<ClientLimits> {
  readonly reason: string
}

const PAGE = 100
const UNLIMITED: ClientLimits = { requests_per_minute: null, batch_items_max: null, share_percent: null }

/** A revocation that stands, and whether it was made by this call. */
export interface Revoked extends ClientRevocation {
  readonly isNew: boolean
}

export type ClientsService = ReturnType<typeof clientsService>

/**
 * Registers and revokes API clients. Both are a policy revision: once it has answered, every node answers that client for its
 * organisation, or none answers it. What a client was registered as, it stays: whoever is to act for somebody else gets a new identifier.
 */
export function clientsService({ db, commands, policy, parties, isTrusted }: ClientsOptions) {
  const registering: SubjectKind<null, WorkDone<Registered> & { readonly body: RegisteredClient }> = {
    type: 'client',
    unknown: 'There is no such client.',
    readerFor: () => ({ kind: 'system' }),
    lock: async () => ({ state: null, version: '', actCount: 0 }),
    write: async () => '1',
    publish: (tx, { id, now, done }) => policy.publish(tx, [{ kind: 'CLIENT', id, body: done.body }], now),
    record: ({ done }) => ({ payload: done.detail }),
    known: async () => undefined,
  }
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

  const limiting: SubjectKind<null, WorkDone<LimitedClient> & { readonly body: LimitedClient }> = {
    type: 'client',
    unknown: 'There is no such client.',
    readerFor: () => ({ kind: 'system' }),
    // Any name can be limited, as any can be revoked.
    lock: async () => ({ state: null, version: '', actCount: 0 }),
    write: async () => '',
    publish: (tx, { id, now, done }) => policy.publish(tx, [{ kind: 'CLIENT_LIMITS', id, body: done.body }], now),
    record: ({ done }) => ({ payload: done.detail }),
    known: async () => undefined,
  }
  /** The limits of a client, none of them where nobody said any. */
  const limitsOf = (client_id: string): LimitedClient => policy.current().limitsOf(client_id) ?? { client_id, ...UNLIMITED }
  const shown = (client: StoredClient): ClientView => {
    const { client_id: _id, ...limits } = limitsOf(client.client_id)
    return { ...client, limits }
  }

  return {
    /** Registers a client for an organisation, or answers the registration that stands already. */
    register: (call: Call, { client_id, issuer, organisation, reason }: NewClient): Promise<CommandResult<Registered>> =>
      commands.perform(
        registering,
        { ...call, id: client_id, act: 'register', event: 'client.registered' },
        async ({ tx, now, leafId }) => {
          if (!isTrusted(issuer)) throw unprocessable('/issuer', 'This service trusts no tokens of this issuer.')
          const [body] = await parties.read(tx, [organisation])
          if (!body) throw unprocessable('/organisation', 'There is no organisation with this code.')
          await parties.mustBeConfirmed(tx, organisation)
          const clients = clientsRepository(tx)
          const asked = { client_id, issuer, organisation }
          const detail = { ...asked, reason }
          if (await clients.find(client_id)) throw refused('CONFLICT', 'This client was revoked: a new client gets a new identifier.')
          const client = { ...asked, registered_at: now, reason, revoked_at: null }
          if (await clients.register(client, leafId)) return { detail, body: asked, outcome: { client: shown(client), isNew: true } }
          const found = await clients.registered(client_id)
          if (found?.issuer !== issuer || found.organisation !== organisation)
            throw refused('CONFLICT', 'This client is registered for another organisation or issuer: a new client gets a new identifier.')
          return { isRepeat: true, detail, body: asked, outcome: { client: shown(found), isNew: false } }
        },
      ),

    /** What is registered, for one organisation or for all, in the order of the identifiers. */
    async list({
      limit = PAGE,
      ...asked
    }: ClientsQuery): Promise<{ readonly clients: readonly ClientView[]; readonly next_after: string | null }> {
      await policy.refresh()
      const found = await withTransactionAs(db, { kind: 'system' }, (tx) => clientsRepository(tx).list(asked, limit + 1))
      const clients = found.slice(0, limit).map(shown)
      return { clients, next_after: found.length > limit ? (clients.at(-1)?.client_id ?? null) : null }
    },

    /** The organisation for which a client of an issuer is registered, for certain: looks at the newest revision where it is not known. */
    async organisationOf({ issuer, clientId }: { readonly issuer: string; readonly clientId: string }): Promise<string | undefined> {
      if (!policy.current().client(clientId)) await policy.refresh()
      const client = policy.current().client(clientId)
      return client?.issuer === issuer ? client.organisation : undefined
    },

    /** Limits a client anew, in all three: here from the reply on, on other nodes as soon as they hear of it. */
    async limit(call: Call, client_id: string, { reason, ...asked }: NewLimits): Promise<CommandResult<LimitedClient>> {
      const done: CommandResult<LimitedClient> = await commands.perform(
        limiting,
        { ...call, id: client_id, act: 'limit', event: 'client.limited' },
        async () => {
          const body = { client_id, ...UNLIMITED, ...asked }
          return { detail: { ...body, reason }, body, outcome: body }
        },
      )
      await policy.refresh()
      return done
    },

    /** How a client is limited, as far as this node knows: for whoever counts its calls. */
    limitsOf: (client_id: string): ClientLimits | undefined => policy.current().limitsOf(client_id),

    /** How a client is limited, for certain. */
    async limits(client_id: string): Promise<LimitedClient> {
      await policy.refresh()
      return limitsOf(client_id)
    },

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

function unprocessable(pointer: string, detail: string) {
  const fault: Fault = { pointer, detail }
  return refused('UNPROCESSABLE', detail, [fault])
}
