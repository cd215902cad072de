import { readFileSync } from 'node:fs'
import type { Organisation } from './organisation.ts'

/** The 33 London authorities and their partners as this release ships them. */
export function shippedOrganisations(): Organisation[] {
  const file = new URL('./organisations.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { organisations: Organisation[] }).organisations
}
