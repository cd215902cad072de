import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { demoRegister } from '../demo/register-content.ts'
import { openDevelopmentIssuer } from '../identity/development-issuer.service.ts'
import { isRole, type Role } from '../identity/permissions.ts'
import { partiesService, shippedOrganisations } from '../parties/parties.service.ts'
import type { Config } from '../platform/config.ts'
import { openDatabase } from '../platform/database/database.ts'
import { startEmbeddedPostgres } from '../platform/database/embedded-postgres.ts'
import type { Command } from './command.ts'
import { validConfig } from './command-database.ts'

const USAGE = 'usage: accord token --org CODE --role ROLE [--role ROLE ...] [--sub NAME] [--client]'

/**
 * `token`: a bearer token of the development issuer, and nothing else on stdout. `--sub` is whose it is, so that two of one role are
 * two. Works beside a running service.
 */
export const token: Command = async (args, { env, out, err }) => {
  const asked = readArguments(args)
  if (!asked) {
    err(USAGE)
    return 2
  }
  if (asked.isClient && asked.roles.some((role) => role !== 'API_CLIENT')) {
    err('a client has the role API_CLIENT and no other: ask for a token of a person with --role, or of a client with --client')
    return 2
  }
  const unknown = asked.roles.filter((role) => !isRole(role))
  if (unknown.length > 0) {
    err(`unknown role: ${unknown.join(', ')}`)
    return 2
  }
  if (env['ISSUER_URL'] || env['DATABASE_URL']) {
    err('tokens are issued by the configured issuer: this command serves the development issuer only')
    return 2
  }
  const config = validConfig(env)
  if (!(await isOrganisation(config, asked.org))) {
    err(`unknown organisation: ${asked.org}`)
    return 2
  }
  const issuer = await openDevelopmentIssuer(join(config.varDirectory, 'keys'))
  const roles = asked.isClient ? (['API_CLIENT'] as const) : (asked.roles as Role[])
  const name = `${asked.org.toLowerCase()}-${(asked.isClient ? ['client'] : asked.roles).join('-').toLowerCase()}`
  const principal = { sub: asked.sub ?? `urn:accord:demo:${name}`, org: asked.org, roles, clientId: asked.isClient ? name : null }
  out(await issuer.sign(principal, new Date(), config.tokenTtlSeconds))
  return 0
}

function readArguments(args: readonly string[]): { org: string; roles: string[]; sub: string | undefined; isClient: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { org: { type: 'string' }, role: { type: 'string', multiple: true }, sub: { type: 'string' }, client: { type: 'boolean' } },
      allowPositionals: true,
    })
    const roles = values.role ?? []
    const isClient = values.client === true
    if (values.sub !== undefined && !/^[^\p{C}\s](?:[^\p{C}]{0,198}[^\p{C}\s])?$/u.test(values.sub)) return undefined
    if (!values.org || positionals.length > 0 || (roles.length === 0 && !isClient)) return undefined
    return { org: values.org, roles, sub: values.sub, isClient }
  } catch {
    return undefined
  }
}

/** Every embedded register begins with the shipped and the demo organisations; others were added to its database. */
async function isOrganisation(config: Config, code: string): Promise<boolean> {
  if ([...shippedOrganisations(), ...demoRegister().organisations].some((known) => known.code === code)) return true
  if (!existsSync(join(config.varDirectory, 'pg-password'))) return false
  const postgres = await startEmbeddedPostgres({ varDirectory: config.varDirectory })
  try {
    const database = await openDatabase({
      url: postgres.url('accord'),
      applicationName: 'accord-token',
      poolMax: 1,
      statementTimeoutMs: config.statementTimeoutMs,
      lockTimeoutMs: config.lockTimeoutMs,
    })
    try {
      return (await partiesService(database.db).find(code)) !== undefined
    } finally {
      await database.close()
    }
  } finally {
    await postgres.stop()
  }
}
