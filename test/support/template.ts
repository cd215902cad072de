import { createDatabase, urlOfDatabase } from '../../src/platform/database/create-database.ts'
import { migrate } from '../../src/platform/database/migrate.ts'

/** The database every test database is copied from: all migrations and nothing else. */
export const TEMPLATE = 'accord_template'

/** Builds the template on a server. Safe to call twice; the second call does nothing. */
export async function buildTemplate(adminUrl: string, name = TEMPLATE): Promise<void> {
  await createDatabase(adminUrl, name)
  await migrate({ url: urlOfDatabase(adminUrl, name) })
}
