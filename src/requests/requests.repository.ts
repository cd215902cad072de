import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Identity } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import type { DB } from '../platform/database/schema.gen.ts'
import { holdsTerms } from '../platform/database/words.ts'
import type { AskedTerm } from '../platform/kernel/asked-terms.ts'
import type { Actor, RequestActName, RequestStatus, ShareQuestion, ShareRequest } from './share-request.ts'

/** One act on a request, as its history holds it. */
export interface ShareRequestAct {
  readonly sequence: number
  readonly at: string
  readonly act: 'ask' | 'hand_over' | RequestActName
  readonly actor_org: string
  readonly actor_sub: string
  readonly reason: string | null
  readonly detail: Readonly<Record<string, unknown>>
  readonly leaf_id: string
}

/** Which requests to list, newest first. */
export interface RequestFilter {
  /** Asked or picked up by this person. */
  readonly mine: Identity | null
  readonly status: RequestStatus | null
  readonly before: string | null
  readonly limit: number
}

/** The two organisations of the share, whoever keeps the agreement to be joined, and auditors; the database says the same of its rows. */
const isSeen = sql<boolean>`public.may_see_share(r.provider, r.recipient, r.join_agreement)`

/** Reads and writes requests. Maps, never decides. */
export function requestsRepository(tx: Transaction) {
  const requests = () => tx.selectFrom('share_request as r').selectAll('r').where(isSeen)

  return {
    async insert(request: ShareRequest): Promise<void> {
      const { id, origin, asked_by, asked_at, question, decision_id, why, needed_by, status, answer, join_agreement, agreement } = request
      const { provider, recipient, purpose } = question
      await tx
        .insertInto('share_request')
        .values({
          ...{ id, origin, asked_by_org: asked_by.org, asked_by_issuer: asked_by.issuer, asked_by_sub: asked_by.sub, asked_at },
          ...{ provider, recipient, purpose, question: JSON.stringify(question), decision_id, why, needed_by },
          ...{ status, answer, join_agreement, agreement },
        })
        .execute()
    },

    /** A request with its version, locked until the transaction ends where that is asked for; undefined: there is none for this reader. */
    async find(
      id: string,
      lock = false,
    ): Promise<{ readonly request: ShareRequest; readonly version: string; readonly actCount: number } | undefined> {
      const row = await requests()
        .where('r.id', '=', id)
        .$if(lock, (query) => query.forUpdate())
        .executeTakeFirst()
      return row && { request: toRequest(row), version: row.row_version, actCount: Number(row.act_count) }
    },

    /** What the service asked of itself for these two and has no answer yet. */
    async openOfService(
      asked: Pick<ShareRequest, 'origin'> & Pick<ShareQuestion, 'provider' | 'recipient' | 'purpose'>,
    ): Promise<ShareRequest | undefined> {
      const row = await requests()
        .where('r.origin', '=', asked.origin)
        .where('r.provider', '=', asked.provider)
        .where('r.recipient', '=', asked.recipient)
        .where('r.purpose', '=', asked.purpose)
        .where('r.status', '<>', 'CLOSED')
        .executeTakeFirst()
      return row && toRequest(row)
    },

    /** Requests without an answer for any of these shares, the last asked first. */
    async openFor(shares: readonly Pick<ShareQuestion, 'provider' | 'recipient' | 'purpose'>[]): Promise<ShareRequest[]> {
      if (shares.length === 0) return []
      const wanted = sql`unnest(${shares.map(({ provider }) => provider)}::text[], ${shares.map(({ recipient }) => recipient)}::text[],
        ${shares.map(({ purpose }) => purpose)}::text[]) as w (provider, recipient, purpose)`
      const rows = await requests()
        .where('r.status', '<>', 'CLOSED')
        .where(
          sql<boolean>`exists (select from ${wanted} where w.provider = r.provider and w.recipient = r.recipient and w.purpose = r.purpose)`,
        )
        .orderBy('r.id', 'desc')
        .execute()
      return rows.map(toRequest)
    },

    async list({ mine, status, before, limit }: RequestFilter): Promise<ShareRequest[]> {
      const rows = await requests()
        .$if(status !== null, (query) => query.where('r.status', '=', status))
        .$if(before !== null, (query) => query.where('r.id', '<', before as string))
        .$if(mine !== null, (query) =>
          query.where((eb) =>
            eb.or([
              eb.and([eb('r.asked_by_issuer', '=', mine?.issuer ?? ''), eb('r.asked_by_sub', '=', mine?.sub ?? '')]),
              eb.and([eb('r.picked_up_issuer', '=', mine?.issuer ?? ''), eb('r.picked_up_sub', '=', mine?.sub ?? '')]),
            ]),
          ),
        )
        .orderBy('r.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toRequest)
    },

    /** Requests without an answer that somebody picked up for an organisation, the first asked first. */
    async pickedUpBy({ issuer, sub, org }: Actor, limit: number): Promise<ShareRequest[]> {
      const rows = await requests()
        .where('r.picked_up_issuer', '=', issuer)
        .where('r.picked_up_sub', '=', sub)
        .where('r.picked_up_org', '=', org)
        .where('r.status', '<>', 'CLOSED')
        .orderBy('r.id')
        .limit(limit)
        .execute()
      return rows.map(toRequest)
    },

    /** Those that hold all of the terms, the last asked first. */
    async search(terms: readonly AskedTerm[], before: string | null, limit: number): Promise<ShareRequest[]> {
      const named = (codes: RawBuilder<readonly string[]>) =>
        sql<boolean>`(r.provider = any (${codes}) or r.recipient = any (${codes}) or r.purpose = any (${codes})
          or r.question -> 'data_items' ?| ${codes})`
      const rows = await requests()
        .where(sql<boolean>`${holdsTerms(terms, sql`r.words`, named)}`)
        .$if(before !== null, (query) => query.where('r.id', '<', before as string))
        .orderBy('r.id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toRequest)
    },

    /** Who asked for what an agreement came of, or for joining it. */
    askersOf: (agreement: string): Promise<Actor[]> =>
      requests()
        .clearSelect()
        .select(['r.asked_by_issuer as issuer', 'r.asked_by_sub as sub', 'r.asked_by_org as org'])
        .distinct()
        .where('r.origin', '=', 'PERSON')
        .where((eb) =>
          eb.or([
            eb('r.agreement', '=', agreement),
            // Whoever is being invited: the request is answered once they are.
            eb.and([eb('r.join_agreement', '=', agreement), eb('r.status', '=', 'AWAITING_KEEPER')]),
          ]),
        )
        .execute(),

    /** Who keeps an agreement at this moment, whether or not the reader may know it; null: nobody, or there is none. */
    async keeperOf(agreement: string | null): Promise<string | null> {
      const { rows } = await sql<{ keeper: string | null }>`select public.keeper_of_agreement(${agreement}) as keeper`.execute(tx)
      return rows[0]?.keeper ?? null
    },

    /** Stores how a request stands after an act, counts the act, moves the version and writes the history; answers the new version. */
    async addAct(request: ShareRequest, act: Omit<ShareRequestAct, 'actor_org' | 'actor_sub'>, actor: Actor): Promise<string> {
      const { status, answer, join_agreement, agreement, picked_up_by } = request
      const row = await tx
        .updateTable('share_request')
        .set((eb) => ({
          ...{ status, answer, join_agreement, agreement },
          ...{ picked_up_org: picked_up_by?.org ?? null, picked_up_issuer: picked_up_by?.issuer ?? null },
          picked_up_sub: picked_up_by?.sub ?? null,
          ...{ row_version: eb('row_version', '+', '1'), act_count: eb('act_count', '+', '1') },
        }))
        .where('id', '=', request.id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      const by = { actor_issuer: actor.issuer, actor_sub: actor.sub, actor_org: actor.org }
      await tx
        .insertInto('share_request_act')
        .values({ request_id: request.id, ...act, detail: JSON.stringify(act.detail), ...by })
        .execute()
      return row.row_version
    },

    /** What was done to a request, oldest first. */
    async history(id: string): Promise<ShareRequestAct[]> {
      const rows = await tx
        .selectFrom('share_request_act as a')
        .select(['a.sequence', 'a.at', 'a.act', 'a.actor_org', 'a.actor_sub', 'a.reason', 'a.detail', 'a.leaf_id'])
        .where('a.request_id', '=', id)
        .orderBy('a.sequence')
        .execute()
      return rows.map((row) => ({
        ...row,
        sequence: Number(row.sequence),
        act: row.act as ShareRequestAct['act'],
        detail: row.detail as ShareRequestAct['detail'],
      }))
    },
  }
}

function toRequest(row: Selectable<DB['share_request']>): ShareRequest {
  const { id, asked_by_org, asked_by_issuer, asked_by_sub, asked_at, question, decision_id, why, needed_by } = row
  const { origin, status, answer, join_agreement, agreement, picked_up_org, picked_up_issuer, picked_up_sub } = row
  const isPickedUp = picked_up_org !== null && picked_up_issuer !== null && picked_up_sub !== null
  return {
    ...{ id, asked_at, decision_id, why, needed_by, join_agreement, agreement },
    origin: origin as ShareRequest['origin'],
    status: status as RequestStatus,
    answer: answer as ShareRequest['answer'],
    asked_by: { org: asked_by_org, issuer: asked_by_issuer, sub: asked_by_sub },
    question: question as unknown as ShareQuestion,
    picked_up_by: isPickedUp ? { org: picked_up_org, issuer: picked_up_issuer, sub: picked_up_sub } : null,
  }
}
