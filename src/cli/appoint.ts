import { join } from 'node:path'
import { configuredIssuers, readLogKey } from '../environment.ts'
import { DEVELOPMENT_ISSUER } from '../identity/development-issuer.service.ts'
import type { Principal } from '../identity/principal.ts'
import { systemClock } from '../platform/kernel/clock.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import { openServices } from '../services.ts'
import { type Command, type Io, readOptions, usage } from './command.ts'
import { validConfig } from './command-config.ts'
import { openCommandDatabase } from './command-database.ts'

const USAGE = 'usage: accord appoint --organisation CODE --role SIRO|REGISTER_ADMIN --issuer ISSUER --subject SUBJECT --reason TEXT'
/** Roles that record further ones. */
const FIRST = ['SIRO', 'REGISTER_ADMIN'] as const

interface Appointment {
  readonly organisation: string
  readonly role: (typeof FIRST)[number]
  readonly issuer: string
  readonly subject: string
  readonly reason: string
}

/**
 * `appoint`: gives an organisation the first person who records its roles, with a leaf in the log, beside the running service. Refused where
 * it has one: from then on people do that. Whoever runs it holds the database and the key of the log.
 */
export const appoint: Command = async (args, io) => {
  const text = { type: 'string' } as const
  const asked = readOptions(args, { organisation: text, role: text, issuer: text, subject: text, reason: text })
  const { organisation, issuer, subject, reason, rest } = asked ?? {}
  const role = FIRST.find((one) => one === asked?.role)
  if (!organisation || !role || !issuer || !subject || !reason || rest?.length !== 0) return usage(io, USAGE)
  return appointed({ organisation, role, issuer, subject, reason }, io)
}

async function appointed({ organisation, role, issuer, subject, reason }: Appointment, io: Io): Promise<number> {
  const config = validConfig(io.env)
  const trusted = config.databaseUrl === undefined ? [DEVELOPMENT_ISSUER] : configuredIssuers(config).map((one) => one.issuer)
  if (!trusted.includes(issuer)) return refusedWith(io, `${issuer} is no issuer that this service trusts`)
  const server = await openCommandDatabase(io.env, config.varDirectory)
  try {
    const services = await openServices({
      ...{ config, databaseUrl: server.url, publicUrl: config.publicUrl ?? new URL('http://127.0.0.1'), clock: systemClock },
      ...{
        trust: { issuer },
        isTrusted: (one) => trusted.includes(one),
        knowsPeople: () => false,
        isAuthoritative: () => false,
        speaksFor: () => false,
      },
      logKey: readLogKey(config.logKeyFile ?? join(config.varDirectory, 'keys', 'log-key')),
    })
    try {
      const principal: Principal = { issuer: 'accord', sub: 'operator', org: organisation, roles: ['REGISTER_ADMIN'], clientId: null }
      const held = await services.people.list(principal, organisation, { on: londonDay(systemClock().getTime()), limit: HELD_MAX })
      if (held.ok && held.value.roles.some((one) => one.role === role && one.counts))
        return refusedWith(io, `${organisation} has a ${role} already: roles are recorded by that person from here on`)
      const done = await services.people.record({ principal, idempotency: null }, organisation, {
        person: { issuer, subject },
        role,
        reason,
      })
      if (!done.ok) return refusedWith(io, done.refusal.detail)
      io.out(`${subject} is ${role} of ${organisation} from today on`)
      return 0
    } finally {
      await services.close()
    }
  } finally {
    await server.close()
  }
}

const HELD_MAX = 1_000

function refusedWith(io: Io, why: string): number {
  io.err(`accord appoint: ${why}`)
  return 1
}
