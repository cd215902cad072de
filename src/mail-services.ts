import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandsService } from './commands/commands.service.ts'
import type { MailChannel } from './notifications/mail/channels/channel.ts'
import { fileChannel } from './notifications/mail/channels/file.service.ts'
import { notifyChannel } from './notifications/mail/channels/notify.service.ts'
import { smtpChannel } from './notifications/mail/channels/smtp.service.ts'
import { mailRoutes } from './notifications/mail/mail.routes.ts'
import { mailProblemsService } from './notifications/mail/mail-problems.service.ts'
import { mailSettingsService } from './notifications/mail/mail-settings.service.ts'
import { type MailDirectory, mailingService } from './notifications/mail/mailing.service.ts'
import type { PartiesService } from './parties/parties.service.ts'
import { invitedTo } from './people/outside/invited.service.ts'
import type { PeopleService } from './people/people.service.ts'
import type { Config } from './platform/config.ts'
import type { Database } from './platform/database/database.ts'
import type { Clock } from './platform/kernel/clock.ts'

interface MailServicesOptions {
  readonly config: Config
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly publicUrl: URL
  readonly commands: CommandsService
  readonly parties: PartiesService
  readonly weekOf: MailDirectory['weekOf']
  /** Asked late: people keep addresses here, and are asked who holds a role. */
  readonly people: () => PeopleService
}

/** Mail: the way by which it leaves, who is asked about readers, and their settings. */
export function openMail({ config, db, clock, newId, publicUrl, commands, parties, weekOf, people }: MailServicesOptions) {
  const namesOf: MailDirectory['namesOf'] = async (tx, orgs) =>
    new Map((await parties.read(tx, orgs)).map(({ code, short_name }) => [code, short_name]))
  const directory: MailDirectory = {
    holdersOf: (...asked) => people().holdersOf(...asked),
    invitedTo,
    weekOf,
    mailboxOf: parties.mailboxOf,
    namesOf,
  }
  const mailing = mailingService({ db, clock, newId, publicUrl, directory, channel: channelOf(config) })
  const settings = mailSettingsService({ db, commands, newId, publicUrl, mailTo: mailing.mailTo, namesOf })
  const tokenFile = config.notify?.callbackTokenFile
  const receiptToken = tokenFile === undefined ? undefined : secretIn(tokenFile)
  const problems = mailProblemsService({ db })
  return { mailing, problems, settings, routes: mailRoutes({ settings, problems, mailing, receiptToken }) }
}

function channelOf({ mailChannel, mailFrom: from, smtpUrl, smtpPasswordFile, notify, varDirectory }: Config): MailChannel {
  if (mailChannel === 'smtp' && smtpUrl)
    return smtpChannel({ url: smtpUrl, from, password: smtpPasswordFile && secretIn(smtpPasswordFile) })
  if (mailChannel === 'notify' && notify) return notifyChannel({ ...notify, apiKey: secretIn(notify.apiKeyFile) })
  return fileChannel({ directory: join(varDirectory, 'mail'), from })
}

/** The first line of a file that holds a secret. */
function secretIn(file: string): string {
  return readFileSync(file, 'utf8').split('\n', 1)[0]?.trim() ?? ''
}
