import { createHash, randomInt, timingSafeEqual } from 'node:crypto'
import type { Call, CommandResult } from '../../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { spokenInstant } from '../../platform/kernel/london-day.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import { ok } from '../../platform/kernel/result.ts'
import type { MailGroup } from './mail-kinds.ts'
import { mailSettingsRepository } from './mail-settings.repository.ts'
import { CODE_MINUTES, isWaiting, type MailSettings, type PendingAddress, shown, TRIES_MAX, withCodeSent } from './mail-settings.ts'
import type { MailingService } from './mailing.service.ts'

export interface MailSettingsOptions {
  readonly db: Database
  readonly commands: CommandsService
  readonly newId: () => string
  /** Where people reach the service. */
  readonly publicUrl: URL
  readonly mailTo: MailingService['mailTo']
  /** Names of organisations by their codes; joins the transaction. */
  readonly namesOf: (tx: Transaction, orgs: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

/** What somebody wants. */
export interface WantedSettings {
  readonly address: string | null
  readonly single: readonly MailGroup[]
  /** The summary of Mondays; absent: as before. */
  readonly weekly?: boolean | undefined
}

export type ShownSettings = ReturnType<typeof shown>

interface SettingsDone extends WorkDone<ShownSettings> {
  readonly settings: MailSettings
}

export type MailSettingsService = ReturnType<typeof mailSettingsService>

/** Where people get mail, and what one by one: each for themselves, for the organisation that they act for. */
export function mailSettingsService({ db, commands, newId, publicUrl, mailTo, namesOf }: MailSettingsOptions) {
  const kind: SubjectKind<MailSettings, SettingsDone> = {
    type: 'notification_settings',
    unknown: 'There are no such settings.',
    readerFor: () => ({ kind: 'system' }),
    async lock(tx, _id, principal) {
      const { settings, version, actCount } = await mailSettingsRepository(tx).lock(whose(principal), newId())
      return { state: settings, version, actCount }
    },
    write: (tx, { done }) => mailSettingsRepository(tx).write(done.settings),
    publish: async () => undefined,
    // That somebody changed where their mail goes, never where: an address is personal data, and the log is for ever.
    record: ({ done, now }) => ({ payload: { at: now, detail: done.detail } }),
    known: async () => ({}),
  }
  const own = { id: 'own' }

  return {
    /** The settings of whoever asks. */
    read: (principal: Principal): Promise<CommandResult<ShownSettings>> =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        const found = await mailSettingsRepository(tx).find(whose(principal))
        return ok({ outcome: shown(found?.settings ?? nothingSaid(principal)), version: found?.version ?? '1' })
      }),

    /** Says both; an address that is new is mailed a code, and counts once that was entered. */
    set: (call: Call, { address, single, weekly }: WantedSettings): Promise<CommandResult<ShownSettings>> =>
      commands.perform<MailSettings, ShownSettings, SettingsDone>(
        kind,
        { ...call, ...own, act: 'set', event: 'notification_settings.set' },
        async ({ tx, state, principal, now }) => {
          const isNew = address !== null && address !== state.confirmed
          const sent = isNew ? withCodeSent(state, now) : state.codesSent
          if (sent === null) throw refused('TOO_MANY_REQUESTS', 'No more codes are sent today.', [], { retryAfterSeconds: 3_600 })
          const pending = isNew ? await sendCode(tx, principal, address, now) : null
          const settings = {
            ...state,
            confirmed: address === null ? null : state.confirmed,
            pending,
            codesSent: sent,
            single,
            weekly: weekly ?? state.weekly,
          }
          return {
            settings,
            detail: { address: isNew ? 'ASKED' : address === null ? 'NONE' : 'KEPT', single, weekly: settings.weekly },
            outcome: shown(settings),
          }
        },
      ),

    /** Confirms the address that waits. Every try counts, also one that is refused. */
    async confirm(call: Call, code: string): Promise<CommandResult<ShownSettings>> {
      await withTransactionAs(db, { kind: 'system' }, async (tx) => {
        await mailSettingsRepository(tx).countTry(whose(call.principal))
      })
      return commands.perform<MailSettings, ShownSettings, SettingsDone>(
        kind,
        { ...call, ...own, act: 'confirm', event: 'notification_settings.confirmed' },
        async ({ state, now }) => {
          const { pending } = state
          if (!isWaiting(pending, now)) throw refused('ILLEGAL_STATE', 'No address waits for a code: say it again to get one.')
          if (!isSame(hashOf(code), pending.codeHash)) {
            const detail = `This is not the code. Tries left: ${TRIES_MAX - pending.tries}.`
            throw refused('UNPROCESSABLE', detail, [{ pointer: '/code', detail }])
          }
          const settings = { ...state, confirmed: pending.address, pending: null }
          return { settings, detail: { address: 'CONFIRMED' }, outcome: shown(settings) }
        },
      )
    },
  }

  async function sendCode(tx: Transaction, { org }: Principal, address: string, now: string): Promise<PendingAddress> {
    const code = String(randomInt(1_000_000)).padStart(6, '0')
    const expiresAt = new Date(Date.parse(now) + CODE_MINUTES * 60_000).toISOString()
    const authority = (await namesOf(tx, [org])).get(org) ?? org
    // The link holds no code: whoever reads the mail types it, signed in as whoever asked for it.
    const link = new URL('/settings', publicUrl).href
    const filled = { code, authority, link, until: spokenInstant(Date.parse(expiresAt)) }
    await mailTo(tx, { org, address, text: 'ADDRESS_CODE', filled })
    return { address, codeHash: hashOf(code), expiresAt, tries: 0 }
  }
}

function whose({ org, issuer, sub }: Principal) {
  return { org, person: { issuer, sub } }
}

function nothingSaid({ org, issuer, sub }: Principal): MailSettings {
  return { org, issuer, sub, confirmed: null, recorded: null, pending: null, codesSent: [], single: [], weekly: false }
}

function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}
