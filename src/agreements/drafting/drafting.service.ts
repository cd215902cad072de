import assert from 'node:assert/strict'
import { lookAgain } from '../../assessments/made/assessments-in-time.service.ts'
import type { Call, CommandResult } from '../../commands/command.ts'
import { writerFor } from '../../identity/permissions.ts'
import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { RandomBytes } from '../../platform/kernel/ids.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { Refused } from '../../platform/kernel/refusal.ts'
import type { ActCall, ActingService } from '../acting.service.ts'
import { type Agreement, assessmentOf, type Flow, type Party } from '../agreement.ts'
import { type AgreementView, agreementView, editableVersion } from '../agreement-view.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { type DraftFacts, organisationFaults, unknownCode } from '../model/draft-rules.ts'
import { fillGroups, namesGroups, notedGroups } from '../model/fill-groups.ts'
import { newReference } from '../model/reference-code.ts'
import type { ReadAgreement } from '../reading.service.ts'
import { readRecord } from '../store/record.service.ts'
import { statusThen } from '../store/status.repository.ts'
import { NO_SUCH_AGREEMENT, noSuchAgreement } from '../visibility.ts'
import { changesBetween, unprocessable } from './draft-part.ts'
import type { Part } from './draft-parts.service.ts'
import { draftingRepository } from './drafting.repository.ts'
import { newDraft } from './new-draft.ts'

export interface DraftingOptions {
  readonly read: ReadAgreement
  readonly clock: Clock
  readonly random: RandomBytes
  readonly acts: ActingService
  readonly agreements: AgreementsService
  readonly tell: NotificationsService['tell']
  /** Read before the act, so that it needs no second connection while it holds one. */
  readonly facts: () => Promise<DraftFacts>
  /** Groups of organisations with their members of today. */
  readonly groups: () => Promise<readonly { readonly code: string; readonly on: string; readonly members_on: readonly string[] }[]>
}

/** How a new agreement begins. */
export interface NewDraftBody {
  readonly title: string
  readonly instrument_type: string
  readonly from_agreement?: string | undefined
  /** Why it begins although one that comes near exists; kept in the history. */
  readonly reason?: string | undefined
  /** Parties and flows that it begins with, where another room has worked them out; the caller's organisation is one of the parties. */
  readonly content?: { readonly parties: readonly Party[]; readonly flows: readonly Flow[] }
}

export type DraftingService = ReturnType<typeof draftingService>

const REFERENCE_BYTES = 6

/** Beginning, reading and editing agreements. */
export function draftingService({ read, clock, random, acts, agreements, tell, facts, groups }: DraftingOptions) {
  /** A body with its groups written out, on the day it is written. Read before the act, like all it is checked against. */
  async function filledIn<Body>(body: Body): Promise<ReturnType<typeof fillGroups<Body>>> {
    if (!namesGroups(body)) return { body, filled: [], faults: [] }
    const members = new Map((await groups()).map(({ code, members_on }) => [code, members_on]))
    return fillGroups(body, { day: londonDay(clock().getTime()), members })
  }

  async function viewOf(
    tx: Transaction,
    agreement: Agreement | undefined,
    at: string,
  ): Promise<{ outcome: AgreementView; version: string } | undefined> {
    const record = agreement && (await readRecord(tx, agreement.id))
    if (!agreement || !record) return undefined
    const status = (await statusThen(tx, agreement, instantOf(at))) ?? agreement.status
    return { outcome: { ...agreementView(agreement, record, at), status }, version: record.rowVersion }
  }

  /** The agreement as an act leaves it: the shell notes the time of the change only afterwards. */
  async function viewAfter(tx: Transaction, id: string, now: string): Promise<AgreementView> {
    const [agreement] = await agreements.read(tx, [id])
    const found = await viewOf(tx, agreement, now)
    assert(found, `agreement ${id} was written and cannot be read`)
    return { ...found.outcome, updated_at: now }
  }

  const beginning =
    (known: DraftFacts) =>
    (call: Call, body: NewDraftBody): Promise<CommandResult<AgreementView>> =>
      acts.create(call, { act: 'create', event: 'agreement.drafted' }, async ({ tx, principal, at, now }) => {
        const { org } = principal
        const source =
          body.from_agreement === undefined ? undefined : await agreements.find(tx, writerFor(principal), body.from_agreement, at)
        const refusal = unprocessable([
          ...organisationFaults(known, org, now, ''),
          ...unknownCode(known, 'INSTRUMENT_TYPE', body.instrument_type, '/instrument_type'),
          ...(body.from_agreement === undefined || source
            ? []
            : [{ pointer: '/from_agreement', detail: NO_SUCH_AGREEMENT, code: 'UNKNOWN_AGREEMENT' }]),
        ])
        if (refusal) throw new Refused(refusal)
        const id = newReference(londonDay(Date.parse(now)), random(REFERENCE_BYTES))
        const { title, instrument_type, content, reason } = body
        const draft = newDraft({ id, title, instrument_type, org, source, now, ...(content ? { content } : {}) })
        await agreements.store(tx, draft, { at: now, by: principal.sub, provenance: source && { copied_from: source.id } })
        if (source) await copyContacts(tx, source.id, id)
        const outcome = await viewAfter(tx, id, now)
        await tellNamed(tx, outcome, { parties: [] }, { principal, now })
        return {
          ...({ id, outcome, to: 'DRAFT', version: 1 } as const),
          detail: { title, instrument_type, ...(source ? { copied_from: source.id } : {}), ...(reason === undefined ? {} : { reason }) },
        }
      })

  return {
    /** The agreement as it stands, with what is derived worked out for `at` (ISO 8601; undefined: now). */
    read: (principal: ActCall['principal'], id: string, at: string | undefined): Promise<CommandResult<AgreementView>> =>
      read(principal, id, async (tx, agreement) => {
        const found = await viewOf(tx, agreement, at ?? clock().toISOString())
        if (!found) throw noSuchAgreement()
        return found
      }),

    /** Begins a draft of the caller's organisation, empty or from another agreement that it may know. */
    create: async (call: Call, body: NewDraftBody): Promise<CommandResult<AgreementView>> => beginning(await facts())(call, body),

    /** The same with facts that were read before, for a command that begins a draft within its own work. */
    beginning,

    /** Edits one part. Whoever takes part may call; who may write, and when, is the part's to say. */
    async edit<Body>(part: Part<Body>, call: ActCall, given: Body): Promise<CommandResult<AgreementView>> {
      const known = await facts()
      const { body, filled, faults } = await filledIn(given)
      return acts.perform(call, { act: part.act, event: 'agreement.edited' }, async ({ tx, agreement, principal, now }) => {
        const record = await readRecord(tx, agreement.id)
        assert(record, `agreement ${agreement.id} was locked and cannot be read`)
        const draft = editableVersion(agreement, record)
        const context = { agreement, record, draft, org: principal.org, facts: known, now }
        const refusal = part.refusal(body, context) ?? unprocessable(faults)
        if (refusal) throw new Refused(refusal)
        const repository = draftingRepository(tx, agreement.id)
        await part.write(repository, body, { ...context, tx })
        if (draft) {
          const before = record.versions.get(draft.version)?.filledGroups ?? []
          const noted = notedGroups(before, part.name, body, filled)
          if (JSON.stringify(noted) !== JSON.stringify(before)) await repository.noteGroups(draft.version, noted)
        }
        const after = await viewAfter(tx, agreement.id, now)
        await tellNamed(tx, after, agreement, { principal, now })
        // DP-6: an assessment that is approved may be about less than the text now.
        await lookAgain(tx, assessmentOf(agreement), 'changed', now)
        const changes = changesBetween(part.pick(agreementView(agreement, record, now)), part.pick(after))
        return {
          ...{ outcome: after, detail: { part: part.name, changes, ...(filled.length > 0 ? { filled } : {}) } },
          ...(draft ? { version: draft.version } : {}),
        }
      })
    },
  }

  /** Organisations that were not named before hear that they are: they can read the draft from now on. */
  async function tellNamed(
    tx: Transaction,
    { id, parties }: AgreementView,
    before: { readonly parties: readonly Pick<Party, 'org'>[] },
    { principal, now }: { readonly principal: ActCall['principal']; readonly now: string },
  ): Promise<void> {
    const known = [principal.org, ...before.parties.map(({ org }) => org)]
    const named = parties.map(({ org }) => org).filter((org) => !known.includes(org))
    const facts = { subject: { type: 'agreement', id }, at: now, detail: { by: principal.org }, toldBy: principal.org }
    await tell(tx, named, { kind: 'NAMED_IN_DRAFT', ...facts })
  }

  async function copyContacts(tx: Transaction, from: string, to: string): Promise<void> {
    const [source, copy] = [await readRecord(tx, from), await readRecord(tx, to)]
    const drafting = draftingRepository(tx, to)
    for (const [org, contacts] of source?.contacts ?? []) if (copy?.contacts.has(org)) await drafting.setContacts(org, contacts)
  }
}
