import { readFileSync } from 'node:fs'
import pg from 'pg'

const DUPLICATE_DATABASE = '42P04'
const UNIQUE_VIOLATION = '23505'

/**
 * Creates a database unless it exists, and says whether it did. The role of `adminUrl` needs CREATEDB.
 *
 * @param options.template copies this database, which nobody may be using; files are copied as they are (STRATEGY file_copy, PostgreSQL 15 and later)
 */
export async function createDatabase(adminUrl: string, name: string, options: { readonly template?: string } = {}): Promise<boolean> {
  // template0 is used by nobody, ever; template1 refuses while another session happens to be connected to it.
  const source = options.template ? `template ${quote(options.template)} strategy file_copy` : `template template0 encoding 'UTF8'`
  return withClient(adminUrl, async (client) => {
    const existing = await client.query('select 1 from pg_database where datname = $1', [name])
    if (existing.rowCount) return false
    try {
      await client.query(`create database ${quote(name)} ${source}`)
      return true
    } catch (error) {
      // Another process created it between the question and the statement.
      if (error instanceof pg.DatabaseError && (error.code === DUPLICATE_DATABASE || error.code === UNIQUE_VIOLATION)) return false
      throw error
    }
  })
}

/** Drops a database if it exists, ending the sessions that use it. */
export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await withClient(adminUrl, (client) => client.query(`drop database if exists ${quote(name)} with (force)`))
}

/** The address of another database of the same server. */
export function urlOfDatabase(url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${encodeURIComponent(name)}`
  return address.href
}

/** The address with the password that stands in a file (its first line), so that the secret need not stand in the environment. */
export function urlWithPassword(url: string, passwordFile: string | undefined): string {
  if (passwordFile === undefined) return url
  const address = new URL(url)
  address.password = encodeURIComponent(readFileSync(passwordFile, 'utf8').split('\n')[0]?.trim() ?? '')
  return address.href
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'accord-admin' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function quote(name: string): string {
  return pg.escapeIdentifier(name)
}
