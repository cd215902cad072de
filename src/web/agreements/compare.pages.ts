import type { FastifyRequest } from 'fastify'
import type { ChangedClause } from '../../agreements/model/difference.ts'
import type { DocumentsService } from '../../agreements/texts/documents.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { type Page, versionIn } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { type Said, saidOf } from './answers.ts'

/** One clause side by side. `same`: codes of a list that stand in both. */
export interface ComparedClause {
  readonly label: string
  readonly removed: Said
  readonly added: Said
  readonly same: Said
}

/** Two versions of a text, clause by clause, and what the change means for whoever signed. */
export function comparePages({ documents }: { readonly documents: Pick<DocumentsService, 'text' | 'differences'> }) {
  async function shown(request: FastifyRequest): Promise<Page> {
    const { id, one, other } = request.params as { readonly id: string; readonly one: string; readonly other: string }
    const principal = callerOf(request)
    const [from = 0, to = 0] = [versionIn(one), versionIn(other)].toSorted((a, b) => a - b)
    const found = orThrow(await documents.differences(principal, id, to, from))
    const { text } = orThrow(await documents.text(principal, id, to))
    const narrative = (text['terms'] as { readonly narrative?: { readonly amendment_policy?: string } } | undefined)?.narrative
    return {
      template: 'agreements/compare.njk',
      title: `What changed from version ${from} to version ${to}`,
      data: {
        ...{ id, from, to, policy: narrative?.amendment_policy ?? null, changeClass: found.change_class },
        agreementTitle: text['title'],
        clauses: found.clauses.map(comparedClause),
      },
    }
  }

  return ({ page }: Web): void => page('/agreements/:id/versions/:one/compare/:other', 'getVersionDifferences', shown)
}

/** A clause by what was taken out, what was put in, and the codes that stay. */
export function comparedClause({ pointer, label, before, after }: ChangedClause): ComparedClause {
  const name = pointer.split('/').at(-1) ?? ''
  const [was, is] = [saidOf(name, before), saidOf(name, after)]
  if (was.kind !== 'codes' || is.kind !== 'codes') return { label, removed: was, added: is, same: { kind: 'nothing' } }
  const only = (of: typeof was, keep: (code: string) => boolean): Said => {
    const codes = of.codes.filter(keep)
    return codes.length === 0 ? { kind: 'nothing' } : { ...of, codes }
  }
  return {
    label,
    removed: only(was, (code) => !is.codes.includes(code)),
    added: only(is, (code) => !was.codes.includes(code)),
    same: only(is, (code) => was.codes.includes(code)),
  }
}
