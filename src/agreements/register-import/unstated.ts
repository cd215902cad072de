import { plainTerm, type Vocabulary } from '../../reference/vocabulary.ts'
import type { Field } from '../model/register-columns.ts'
import type { AnswerValue, AskedField } from './answers.ts'
import { isAbsent } from './cells.ts'
import { datasetsOf } from './datasets.ts'
import type { CellQuestion } from './questions.ts'
import { type PartnerRole, type RegisterRow, standingFromStatus } from './row.ts'

/** What is looked up to say of a line what it does not state. */
export interface UnstatedContext {
  readonly answerTo: (field: AskedField, text: string) => AnswerValue | undefined
  readonly own: string
  /** Organisations that are processors and nothing else. */
  readonly isProcessor: (org: string) => boolean
  /** NO_END. */
  readonly noEnd: Vocabulary
  /** London local date. */
  readonly today: string
}

/** A line with what people said for all lines that do not state it, what may still be said, and why it is no record until then. */
export interface CompletedRow {
  readonly row: RegisterRow
  readonly questions: readonly CellQuestion[]
  readonly warnings: readonly string[]
  readonly faults: readonly { readonly field: Field; readonly detail: string }[]
}

/** Types whose name says which role every party has. */
const ROLE_IN_TYPE: Readonly<Partial<Record<string, string>>> = {
  CONTROLLER_TO_CONTROLLER: 'CONTROLLER',
  JOINT_CONTROLLER: 'JOINT_CONTROLLER',
}

/** What a record holds until somebody says it, where a line does not. */
const USUAL = {
  type: { code: 'CONTROLLER_TO_CONTROLLER', words: 'type: between controllers' },
  status: { code: 'ACTIVE', words: 'status: agreed' },
  expiry: { code: 'OPEN', words: 'last day: none' },
  role: { code: 'CONTROLLER', words: 'your role: controller' },
  dpia_ref: { code: 'NO', words: 'assessment: none needed' },
} as const

/**
 * What a record holds as a fact and a line may not state: its type, how it stands, its last day, whether it needs an assessment,
 * who has which role. The empty cell is a question, answered once for all such lines. Until it is, the record holds what is usual
 * and names what was not stated (`not_stated`); who is the processor of a contract is never taken for granted. Pure.
 */
export function withUsualValues(read: RegisterRow, { answerTo, own, isProcessor, noEnd, today }: UnstatedContext): CompletedRow {
  const questions: CellQuestion[] = []
  const faults: { field: Field; detail: string }[] = []
  const usual: { field: Field; words: string }[] = []
  /** The answer for all that do not say; null where there is none and nothing is usual, and then the line is refused. */
  const answered = (field: AskedField & Field, what: string, text = '', taken?: { code: string; words: string }): string | null => {
    const answer = answerTo(field, text)
    if (typeof answer === 'string') return answer
    if (answer === null) faults.push({ field, detail: `${what} is not stated: the line was left out, as decided.` })
    else {
      questions.push({ field, text, takenFor: taken ? [taken.code] : [] })
      if (taken) usual.push({ field, words: taken.words })
      else faults.push({ field, detail: `${what} is not stated. Say it once for all lines that do not.` })
    }
    return answer === null ? null : (taken?.code ?? null)
  }
  const type = read.instrument_type ?? answered('type', 'The type of agreement', '', USUAL.type)
  const said = read.standing ?? answered('status', 'How the agreement stands', '', USUAL.status)
  const standing = standingFromStatus(said, read.expiry, today, (detail) => faults.push({ field: 'status', detail }))
  const isOpenEnded = noEnd.get(plainTerm(read.words.expiry ?? '')) === 'OPEN'
  if (read.expiry === null && !isOpenEnded && read.start !== null && standing === 'ACTIVE')
    answered('expiry', 'The last day', '', USUAL.expiry)
  const dpia = isAssessed()
  function isAssessed(): boolean | null {
    if (read.dpia !== null) return read.dpia
    if ([read, ...(read.datasets ?? [])].some(({ special }) => special === true)) return true
    if (type === 'MOU_NON_PERSONAL') return false
    // Words that nobody could read are no "no".
    if (read.words.dpia_ref !== undefined && !isAbsent(read.words.dpia_ref)) return true
    const answer = answered('dpia_ref', 'Whether it needs a data protection impact assessment', '', USUAL.dpia_ref)
    return answer === null ? null : answer === 'YES'
  }
  const role = type === null ? read.role : ownRole(type)
  function ownRole(of: string): string | null {
    if (read.role !== null) return read.role
    // A body that is a processor and nothing else is no controller because its register says "ISA".
    if (ROLE_IN_TYPE[of] !== undefined && !isProcessor(own)) return ROLE_IN_TYPE[of]
    if (of === 'CONTROLLER_TO_PROCESSOR' && isProcessor(own)) return 'PROCESSOR'
    if (of === 'CONTROLLER_TO_PROCESSOR' && read.partners.length > 0 && read.partners.every(isProcessor)) return 'CONTROLLER'
    const taken = of === 'CONTROLLER_TO_PROCESSOR' || isProcessor(own) ? undefined : USUAL.role
    return answered('role', 'Which role you have in an agreement of this type', read.words.type ?? '', taken)
  }
  const partner_roles = type === null || role === null ? [] : partnerRoles(type, role)
  function partnerRoles(of: string, mine: string): PartnerRole[] {
    const [one, another] = read.partners
    const isAlone = one !== undefined && another === undefined
    const roleOf = (org: string): string | null => {
      if (isProcessor(org)) return 'PROCESSOR'
      if (of === 'JOINT_CONTROLLER') return 'JOINT_CONTROLLER'
      if (of !== 'CONTROLLER_TO_PROCESSOR') return mine === 'JOINT_CONTROLLER' && isAlone ? mine : 'CONTROLLER'
      if (isAlone) return mine === 'PROCESSOR' ? 'CONTROLLER' : 'PROCESSOR'
      return answered('role', `Which role ${org} has in a contract with a processor`, org)
    }
    return read.partners.flatMap((org) => {
      const found = roleOf(org)
      return found === null ? [] : [{ org, role: found }]
    })
  }
  const warnings =
    usual.length === 0
      ? []
      : [`Not stated, and recorded as usual until somebody says it for all such lines: ${usual.map(({ words }) => words).join('; ')}.`]
  const { not_stated: _, ...line } = read
  const row = { ...line, instrument_type: type, standing, dpia, role, partner_roles }
  return { row: usual.length === 0 ? row : { ...row, not_stated: usual.map(({ field }) => field) }, questions, warnings, faults }
}

/** What a record needs before anybody can rely on it, and neither the line nor an earlier file states: a warning, never a default. */
export function notStated(row: RegisterRow): string[] {
  const { standing, start, signed_on, role, instrument_type } = row
  const isOdd =
    (role === 'PROCESSOR' && ROLE_IN_TYPE[instrument_type ?? ''] !== undefined) ||
    (role === 'CONTROLLER' && instrument_type === 'JOINT_CONTROLLER')
  const odd = isOdd ? [`Its type and the role of ${role} do not fit: both are kept as stated.`] : []
  const makesFlow = datasetsOf(row).some(({ purpose, data_items, direction }) => purpose && data_items.length > 0 && direction)
  const form = makesFlow
    ? [
        'In which form data goes, and where to, is not stated: the record says identifiable data within the United Kingdom until it is amended.',
      ]
    : []
  if (standing === 'DRAFT') return [...odd, ...form]
  return [
    ...(start === null ? ['The first day is not stated: the record is in force on no day until it is.'] : []),
    ...(signed_on === null ? ['The day of signature is not stated: each party confirms its own signature, which has no instant.'] : []),
    ...odd,
    ...form,
  ]
}
