import { readdirSync, readFileSync } from 'node:fs'
import type { SampleSignOff } from '../agreements/acts/sample-sign-offs.service.ts'
import type { Agreement } from '../agreements/agreement.ts'
import type { DisclosureRecord } from '../disclosures/disclosure-record.ts'
import type { Organisation } from '../parties/organisation.ts'
import type { CodeList } from '../reference/code-list.ts'

/** What a register holds before anyone has used it. */
export interface RegisterContent {
  readonly lists: readonly CodeList[]
  readonly organisations: readonly Organisation[]
  readonly agreements: readonly { readonly agreement: Agreement; readonly provenance: unknown }[]
  readonly disclosureDecisions: readonly DisclosureRecord[]
  /** Agreements in the middle of their sign-off. */
  readonly signOffs?: readonly SampleSignOff[]
}

/** The demo register: agreements from published records and fictional ones, all marked as sample data. */
export function demoRegister(): Omit<RegisterContent, 'lists'> {
  const { organisations } = read('./organisations.json') as { organisations: Organisation[] }
  const { decisions } = read('./disclosure-decisions.json') as { decisions: (DisclosureRecord & { consumed?: boolean })[] }
  const { sign_offs: signOffs } = read('./sign-offs.json') as { sign_offs: SampleSignOff[] }
  const folder = new URL('./agreements/', import.meta.url)
  return {
    organisations,
    agreements: readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map((name) => {
        const { provenance, ...agreement } = read(`./agreements/${name}`) as Agreement & { provenance: unknown }
        return { agreement, provenance }
      }),
    disclosureDecisions: decisions.map(({ consumed: _derived, ...decision }) => decision),
    signOffs,
  }
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}
