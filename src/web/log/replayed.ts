import type { ReplayedDecision } from '../../decisions/history/replay.service.ts'
import type { Comparable } from '../../decisions/history/replay.ts'
import { type Said, saidOf } from '../agreements/answers.ts'

/** One part of two answers side by side. */
export interface ComparedPart {
  readonly label: string
  readonly recorded: Said
  readonly replayed: Said
  readonly isDifferent: boolean
}

/** The parts that are always shown, in the order in which people ask for them; others are where they differ. */
const ALWAYS = ['decision', 'reasons', 'agreement', 'version', 'flow', 'obligations']
const LABELS: Readonly<Record<string, string>> = {
  decision: 'Answer',
  reasons: 'Reasons',
  agreement: 'Agreement',
  version: 'Version',
  flow: 'Flow',
  obligations: 'What must be done with the data',
  via: 'Permitted by',
  version_hash: 'Hash of the text',
  legal: 'Law relied on',
  disclosure_decision: 'Decision on one disclosure',
  asserted_law: 'Law that the duty manager relied on',
  unverified_law: 'Law that was not checked against a source',
  other_agreements: 'Other agreements that permit it',
  warnings: 'Warnings',
  relied_on: 'Agreement that it rests on, which the caller was not told',
}
const WORDS: Readonly<Record<string, string>> = { PERMIT: 'Permitted', DENY: 'Denied' }

/** The recorded answer beside the one that was worked out again, part by part. Pure. */
export function comparedAnswers({
  recorded,
  replayed,
  differences,
}: Pick<ReplayedDecision, 'recorded' | 'replayed' | 'differences'>): ComparedPart[] {
  const shown = [...ALWAYS, ...differences.filter((name) => !ALWAYS.includes(name))]
  return shown.map((name) => ({
    label: LABELS[name] ?? name,
    recorded: partOf(name, recorded),
    replayed: partOf(name, replayed),
    isDifferent: differences.includes(name),
  }))
}

function partOf(name: string, answer: Comparable): Said {
  if (name === 'decision') return { kind: 'text', text: WORDS[answer.decision] ?? answer.decision }
  if (name === 'reasons')
    return codesOf(
      'REASON',
      answer.reasons.map(({ code }) => code),
    )
  if (name === 'obligations')
    return codesOf(
      'OBLIGATION',
      answer.obligations.map(({ code }) => code),
    )
  if (name === 'warnings') return codesOf('REASON', answer.warnings)
  return saidOf('', (answer as unknown as Readonly<Record<string, unknown>>)[name])
}

function codesOf(list: string, codes: readonly string[]): Said {
  return codes.length === 0 ? { kind: 'nothing' } : { kind: 'codes', list, codes }
}
