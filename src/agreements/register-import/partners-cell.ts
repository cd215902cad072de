import type { AnswerValue, AskedField } from './answers.ts'
import { splitList } from './cells.ts'
import type { PartnerReading } from './organisation-match.ts'
import type { CellQuestion } from './questions.ts'
import type { Remarks } from './remarks.ts'

/** What names of partners are read with. */
export interface PartnerContext {
  readonly lookup: (text: string) => PartnerReading
  readonly answerTo: (field: AskedField, text: string) => AnswerValue | undefined
  /** Code of the importing organisation. */
  readonly own: string
  /** Organisations that no longer exist. */
  readonly isGone: (org: string) => boolean
}

/** More bodies than this are a group, and a longer text is no name of a body. */
const NAMES_MAX = 2000
const BODIES_MAX = 200
const NAME_MAX = 300

/** The bodies that a cell names, sorted, without the importing one. What nobody knows is asked. */
export function readPartners(cell: string, context: PartnerContext, remarks: Remarks, questions: CellQuestion[]): string[] {
  const { lookup, answerTo, own, isGone } = context
  const read = splitList(cell).flatMap((text) => readOne(text, lookup, answerTo))
  if (read.length > NAMES_MAX) {
    remarks.refuse('partners', `It names ${read.length} organisations; a line may name ${NAMES_MAX}. Name the group instead.`)
    return []
  }
  const partners = new Set<string>()
  let isComplete = true
  for (const { text, orgs, isExact } of read) {
    if (text.length > NAME_MAX) {
      remarks.refuse('partners', `It is longer than ${NAME_MAX} characters, so no name. Put semicolons between names.`, text)
      isComplete = false
      continue
    }
    const answer = answerTo('partners', text)
    if (answer === null) {
      remarks.warn('partners', 'It was left out, as decided.', text)
      continue
    }
    const meant = answer === undefined ? orgs : organisationsOf(answer)
    if (meant.length === 0) {
      questions.push({ field: 'partners', text, takenFor: [] })
      remarks.refuse('partners', 'Nobody in the register of organisations has this name. Say who is meant.', text)
      isComplete = false
    } else if (answer === undefined && !isExact) {
      questions.push({ field: 'partners', text, takenFor: meant })
      remarks.warn('partners', `It was taken for ${meant[0]}.`, text)
    }
    for (const org of meant) {
      if (isGone(org))
        remarks.warn('partners', `${org} no longer exists: its signature does not carry over to whoever took its place.`, text)
      if (org !== own) partners.add(org)
    }
  }
  if (partners.size > BODIES_MAX)
    remarks.refuse('partners', `It stands for ${partners.size} organisations; an agreement has at most ${BODIES_MAX} parties.`)
  if (partners.size === 0 && isComplete) remarks.refuse('partners', 'It names no other organisation.')
  return [...partners].sort()
}

/** Whom an answer about a partner stands for. */
function organisationsOf(answer: AnswerValue): readonly string[] {
  if (answer === null || typeof answer === 'string') return answer === null ? [] : [answer]
  return 'organisations' in answer ? answer.organisations : answer
}

/** Commas separate partners where every part is a name that is known, or the whole is too long for one: some names hold a comma. */
function readOne(text: string, lookup: PartnerContext['lookup'], answerTo: PartnerContext['answerTo']): PartnerReading[] {
  const whole = lookup(text)
  if (whole.orgs.length > 0 || !text.includes(',') || answerTo('partners', text) !== undefined) return [whole]
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const read = parts.map(lookup)
  const areKnown = read.every(({ orgs, text: part }) => orgs.length > 0 || answerTo('partners', part) !== undefined)
  return parts.length > 1 && (areKnown || text.length > NAME_MAX) ? read : [whole]
}
