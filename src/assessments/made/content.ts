/**
 * What people write in a data protection impact assessment that is made here (domain reference 4.2 to 4.4, the seven steps of the ICO
 * template). Overall risks, the residual risk and the state are never among it: they are computed.
 * Days are London local dates `yyyy-mm-dd`, instants ISO 8601. Codes are those of the code lists.
 */
import type { Day } from '../../platform/kernel/london-day.ts'

/** Everything that is written in one version; with the questions as they were asked it is what a version freezes. */
export interface AssessmentContent {
  /** Null: nobody has confirmed or overruled yet what the flows speak for (DP-1). */
  readonly screening: ScreeningOutcome | null
  /** By key of the question. A question without an answer is not here. */
  readonly answers: Readonly<Record<string, Answer>>
  readonly risks: readonly Risk[]
  readonly measures: readonly Measure[]
  /** Who keeps it under review, by post, and when it is reviewed next (4.4); null: not said yet. */
  readonly review: { readonly due: Day; readonly kept_by: string } | null
}

/** Whether an assessment is needed, as somebody confirmed or overruled what was derived (DP-1, DP-2). */
export interface ScreeningOutcome {
  readonly required: boolean
  /** DPIA_TRIGGER codes that were derived when it was decided, as they were shown; also those that count only with another criterion. */
  readonly triggers: readonly string[]
  /** Why none is needed (DP-2), whatever the triggers speak for; null is enough where one is. */
  readonly reasons: string | null
  /** Whoever decided it. */
  readonly by: { readonly org: string; readonly issuer: string; readonly sub: string }
  readonly at: string
}

/** The answer to one question. */
export interface Answer {
  readonly text: string
  /** One of the choices of the question, for example whether the people concerned were asked; null: it has none. */
  readonly choice: string | null
}

/** Something that could do harm to people (4.3). */
export interface Risk {
  /** Made by the service; stays the same in later versions. */
  readonly id: string
  /** What it comes from. */
  readonly source: string
  readonly description: string
  /** HARM_TYPE code. */
  readonly harm_type: string
  /** DATA_SUBJECT codes. */
  readonly affected_subjects: readonly string[]
  /** LIKELIHOOD code, before any measure. */
  readonly likelihood: string
  /** SEVERITY code, before any measure. */
  readonly severity: string
}

/** What is done about a risk (4.3), with whoever does it and by when. */
export interface Measure {
  /** Made by the service; stays the same in later versions. */
  readonly id: string
  readonly risk_id: string
  readonly measure: string
  /** MEASURE_EFFECT code. */
  readonly effect: string
  /** LIKELIHOOD and SEVERITY codes that are left of the risk once it is done; null unless the effect is REDUCED. */
  readonly left: { readonly likelihood: string; readonly severity: string } | null
  /** Who has approved it and when; null: nobody, and it counts for nothing. */
  readonly approved: { readonly by: string; readonly on: Day } | null
  /** Organisation and post of whoever does it. */
  readonly owner: { readonly org: string; readonly post: string }
  readonly due: Day
  /** Null: not yet. */
  readonly done_on: Day | null
  /** Who said last that it is done, and when they said it. */
  readonly done_by: { readonly org: string; readonly issuer: string; readonly sub: string; readonly at: string } | null
}

/** The empty one that an assessment begins with. */
export const NOTHING_WRITTEN: AssessmentContent = { screening: null, answers: {}, risks: [], measures: [], review: null }

/** What a measure says that nobody has done yet. */
export const NOT_DONE = { done_on: null, done_by: null } as const
