import { sha256Hex } from '../audit/format/canonical-json.ts'
import type { Call, CommandResult } from '../commands/command.ts'
import { type CommandsService, checkPrecondition, type SubjectKind, type WorkDone } from '../commands/commands.service.ts'
import { readerFor } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import { type Fault, type Refusal, refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, refuse } from '../platform/kernel/result.ts'
import { stableJson } from '../platform/kernel/stable-json.ts'
import type { NewRoute, WrittenRoute } from './model/route.ts'
import { routeCautions } from './model/route-cautions.ts'
import { faultsOfRoute, nextVersion, routeDone } from './routes.service.ts'
import { type RouteDraft, routeDraftsRepository, type StoredRouteDraft } from './store/route-drafts.repository.ts'
import { routesRepository } from './store/routes.repository.ts'

const NO_DRAFT = 'There is no draft of this route.'
/** So many drafts an organisation has at most. */
const DRAFTS_MAX = 100
const FINDINGS_MAX = 100

/** A draft with what its checks say. */
export interface RouteDraftView extends RouteDraft {
  /** What stands in the way of putting it in force. */
  readonly faults: readonly Fault[]
  /** What the usual ways have and this one lacks. */
  readonly cautions: readonly Fault[]
}

interface DraftDone<Outcome> extends WorkDone<Outcome> {
  readonly state: string
}
/** What there is under a code: a draft, or none yet. */
interface Place {
  readonly stored: StoredRouteDraft | undefined
}

export interface RouteDraftsOptions {
  readonly db: Database
  readonly commands: CommandsService
  /** @throws Refused where an organisation that nobody confirmed acts */
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
}

export type RouteDraftsService = ReturnType<typeof routeDraftsService>

/** The next version of a route while its organisation writes it: it may have faults, nothing goes by it, and one act puts it in force. */
export function routeDraftsService({ db, commands, mustBeConfirmed }: RouteDraftsOptions) {
  /** @param mayBeNew whether a draft is begun where there is none */
  const kindOf = <Outcome>(mayBeNew = false): SubjectKind<Place, DraftDone<Outcome>> => ({
    type: 'draft',
    unknown: NO_DRAFT,
    readerFor: () => ({ kind: 'system' }),
    async lock(tx, code, { org }) {
      await routesRepository(tx).lockOwner(org)
      const stored = await routeDraftsRepository(tx).find(org, code)
      return stored || mayBeNew ? { state: { stored }, version: stored?.state ?? 'none', actCount: 0 } : undefined
    },
    admit: (tx, { org }) => mustBeConfirmed(tx, org),
    write: async (_tx, { done }) => done.state,
    publish: async () => undefined,
    record: ({ id, now, done }) => ({ payload: { at: now, route: id, detail: done.detail } }),
    known: async () => undefined,
  })
  const read = <T>(principal: Principal, work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, readerFor(principal), work)

  return {
    /** The drafts of the caller's organisation, by code. */
    list: (principal: Principal): Promise<RouteDraft[]> => read(principal, (tx) => routeDraftsRepository(tx).of(principal.org, DRAFTS_MAX)),

    /** Refused where there is no draft of this code. */
    read: (principal: Principal, code: string): Promise<CommandResult<RouteDraftView>> =>
      read(principal, async (tx) => {
        const stored = await routeDraftsRepository(tx).find(principal.org, code)
        return stored ? ok({ outcome: viewOf(principal.org, stored.draft), version: stored.state }) : none()
      }),

    /** Saves the draft as it is, faults and all. Once there is one, the call names the state that it changes. */
    save: (call: Call, code: string, route: NewRoute): Promise<CommandResult<RouteDraftView>> =>
      commands.perform<Place, RouteDraftView, DraftDone<RouteDraftView>>(
        kindOf<RouteDraftView>(true),
        { ...call, id: code, act: 'draft', event: 'sign_off_route.drafted' },
        async ({ tx, state: { stored }, principal, now, leafId }) => {
          const { org, issuer, sub } = principal
          if (stored) checkPrecondition(call.ifMatch ?? null, stored.state, 'draft')
          if (route.code !== code) throw refused('UNPROCESSABLE', 'The draft is of another route.', [otherCode(code)])
          const drafts = routeDraftsRepository(tx)
          if (!stored && (await drafts.of(org, DRAFTS_MAX)).length === DRAFTS_MAX)
            throw refused('ILLEGAL_STATE', `An organisation has at most ${DRAFTS_MAX} drafts of routes.`)
          const [newest] = stored ? [] : await routesRepository(tx).versions({ owner: org, code }, null, 1)
          const basedOn = stored ? stored.draft.basedOn : (newest?.version ?? null)
          const draft: RouteDraft = { route, basedOn, changedAt: now, changedBy: { issuer, sub } }
          await drafts.save(org, draft, leafId)
          return { state: leafId, detail: { hash: sha256Hex(stableJson(route)) }, outcome: viewOf(org, draft) }
        },
      ),

    /** Gives a draft up; the route goes on as it is. */
    discard: (call: Call, code: string): Promise<CommandResult<RouteDraft>> =>
      commands.perform<Place, RouteDraft, DraftDone<RouteDraft>>(
        kindOf<RouteDraft>(),
        { ...call, id: code, act: 'discard', event: 'sign_off_route.draft_discarded' },
        async ({ tx, state: { stored }, principal, leafId }) => {
          if (!stored) throw refused('NOT_FOUND', NO_DRAFT)
          await routeDraftsRepository(tx).remove(principal.org, code)
          return { state: leafId, detail: {}, outcome: stored.draft }
        },
      ),

    /** Puts a draft in force as the next version of its route. @throws Refused 422 naming each fault of it */
    putInForce: (call: Call, code: string): Promise<CommandResult<WrittenRoute>> =>
      commands.perform<Place, WrittenRoute, DraftDone<WrittenRoute>>(
        kindOf<WrittenRoute>(),
        { ...call, id: code, act: 'write', event: 'sign_off_route.written' },
        async ({ tx, state: { stored }, principal, now }) => {
          if (!stored) throw refused('NOT_FOUND', NO_DRAFT)
          const { org } = principal
          const [newest] = await routesRepository(tx).versions({ owner: org, code }, null, 1)
          if ((newest?.version ?? null) !== stored.draft.basedOn)
            throw refused('ILLEGAL_STATE', 'Another version was put in force since this draft was begun: compare them, and begin anew.')
          const done = routeDone(await nextVersion(tx, org, stored.draft.route, now))
          await routeDraftsRepository(tx).remove(org, code)
          return { ...done, state: String(done.route.version) }
        },
      ),
  }
}

function viewOf(owner: string, draft: RouteDraft): RouteDraftView {
  const route = { ...draft.route, owner, version: 1 }
  const faults = faultsOfRoute(route)
  return {
    ...draft,
    faults: faults.slice(0, FINDINGS_MAX),
    cautions: faults.length > 0 ? [] : routeCautions(route).slice(0, FINDINGS_MAX),
  }
}

const otherCode = (code: string): Fault => ({ pointer: '/code', code: 'CODE', detail: `The draft at this address is of ${code}.` })

function none() {
  return refuse<Refusal>(refusal('NOT_FOUND', NO_DRAFT))
}
