import type { AgreementView } from '../../agreements/agreement-view.ts'
import type { Advice } from '../../agreements/model/advice.ts'

/** What the parts of a task list look at. */
export interface TaskFacts {
  readonly view: AgreementView
  readonly draft: AgreementView['versions'][number]
  readonly advice: readonly Advice[]
}

/** One task of a draft, as data. */
export interface Task {
  /** Below the address of the draft. */
  readonly path: string
  readonly title: string
  /** Places of the advice that are this task's. */
  readonly places: RegExp
  /** What it waits for, in words; absent or empty: nothing. */
  readonly waitsFor?: (facts: TaskFacts) => string
  /** Whether anything has been said yet: until then what is missing is not a problem. */
  readonly isStarted: (facts: TaskFacts) => boolean
  /** Whether the draft may say nothing here. */
  readonly isOptional?: boolean
  /** Whether somebody has to see to it although the draft can be sent without. */
  readonly isNeeded?: boolean
  /** Whether there is such a task; absent: always. */
  readonly isThere?: (facts: TaskFacts) => boolean
  /** How it stands where it is made of other tasks. */
  readonly madeOf?: (facts: TaskFacts) => readonly TaskStatus[]
}

/** How a task stands: as few words as will do. */
export type TaskStatus =
  | { readonly state: 'OPTIONAL' | 'NOT_STARTED' | 'INCOMPLETE' }
  // `details`: what whoever reviews it should know.
  | { readonly state: 'COMPLETED'; readonly details: readonly string[] }
  | { readonly state: 'WAITS'; readonly reason: string }
  | { readonly state: 'PROBLEM'; readonly details: readonly string[] }

const MISSING = new Set(['FIELD_MISSING', 'CLAUSE_MISSING'])

/** How a task stands by what the service advises. What it waits for comes first, then what is wrong, then what is missing. Pure. */
export function statusOf(task: Task, facts: TaskFacts): TaskStatus {
  const reason = task.waitsFor?.(facts) ?? ''
  if (reason !== '') return { state: 'WAITS', reason }
  const parts = task.madeOf?.(facts) ?? []
  if (parts.length > 0) return combined(parts)
  const found = adviceOn(task, facts)
  const errors = found.filter(({ severity }) => severity === 'ERROR')
  const isMissing = errors.length > 0 || task.isNeeded === true
  if (!task.isStarted(facts) && (isMissing || task.isOptional)) return { state: isMissing ? 'NOT_STARTED' : 'OPTIONAL' }
  const wrong = errors.filter(({ code }) => !MISSING.has(code))
  if (wrong.length > 0) return { state: 'PROBLEM', details: textsOf(wrong) }
  return errors.length > 0 ? { state: 'INCOMPLETE' } : { state: 'COMPLETED', details: textsOf(found) }
}

function textsOf(advice: readonly Advice[]): readonly string[] {
  return [...new Set(advice.map(({ detail }) => detail))]
}

/** How something stands that is made of parts. */
function combined(parts: readonly TaskStatus[]): TaskStatus {
  const details = parts.flatMap((part) => (part.state === 'PROBLEM' ? part.details : []))
  if (details.length > 0) return { state: 'PROBLEM', details: [...new Set(details)] }
  const isDone = parts.every(({ state }) => state === 'COMPLETED' || state === 'OPTIONAL')
  return isDone ? { state: 'COMPLETED', details: [] } : { state: 'INCOMPLETE' }
}

/** The advice that is about a task. */
export function adviceOn({ places }: Pick<Task, 'places'>, { advice }: Pick<TaskFacts, 'advice'>): readonly Advice[] {
  return advice.filter(({ pointer }) => places.test(pointer))
}

/** Where to mend what an advice is about, below the address of the draft; undefined: no task is about it. */
export function placeToMend(
  pointer: string,
  { draft, view }: Pick<TaskFacts, 'draft' | 'view'>,
): { readonly path: string; readonly title: string } | undefined {
  const [, index] = /^\/terms\/flows\/(\d+)/.exec(pointer) ?? []
  const flow = index === undefined ? undefined : draft.terms.flows[Number(index)]
  const flowTask = flow && FLOW_TASKS.find(({ places }) => places.test(pointer))
  if (flow) return { path: `flows/${flow.id}${flowTask ? `/${flowTask.path}` : ''}`, title: `Flow ${flow.id}` }
  const [, party] = /^\/parties\/(\d+)\/contacts/.exec(pointer) ?? []
  const org = party === undefined ? undefined : view.parties[Number(party)]?.org
  if (org !== undefined) return { path: `parties/${org}/contacts`, title: `Contacts of ${org}` }
  return ALL_TASKS.find(({ places }) => places.test(pointer))
}

const narrative = (path: string, title: string, ...members: readonly (keyof TaskFacts['draft']['terms']['narrative'])[]): Task => ({
  ...{ path, title },
  places: new RegExp(`^/terms/narrative/(${members.join('|')})$`),
  isStarted: ({ draft: { terms } }) => members.some((member) => terms.narrative[member] !== undefined),
})

const hasTwoParties = ({ view }: TaskFacts) => view.parties.filter(({ left_at }) => left_at === null).length > 1
const hasData = ({ draft: { terms } }: TaskFacts) => terms.flows.some(({ data_items }) => data_items.length > 0)
const isKind =
  (kind: string) =>
  ({ view }: TaskFacts) =>
    view.instrument_type === kind

/** What there is to do in a draft, in the order in which it is easiest. */
export const TASK_GROUPS: readonly { readonly title: string; readonly tasks: readonly Task[] }[] = [
  {
    title: 'Prepare',
    tasks: [
      { path: 'title', title: 'Title and kind of agreement', places: /^\/(title|owner_org|instrument_type)$/, isStarted: () => true },
      { path: 'parties', title: 'Parties and their contacts', places: /^\/parties/, isStarted: hasTwoParties },
    ],
  },
  {
    title: 'What and why',
    tasks: [
      narrative('why', 'What the sharing is for', 'purpose', 'benefits'),
      narrative('need', 'Why it is needed', 'alternatives', 'necessity_proportionality'),
      {
        ...{ path: 'flows', title: 'Data flows and the law', places: /^\/terms\/flows/ },
        waitsFor: (facts) => (hasTwoParties(facts) ? '' : 'Add at least two parties first'),
        isStarted: ({ draft: { terms } }) => terms.flows.length > 0,
        madeOf: (facts) => facts.draft.terms.flows.flatMap((flow, index) => flowTasks(flow, index, facts).map(({ status }) => status)),
      },
      {
        ...{ path: 'prohibitions', title: 'Uses that are ruled out', places: /^\/terms\/prohibitions/, isOptional: true },
        isStarted: ({ draft: { terms } }) => terms.prohibitions.length > 0,
      },
    ],
  },
  {
    title: 'How',
    tasks: [
      narrative('quality', 'Quality of the data', 'data_quality', 'automated_decisions'),
      narrative('people', 'What people are told, and their rights', 'privacy_information', 'rights_handling', 'foi'),
      {
        ...{ path: 'processors', title: 'Processors', places: /^\/terms\/agents/, isOptional: true },
        isStarted: ({ draft: { terms } }) => (terms.agents ?? []).length > 0,
      },
      {
        ...{ path: 'processor-contract', title: 'Contract with the processor', places: /^\/terms\/processor_contract/ },
        isStarted: ({ draft: { terms } }) => terms.processor_contract !== null,
        isThere: (facts) =>
          isKind('CONTROLLER_TO_PROCESSOR')(facts) ||
          facts.draft.terms.processor_contract !== null ||
          adviceAt(facts, '/terms/processor_contract'),
      },
      {
        ...{ path: 'joint-controllers', title: 'Arrangement of the joint controllers', places: /^\/terms\/joint_controller_arrangement/ },
        isStarted: ({ draft: { terms } }) => terms.joint_controller_arrangement !== null,
        isThere: (facts) =>
          isKind('JOINT_CONTROLLER')(facts) ||
          facts.draft.terms.joint_controller_arrangement !== null ||
          adviceAt(facts, '/terms/joint_controller_arrangement'),
      },
    ],
  },
  {
    title: 'Protect',
    tasks: [
      narrative('security', 'Security and breaches', 'security', 'breach_handling'),
      {
        ...{ path: 'assessment', title: 'Data protection impact assessment', places: /^\/dpia/ },
        waitsFor: (facts) => (hasData(facts) ? '' : 'Say which data flows first'),
        isStarted: ({ view }) => view.dpia.status !== 'DRAFT' || !view.dpia.required,
        isNeeded: true,
      },
      {
        ...{ path: 'policy-documents', title: 'Appropriate policy documents', places: /^\/apd/, isOptional: true },
        isStarted: ({ view }) => view.apd.length > 0,
      },
    ],
  },
  {
    title: 'Finish',
    tasks: [
      {
        ...{ path: 'dates', title: 'First and last day', places: /^\/effective_(from|to)$/ },
        isStarted: ({ draft }) => draft.effective_from !== null || draft.effective_to !== null,
      },
      {
        path: 'review',
        title: 'Reviews',
        places: /^\/review_/,
        isStarted: ({ view }) => view.review_due !== null || view.review_cycle_months !== null,
      },
      { path: 'commencement', title: 'When it begins to bind', places: /^\/terms\/commencement/, isStarted: () => true },
      narrative('changes', 'How changes are agreed', 'amendment_policy'),
      narrative('end', 'What happens at the end', 'retention_disposal', 'termination'),
    ],
  },
]

function adviceAt({ advice }: TaskFacts, at: string): boolean {
  return advice.some(({ pointer }) => pointer.startsWith(at))
}

const ALL_TASKS: readonly Task[] = TASK_GROUPS.flatMap(({ tasks }) => tasks)

type Flow = TaskFacts['draft']['terms']['flows'][number]

/** What there is to say of one flow, each on its own page. */
export const FLOW_TASKS: readonly (Pick<Task, 'path' | 'title' | 'places'> & {
  readonly isStarted: (flow: Flow) => boolean
  readonly isThere?: (flow: Flow) => boolean
})[] = [
  { path: 'between', title: 'Who, and what for', places: /^\/terms\/flows\/\d+\/(providers|recipients|purpose)/, isStarted: () => true },
  {
    path: 'data',
    title: 'What, and about whom',
    places: /^\/terms\/flows\/\d+\/(data_items|data_subjects|data_form|category_grant)/,
    isStarted: ({ data_items }) => data_items.length > 0,
  },
  {
    path: 'how',
    title: 'How, and how often',
    places: /^\/terms\/flows\/\d+\/(methods|frequency|volume_limit|countries)/,
    isStarted: ({ methods }) => methods.length > 0,
  },
  {
    ...{ path: 'abroad', title: 'Safeguards abroad', places: /^\/terms\/flows\/\d+\/transfers/ },
    isStarted: ({ transfers }) => Object.keys(transfers).length > 0,
    isThere: ({ countries }) => countries.some((country) => country !== 'GB'),
  },
  {
    path: 'law-provider',
    title: 'The law of those who send',
    places: /^\/terms\/flows\/\d+\/legal\/provider/,
    isStarted: ({ legal }) => legal.provider.art6.length > 0,
  },
  {
    ...{ path: 'law-recipient', title: 'The law of those who receive', places: /^\/terms\/flows\/\d+\/legal\/recipient/ },
    isStarted: ({ legal }) => legal.recipient === null || legal.recipient.art6.length > 0,
  },
  {
    path: 'keeping',
    title: 'Keeping and passing on',
    places: /^\/terms\/flows\/\d+\/(retention|onward)/,
    isStarted: ({ retention_days, retention_rule }) => retention_days !== null || retention_rule !== null,
  },
  {
    ...{
      path: 'confidence',
      title: 'Confidence and new purposes',
      places: /^\/terms\/flows\/\d+\/(confidentiality|exemptions|compatibility)/,
    },
    isStarted: ({ confidentiality, compatibility }) => confidentiality !== null || compatibility !== null,
  },
  {
    path: 'people',
    title: 'Objections, consent and restriction',
    places: /^\/terms\/flows\/\d+\/(honours|consent|restriction|standing)/,
    isStarted: () => true,
  },
]

/** The tasks of one flow, each with how it stands. */
export function flowTasks(flow: Flow, index: number, facts: TaskFacts) {
  const at = new RegExp(`^/terms/flows/${index}(/|$)`)
  const advice = facts.advice.filter(({ pointer }) => at.test(pointer))
  return FLOW_TASKS.filter(({ isThere }) => isThere?.(flow) ?? true).map(({ path, title, places, isStarted }) => ({
    ...{ path, title },
    status: statusOf({ path, title, places, isStarted: () => isStarted(flow) }, { ...facts, advice }),
  }))
}
