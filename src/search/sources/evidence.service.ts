import type { LogSearchService } from '../../decisions/history/log-search.service.ts'
import type { FilesService } from '../../files/files.service.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { NOTHING, plain, type Source } from '../found.ts'
import { keyOf, placeIn } from './journeys.service.ts'

/** Files by their names, or by their key. */
export function fileSource(files: Pick<FilesService, 'read' | 'calledSo'>): Source {
  return {
    kind: 'FILE',
    async search(principal, asked, { limit, cursor }) {
      const read = asked.key === null ? undefined : await files.read(principal, keyOf(asked))
      const words = asked.words.filter(({ isExcluded }) => !isExcluded).flatMap(({ text }) => text.split(' '))
      const found = read
        ? read.ok
          ? [read.value.outcome]
          : []
        : words.length === 0
          ? []
          : await files.calledSo(principal, words, placeIn(cursor), limit + 1)
      const shown = found.slice(0, limit).map((file) =>
        plain('FILE', file.id, file.name ?? 'Erased', {
          ...{
            agreement: file.owner?.type === 'agreement' ? file.owner.id : null,
            of: file.org,
            at: file.uploaded_at,
            parties: [file.org],
          },
          texts: file.name === null ? [] : [{ field: 'NAME', text: file.name.replaceAll(/[_.-]+/g, ' ') }],
        }),
      )
      return { found: shown, next: found.length > limit ? (shown.at(-1)?.id ?? null) : null }
    },
  }
}

/** A decision by its key alone: what was asked is searched in the log, where that is recorded. That one was found here is recorded as well. */
export function decisionSource(logSearch: Pick<LogSearchService, 'search'>): Source {
  return {
    kind: 'DECISION',
    async search(principal, asked, { cursor }) {
      if (asked.key === null || cursor !== undefined) return NOTHING
      const { items } = orThrow(await logSearch.search(principal, { filter: { id: keyOf(asked) }, after: null, limit: 1 }))
      const found = items.map((one) =>
        plain('DECISION', asked.key ?? '', asked.key ?? '', {
          ...{ agreement: one.agreement, status: one.outcome, at: one.at, of: one.purpose },
          parties: [one.provider, one.recipient].filter((org) => org !== null),
        }),
      )
      return { found, next: null }
    },
  }
}
