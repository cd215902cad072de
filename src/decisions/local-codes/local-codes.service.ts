import type { Call, CommandResult } from '../../commands/command.ts'
import type { Act, CommandContext, CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import type { Principal } from '../../identity/principal.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { answered, type Fault, type Refusal, type Refused, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import {
  type ListWithLocalCodes,
  type LocalCode,
  listWithLocalCodes,
  localCodeOf,
  type StoredLocalCode,
} from '../../reference/local-code.ts'
import { clashOf, type LocalCodeBody, localCodeFaults } from '../../reference/local-code-faults.ts'
import type { ReferenceService } from '../../reference/reference.service.ts'
import type { PolicyService } from '../policy/policy.service.ts'

/** A local code as it is shown to everybody. */
export interface LocalCodeView extends LocalCode {
  readonly why: string
  readonly verified: false
  readonly local: true
  readonly added_at: string
}

/** An act on a local code, with the row it left. */
interface LocalCodeDone extends WorkDone<LocalCodeView> {
  readonly stored: StoredLocalCode
}

export type LocalCodesService = ReturnType<typeof localCodesService>

/** Local codes of one organisation, those that have ended among them: every decision compiles them. */
export const LOCAL_CODES_MAX = 200

/**
 * What organisations add to the lists. Each act is a policy revision and a leaf of the governance log in one transaction: once it
 * has answered, every node decides on it.
 */
export function localCodesService(options: {
  readonly commands: CommandsService
  readonly parties: PartiesService
  readonly reference: ReferenceService
  readonly policy: PolicyService
}) {
  const { commands, parties, reference, policy } = options

  /** What the two kinds of act have in common: the record that decisions stand on, and the leaf. */
  const shared = {
    type: 'local code',
    unknown: 'There is no local code with this name in the list.',
    readerFor: () => ({ kind: 'system' }) as const,
    write: async (_tx: Transaction, { done }: Act<unknown, LocalCodeDone>) => String(done.stored.row_version),
    publish: (tx: Transaction, { id, done, now }: Act<unknown, LocalCodeDone>) =>
      policy.publish(tx, [{ kind: 'LOCAL_CODE', id, body: asRecord(done.stored) }], now),
    record: ({ done }: Act<unknown, LocalCodeDone>) => ({ payload: done.detail }),
  }

  /** Additions of one organisation come one after another, so that they are counted and told apart: it is what an addition locks. */
  const additionTo = (list: string): SubjectKind<string, LocalCodeDone> => ({
    ...shared,
    async lock(tx, org) {
      listOf(list)
      const owner = await parties.lock(tx, org)
      if (!owner) throw noBody(org)
      return { state: owner.active_to ?? '', version: '', actCount: 0 }
    },
    known: async () => undefined,
  })

  /** A code that is there, for its owner or the body that follows it; `kept`: whose codes the caller may end. */
  const codeIn = (list: string, kept: ReadonlySet<string>): SubjectKind<StoredLocalCode, LocalCodeDone> => ({
    ...shared,
    async lock(tx, code) {
      const name = listOf(list)
      const state = await reference.localCodesIn(tx).lock(code)
      if (!state || state.list !== name) return undefined
      if (!kept.has(state.owner_org))
        throw refused('FORBIDDEN', `${code} is ended by ${state.owner_org}, which added it, or by the body that follows it.`)
      return { state, version: String(state.row_version), actCount: 0 }
    },
    known: async (tx, code) => ((await reference.localCodesIn(tx).find(code)) ? { payload: { code } } : undefined),
  })

  async function add(context: CommandContext<string>, name: ListWithLocalCodes, body: LocalCodeBody): Promise<LocalCodeDone> {
    const { tx, state: endsAt, now, principal } = context
    const { org } = principal
    if (endsAt !== '' && endsAt <= now) throw noBody(org)
    const known = await reference.localCodesIn(tx).read()
    const clash = clashOf(body.name, org, known)
    if (clash)
      throw refused('CONFLICT', `${clash.code} stands in ${clash.list} already${clash.valid_to ? ` (until ${clash.valid_to})` : ''}.`)
    if (known.filter(({ owner_org }) => owner_org === org).length >= LOCAL_CODES_MAX)
      throw refused('ILLEGAL_STATE', `${org} has added ${LOCAL_CODES_MAX} local codes, which is the most.`)
    const list = (await reference.currentIn(tx)).find((one) => one.list === name)
    if (!list) throw refused('NOT_READY', 'The register is empty.')
    const today = londonDay(Date.parse(now))
    const faults = localCodeFaults(body, org, list, today)
    if (faults.length > 0) throw faulty(faults)
    const { label, broader, why } = body
    const code = localCodeOf(org, body.name)
    const stored = { code, list: name, owner_org: org, name: body.name, label, broader, why, valid_from: today }
    await reference.localCodesIn(tx).insert({ ...stored, added_at: now, added_by: principal.sub })
    return done(tx, code, why)
  }

  async function end(context: CommandContext<StoredLocalCode>, { last_day, why }: EndBody): Promise<LocalCodeDone> {
    const { tx, state: found, now, principal } = context
    const { code } = found
    const today = londonDay(Date.parse(now))
    if (found.valid_to !== null && found.valid_to < today) throw refused('ILLEGAL_STATE', `${code} ended on ${found.valid_to}.`)
    const lastDay = last_day ?? today
    if (lastDay < today) throw faulty([{ pointer: '/last_day', detail: `lies before today, ${today}` }])
    await reference.localCodesIn(tx).end(code, lastDay, principal.sub)
    return done(tx, code, why)
  }

  async function done(tx: Transaction, code: string, why: string): Promise<LocalCodeDone> {
    const stored = await reference.localCodesIn(tx).find(code)
    if (!stored) throw new Error(`local code ${code} was written and cannot be read`)
    return { id: code, stored, detail: { ...asRecord(stored), why }, outcome: toView(stored) }
  }

  return {
    /** Adds one from today (London) on. Refused for a list that takes none, where it exists, and with each fault. */
    add: (call: Call, list: string, body: LocalCodeBody): Promise<CommandResult<LocalCodeView>> =>
      commands.perform(additionTo(list), { ...call, id: call.principal.org, act: 'add_local_code', event: 'local_code.added' }, (context) =>
        add(context, listOf(list), body),
      ),

    /** Gives one its last day. Refused to anybody but its owner, and where it has ended. */
    async end(
      call: Call,
      { list, code }: { readonly list: string; readonly code: string },
      body: EndBody,
    ): Promise<CommandResult<LocalCodeView>> {
      // Whom the caller's body follows, read before the act, which holds the one connection that it may have.
      const kept = await bodiesOf(call.principal)
      const command = { ...call, id: code, act: 'end_local_code', event: 'local_code.ended' } as const
      return commands.perform(codeIn(list, kept), command, (context) => end(context, body))
    },

    all: (list: string): Promise<Result<LocalCodeView[], Refusal>> =>
      answered(async () => {
        const name = listOf(list)
        return (await reference.localCodes()).filter((one) => one.list === name).map(toView)
      }),

    one: (list: string, code: string): Promise<CommandResult<LocalCodeView>> =>
      answered(async () => {
        const name = listOf(list)
        const found = await reference.localCode(code)
        if (!found || found.list !== name) throw refused('NOT_FOUND', shared.unknown)
        return { outcome: toView(found), version: String(found.row_version) }
      }),
  }

  async function bodiesOf({ org }: Principal): Promise<ReadonlySet<string>> {
    return new Set([org, ...((await parties.find(org))?.successor_of ?? [])])
  }
}

interface EndBody {
  readonly last_day?: string | null
  readonly why: string
}

function listOf(name: string): ListWithLocalCodes {
  const found = listWithLocalCodes(name)
  if (!found) throw refused('NOT_FOUND', 'There is no list with this name that takes local codes.')
  return found
}

function asRecord({ list, code, owner_org, label, broader, valid_from, valid_to }: StoredLocalCode): LocalCode {
  return { list, code, owner_org, label, broader, valid_from, valid_to }
}

function toView(stored: StoredLocalCode): LocalCodeView {
  return { ...asRecord(stored), why: stored.why, verified: false, local: true, added_at: stored.added_at }
}

function noBody(org: string): Refused {
  return refused('ILLEGAL_STATE', `${org} is no organisation of the register at present.`)
}

function faulty(errors: readonly Fault[]): Refused {
  const [first] = errors
  return refused('UNPROCESSABLE', `The local code cannot be as it is described: ${first?.pointer} ${first?.detail}.`, errors)
}
