import { assessmentOf } from '../../agreements/agreement.ts'
import type { ListingService } from '../../agreements/finding/listing.service.ts'
import type { MadeAssessment } from '../../assessments/made/made-assessment.ts'
import type { ReviewingService } from '../../assessments/made/reviewing.service.ts'
import { permits } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import type { StoredEvent } from '../../workflow/stored-event.ts'
import { type Asked, type Candidate, type FieldText, NOTHING, plain, type Source, type SourcePage } from '../found.ts'
import { keyOf, placeIn } from './journeys.service.ts'

/** Reviews by what was said in them, in comments or with a decision, as far as the reader may read it; or by their key. */
export function reviewSource(signOffs: Pick<SignOffsService, 'withWords' | 'read'>, { titles }: Pick<ListingService, 'titles'>): Source {
  return {
    kind: 'REVIEW',
    async search(principal, asked, { limit, cursor }) {
      if (asked.key !== null) {
        const found = await signOffs.read(principal, keyOf(asked))
        if (!found.ok) return NOTHING
        const { id, subject, status, startedAt } = found.value.outcome.signOff
        const title = (await titles(principal, agreementsOf([subject]))).get(subject.id) ?? subject.id
        return { found: [review({ id, type: subject.type, of: subject.id, title, status, at: startedAt })], next: null }
      }
      const { signOffs: rows, nextBefore } = await signOffs.withWords(principal, { terms: asked.words, before: placeIn(cursor), limit })
      const known = await titles(principal, agreementsOf(rows.map(({ subject_type: type, subject_id: id }) => ({ type, id }))))
      const found = rows.map(({ id, subject_type: type, subject_id: of, status, started_at: at, events }) => {
        return review({ id, type, of, title: known.get(of) ?? of, status, at }, events.flatMap(saidIn))
      })
      return { found, next: nextBefore }
    },
  }
}

/** Assessments: those that agreements stand on by their references, and those that are made here by what is written in them or by their key. */
export function assessmentSource(
  listing: Pick<ListingService, 'named' | 'titles'>,
  made: Pick<ReviewingService, 'read' | 'withWords'>,
): Source {
  async function named(principal: Principal, { references }: Asked): Promise<Candidate[]> {
    const found = await listing.named(principal, references)
    const standing = found.filter(
      ({ agreement }) => references.includes(assessmentOf(agreement)) && assessmentOf(agreement) !== agreement.id,
    )
    return standing.map(({ agreement }) => {
      const id = assessmentOf(agreement)
      const texts = [{ field: 'REFERENCE', text: id }] as const
      return plain('ASSESSMENT', id, agreement.title, { agreement: agreement.id, status: agreement.dpia.status, texts })
    })
  }

  async function written(principal: Principal, asked: Asked, { limit, cursor }: Parameters<Source['search']>[2]): Promise<SourcePage> {
    if (!permits(principal.roles, 'assessment:read')) return NOTHING
    if (asked.key !== null) {
      const found = await made.read(principal, keyOf(asked))
      if (!found.ok) return NOTHING
      const one = found.value.outcome
      const title = (await listing.titles(principal, [one.agreement])).get(one.agreement)
      return { found: [assessment(one, title)], next: null }
    }
    const page = await made.withWords(principal, { terms: asked.words, before: placeIn(cursor), limit })
    return { found: page.assessments.map((one) => assessment(one, one.title ?? undefined)), next: page.next_before }
  }

  return {
    kind: 'ASSESSMENT',
    async search(principal, asked, page) {
      const first = page.cursor === undefined ? await named(principal, asked) : []
      const { found, next } = await written(principal, asked, page)
      return { found: [...first, ...found], next }
    },
  }
}

interface Reviewed {
  readonly id: string
  readonly type: string
  /** What is reviewed. */
  readonly of: string
  readonly title: string
  readonly status: string
  readonly at: string
}

function review({ id, type, of, title, status, at }: Reviewed, texts: readonly FieldText[] = []): Candidate {
  return plain('REVIEW', id, title, { agreement: type === 'agreement' ? of : null, of: type, status, at, texts })
}

/** What somebody says in an event of a review: a comment, or the conditions and reasons of a decision. */
function saidIn(event: StoredEvent): FieldText[] {
  switch (event.type) {
    case 'COMMENTED':
      return [{ field: 'COMMENT', section: event.thread, text: event.text }]
    case 'TASK_DONE': {
      const { conditions, comment, adopted } = event.result
      return [
        ...conditions.map(({ text }) => ({ field: 'CONDITION' as const, section: event.step, text })),
        ...[comment, adopted?.reason ?? null].flatMap((text) => (text ? [{ field: 'REASON' as const, section: event.step, text }] : [])),
      ]
    }
    case 'RETURNED':
      return [{ field: 'REASON', section: event.step, text: event.reasons }]
    case 'RETURN_TAKEN_BACK':
    case 'STEP_REFUSED':
    case 'OVERRULED':
      return [{ field: 'REASON', section: event.step, text: event.reason }]
    case 'CHAIN_ENDED':
      return event.reason === null ? [] : [{ field: 'REASON', text: event.reason }]
    default:
      return []
  }
}

function agreementsOf(subjects: readonly { readonly type: string; readonly id: string }[]): string[] {
  return subjects.filter(({ type }) => type === 'agreement').map(({ id }) => id)
}

function assessment(
  { id, agreement, state, changed_at, content }: Pick<MadeAssessment, 'id' | 'agreement' | 'state' | 'changed_at' | 'content'>,
  title = agreement,
): Candidate {
  const texts: FieldText[] = [
    ...Object.entries(content.answers).map(([section, { text }]) => ({ field: 'ANSWER' as const, section, text })),
    ...content.risks.flatMap(({ id: section, source, description }) =>
      [description, source].map((text) => ({ field: 'RISK' as const, section, text })),
    ),
    ...content.measures.map(({ id: section, measure: text }) => ({ field: 'MEASURE' as const, section, text })),
    ...(content.screening?.reasons ? [{ field: 'REASON' as const, text: content.screening.reasons }] : []),
  ]
  return plain('ASSESSMENT', id, title, { agreement, status: state, at: changed_at, texts })
}
