import { stableJson } from '../../platform/kernel/stable-json.ts'
import { type Condition, FACTS, type Fact } from '../../workflow/model/route.ts'
import { type Answers, type FormField, isYes, several } from '../drafting/answers.ts'
import { conditionWords, FACT_WORDS } from './words.ts'

/** A condition as a form asks for it: each of some facts, one of others, none of the rest. */

const GROUPS = ['Your part in it', 'The data', 'How they are shared', 'The law and the DPIA', 'Why it is urgent']

interface Parts {
  readonly all: readonly Fact[]
  readonly any: readonly Fact[]
  readonly none: readonly Fact[]
}

/** The questions about a condition that stands at a place of a route. */
export function conditionFields(condition: Condition | undefined, pointer: string): FormField[] {
  const choices = FACTS.map((fact) => ({ value: fact, text: capital(FACT_WORDS[fact][1]), group: FACT_WORDS[fact][0] })).toSorted(
    (one, other) => GROUPS.indexOf(one.group) - GROUPS.indexOf(other.group),
  )
  const boxes = (name: string, label: string, hint?: string): FormField => ({
    ...{ name, label, kind: 'checkboxes', choices, openGroups: [] },
    ...(hint === undefined ? {} : { hint }),
    ...(name === 'all' ? { pointer } : {}),
  })
  const kept: FormField = {
    ...{ name: 'keep', kind: 'box', label: 'Leave it as it is', pointer: `${pointer}/keep` },
    hint: `${conditionWords(condition)}. This was written over the API and has more parts than this form; what you tick below replaces it.`,
  }
  return [
    ...(partsOf(condition) ? [] : [kept]),
    boxes('all', 'Only where all of these are so', 'Tick nothing on this page where it is always needed'),
    boxes('any', 'And at least one of these'),
    boxes('none', 'And none of these'),
  ]
}

/** A condition as the answers of its form; of one that has more parts, that it stays. */
export function conditionAnswers(condition: Condition | undefined): Answers {
  const parts = partsOf(condition)
  return parts ? { ...parts } : { keep: 'yes', all: [], any: [], none: [] }
}

/** The condition that the answers make; undefined: always. */
export function conditionIn(answers: Answers, standing: Condition | undefined): Condition | undefined {
  if (isYes(answers, 'keep')) return standing
  const facts = (name: string) => several(answers, name).map((fact): Condition => ({ fact: fact as Fact }))
  const [any, none] = [facts('any'), facts('none')]
  const conditions: Condition[] = [
    ...facts('all'),
    ...(any.length > 0 ? [oneOf(any)] : []),
    ...(none.length > 0 ? [{ not: oneOf(none) }] : []),
  ]
  return conditions.length > 1 ? { all: conditions } : conditions[0]
}

/** Whether two conditions say the same, in whichever order. */
export function isSameCondition(one: Condition | undefined, other: Condition | undefined): boolean {
  const plain = (condition: Condition | undefined) => stableJson(partsOf(condition) ?? condition ?? null)
  return plain(one) === plain(other)
}

function oneOf(conditions: readonly Condition[]): Condition {
  const [only] = conditions
  return only !== undefined && conditions.length === 1 ? only : { any: conditions }
}

/** A condition in the parts of the form; undefined: it has others. */
function partsOf(condition: Condition | undefined): Parts | undefined {
  if (condition === undefined) return { all: [], any: [], none: [] }
  const [all, any, none]: Fact[][] = [[], [], []]
  const sorted = (facts: readonly Fact[]) => FACTS.filter((fact) => facts.includes(fact))
  for (const one of 'all' in condition ? condition.all : [condition]) {
    const negated = 'not' in one ? factsOf(one.not) : undefined
    const alternatives = 'any' in one ? factsOf(one) : undefined
    if ('fact' in one) all?.push(one.fact)
    else if (negated) none?.push(...negated)
    else if (alternatives && any?.length === 0) any.push(...alternatives)
    else return undefined
  }
  return { all: sorted(all ?? []), any: sorted(any ?? []), none: sorted(none ?? []) }
}

/** The facts of one of which a condition asks; undefined: it asks something else. */
function factsOf(condition: Condition): readonly Fact[] | undefined {
  if ('fact' in condition) return [condition.fact]
  if (!('any' in condition)) return undefined
  const facts = condition.any.flatMap((one) => ('fact' in one ? [one.fact] : []))
  return facts.length === condition.any.length ? facts : undefined
}

function capital(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
