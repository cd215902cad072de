import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { demoRegister } from '../demo/register-content.ts'
import { openDevelopmentIssuer } from '../identity/development-issuer.service.ts'
import { isRole, type Role } from '../identity/permissions.ts'
import { shippedOrganisations } from '../parties/shipped-organisations.service.ts'
import type { Config } from '../platform/config.ts'
import { type Command, readOptions, usage } from './command.ts'
import { validConfig } from './command-config.ts'

const USAGE = 'usage: accord token --org CODE --role ROLE [--role ROLE ...] [--sub NAME] [--client]'

/**
 * `token`: a bearer token of the development issuer, and nothing else on stdout. `--sub` is whose it is, so that two of one role are
 * two. Works beside a running service.
 */
export const token: Command = async (args, io) => {
  const { env, out } = io
  const asked = readArguments(args)
  if (!asked) return usage(io, USAGE)
  if (asked.isClient && asked.roles.some((role) => role !== 'API_CLIENT'))
    return usage(io, 'a client has the role API_CLIENT and no other: ask for a token of a person with --role, or of a client with --client')
  const unknown = asked.roles.filter((role) => !isRole(role))
  if (unknown.length > 0) return usage(io, `unknown role: ${unknown.join(', ')}`)
  if (env['ISSUER_URL'] || env['DATABASE_URL'])
    return usage(io, 'tokens are issued by the configured issuer: this command serves the development issuer only')
  const config = validConfig(env)
  if (!(await isOrganisation(env, config, asked.org))) return usage(io, `unknown organisation: ${asked.org}`)
  const issuer = await openDevelopmentIssuer(join(config.varDirectory, 'keys'))
  const roles = asked.isClient ? (['API_CLIENT'] as const) : (asked.roles as Role[])
  const name = `${asked.org.toLowerCase()}-${(asked.isClient ? ['client'] : asked.roles).join('-').toLowerCase()}`
  const principal = { sub: asked.sub ?? `urn:accord:demo:${name}`, org: asked.org, roles, clientId: asked.isClient ? name : null }
  out(await issuer.sign(principal, new Date(), config.tokenTtlSeconds))
  return 0
}

const TEXT = { type: 'string' } as const
const OPTIONS = { org: TEXT, role: { ...TEXT, multiple: true }, sub: TEXT, client: { type: 'boolean' } } as const

function readArguments(args: readonly string[]): { org: string; roles: string[]; sub: string | undefined; isClient: boolean } | undefined {
  const { org, role: roles = [], sub, client: isClient = false, rest } = readOptions(args, OPTIONS) ?? {}
  if (sub !== undefined && !/^[^\p{C}\s](?:[^\p{C}]{0,198}[^\p{C}\s])?$/u.test(sub)) return undefined
  return org && rest?.length === 0 && (roles.length > 0 || isClient) ? { org, roles, sub, isClient } : undefined
}

/**
 * Every embedded register begins with the shipped and the demo organisations; others were added to its database, and what talks to
 * that is loaded for them alone: a token should not wait for it.
 */
async function isOrganisation(env: NodeJS.ProcessEnv, config: Config, code: string): Promise<boolean> {
  const { varDirectory, statementTimeoutMs, lockTimeoutMs } = config
  if ([...shippedOrganisations(), ...demoRegister().organisations].some((known) => known.code === code)) return true
  if (!existsSync(join(varDirectory, 'pg-password'))) return false
  const { openCommandDatabase } = await import('./command-database.ts')
  const { openDatabase } = await import('../platform/database/database.ts')
  const { partiesService } = await import('../parties/parties.service.ts')
  const server = await openCommandDatabase(env, varDirectory)
  try {
    const limits = { applicationName: 'accord-token', poolMax: 1, statementTimeoutMs, lockTimeoutMs }
    const database = await openDatabase({ url: server.url, ...limits })
    return await partiesService(database.db)
      .find(code)
      .then((found) => found !== undefined)
      .finally(database.close)
  } finally {
    await server.close()
  }
}
