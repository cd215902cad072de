import pg from 'pg'
import { createDatabase, dropDatabase, urlOfDatabase } from '../../src/platform/database/create-database.ts'
import { migrate } from '../../src/platform/database/migrate.ts'

/** The database every test database is copied from: all migrations and nothing else. */
export const TEMPLATE = 'accord_template'
/** Those with a register loaded, that most services are copied from: loading it takes longer than everything else about a start. */
export const LOADED_TEMPLATES = { DEMO: `${TEMPLATE}_demo`, ORGANISATIONS: `${TEMPLATE}_organisations` } as const

/** Held by whoever fills a template, so that of several processes one does. */
const FILLING_LOCK = 4_112_900

/** Builds the template on a server. Safe to call twice; the second call does nothing. */
export async function buildTemplate(adminUrl: string, name = TEMPLATE): Promise<void> {
  await createDatabase(adminUrl, name)
  await migrate({ url: urlOfDatabase(adminUrl, name) })
}

/** Deletes all of them from a server that outlives a run: it may hold those of an earlier one. */
export async function dropTemplates(adminUrl: string): Promise<void> {
  for (const name of [TEMPLATE, ...Object.values(LOADED_TEMPLATES)]) await dropDatabase(adminUrl, name)
}

/** Builds a template with a register unless it is there: a copy of the other, filled. */
export async function buildLoadedTemplate(adminUrl: string, name: string, fill: (url: string) => Promise<void>): Promise<void> {
  const unfinished = `${name}_unfinished`
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  try {
    await admin.query('select pg_advisory_lock($1)', [FILLING_LOCK])
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [name])
    if (rowCount) return
    await dropDatabase(adminUrl, unfinished)
    await createDatabase(adminUrl, unfinished, { template: TEMPLATE })
    await fill(urlOfDatabase(adminUrl, unfinished))
    await admin.query(`alter database ${unfinished} rename to ${name}`)
  } finally {
    await admin.end()
  }
}
