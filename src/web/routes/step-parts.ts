import { ROLES, type Role } from '../../identity/permissions.ts'
import type { Condition, NewRoute, RouteStep, StepKind } from '../../workflow/model/route.ts'
import { ROLES_OF_KIND } from '../../workflow/model/route-checks.ts'
import { inOrder, type StepPlace, withStep, withStepAt } from '../../workflow/model/route-editing.ts'
import { type Answers, type Choice, counted, type FormField, said, several, textOf } from '../drafting/answers.ts'
import { conditionAnswers, conditionFields, conditionIn } from './conditions.ts'
import { conditionWords, FACT_WORDS, KIND_WORDS, type Label, titleOf } from './words.ts'

/** The pages of one step, each as data: its questions, what the draft answers, and the route that the answers make. */
export interface RoutePart {
  readonly title: string
  readonly fields: readonly FormField[]
  readonly wanted: Readonly<Record<string, string>>
  readonly standing: Answers
  readonly routeOf: (answers: Answers) => NewRoute
  /** Puts in its place what `routeOf` added at the end, where its faults are looked for. */
  readonly placed?: (route: NewRoute, answers: Answers) => NewRoute
}

const ESCALATIONS = 3
const SHORTER_TIMES = 2
const LAST: readonly StepKind[] = ['SIGNATURE', 'DECISION']
/** A person who holds a role for an organisation, as a step may be shown to one. */
const PEOPLE = ROLES.filter((role) => !['API_CLIENT', 'AUDITOR', 'REGISTER_ADMIN', 'PRACTITIONER'].includes(role))
const DUE = 'Enter how many working days there are'

type Part = (route: NewRoute, step: RouteStep, label: Label) => RoutePart

/** What is done, and by whom. */
const what: Part = (route, step, label) => {
  const at = pointerOf(route, step)
  return {
    title: 'What is done, and by whom',
    fields: [...whatFields(at, label), ...(LAST.includes(step.kind) ? [] : peopleFields(at))],
    wanted: { title: 'Enter what the step is called', act: 'Select what is done, and by whom' },
    standing: {
      ...{ title: step.title, act: `${step.kind}:${step.role}`, of: textOf(step.quorum?.of), need: textOf(step.quorum?.need) },
    },
    routeOf: (answers) => withStep(route, { ...without(step, 'quorum'), ...actIn(answers), ...peopleIn(answers, step) }),
  }
}

/** When it comes, and where the chain goes on after a return. */
const order: Part = (route, step) => {
  const at = pointerOf(route, step)
  const others = route.steps.filter(({ id }) => id !== step.id)
  const choices = others.map(({ id, title }) => ({ value: id, text: title }))
  const isLast = LAST.includes(step.kind)
  return {
    title: 'When it comes',
    fields: [
      ...(isLast ? [] : [placeField([{ value: 'TICKED', text: 'After all the steps that you tick below' }, ...placesIn(others)])]),
      { name: 'after', kind: 'checkboxes', label: 'Steps that have to be done first', hint: TICKED, pointer: `${at}/after`, choices },
      {
        ...{ name: 'return_to', kind: 'select', label: 'If it is returned, where does the chain begin again?', pointer: `${at}/return_to` },
        choices: [{ value: step.id, text: 'At this step' }, ...choices],
      },
    ],
    wanted: { return_to: 'Select where the chain begins again', ...(isLast ? {} : { place: 'Select when it comes' }) },
    standing: { ...(isLast ? {} : { place: 'TICKED' }), after: step.after, return_to: step.return_to },
    routeOf(answers) {
      const placed = placeIn(answers)
      const moved = { ...step, return_to: said(answers, 'return_to') ?? '' }
      if (placed) return withStepAt(route, moved, placed)
      const ticked = withStep(route, { ...moved, after: several(answers, 'after') })
      return { ...ticked, steps: inOrder(ticked.steps) }
    },
  }
}

const when: Part = (route, step) => ({
  title: 'When it is needed',
  fields: conditionFields(step.when, `${pointerOf(route, step)}/when`),
  wanted: {},
  standing: conditionAnswers(step.when),
  routeOf: (answers) => withStep(route, withWhen(step, conditionIn(answers, step.when))),
})

/** How long it may take, and who hears of it when it does not get done. */
const time: Part = (route, step, label) => {
  const at = pointerOf(route, step)
  const isSignature = step.kind === 'SIGNATURE'
  const roles = PEOPLE.map((role) => ({ value: role, text: label('GOV_ROLE', role) }))
  const rows = (most: number, held: number) => Array.from({ length: Math.max(most, Math.min(held + 1, 10)) }, (_, row) => row)
  const shorter = step.due_when ?? []
  return {
    title: 'How long it may take',
    fields: [
      dueField(at),
      { name: 'remind', kind: 'text', label: 'Reminders', hint: REMIND, pointer: `${at}/remind` },
      ...rows(ESCALATIONS, step.escalate.length).flatMap((row): FormField[] => [
        {
          name: `to-${row}`,
          kind: 'select',
          label: `If it is late, who is shown it? (${row + 1})`,
          choices: roles,
          pointer: `${at}/escalate/${row}/to`,
        },
        { name: `late-${row}`, kind: 'number', label: `How many working days late? (${row + 1})`, pointer: `${at}/escalate/${row}/after` },
      ]),
      ...rows(SHORTER_TIMES, shorter.length).flatMap((row): FormField[] => [
        {
          name: `case-${row}`,
          kind: 'select',
          label: `A shorter time: in which case? (${row + 1})`,
          choices: cases(shorter[row]?.when),
          pointer: `${at}/due_when/${row}/when`,
        },
        { name: `within-${row}`, kind: 'number', label: `How many working days then? (${row + 1})`, pointer: `${at}/due_when/${row}/due` },
      ]),
      ...(isSignature
        ? [
            {
              name: 'lapse',
              kind: 'number',
              label: 'After how many working days does it lapse unsigned?',
              hint: 'Leave it empty where it does not lapse. Silence is never consent',
              pointer: `${at}/lapse`,
            } as const,
          ]
        : []),
    ],
    wanted: { due: DUE },
    standing: {
      ...{ due: String(step.due), remind: step.remind.join(', '), lapse: textOf(step.lapse) },
      ...Object.fromEntries(
        step.escalate.flatMap(({ to, after }, row) => [
          [`to-${row}`, to],
          [`late-${row}`, String(after)],
        ]),
      ),
      ...Object.fromEntries(
        shorter.flatMap(({ when: of, due }, row) => [
          [`case-${row}`, caseOf(of)],
          [`within-${row}`, String(due)],
        ]),
      ),
    },
    routeOf(answers) {
      const due_when = rows(SHORTER_TIMES, shorter.length).flatMap((row) => {
        const of = said(answers, `case-${row}`)
        if (of === null && said(answers, `within-${row}`) === null) return []
        return [{ when: (of === KEPT ? shorter[row]?.when : { fact: of }) as Condition, due: counted(answers, `within-${row}`) as number }]
      })
      const escalate = rows(ESCALATIONS, step.escalate.length).flatMap((row) => {
        const to = said(answers, `to-${row}`)
        return to === null && said(answers, `late-${row}`) === null
          ? []
          : [{ after: counted(answers, `late-${row}`) as number, to: to as Role }]
      })
      const lapse = counted(answers, 'lapse') as number | null
      return withStep(route, {
        ...without(without(step, 'due_when'), 'lapse'),
        ...{ due: counted(answers, 'due') as number, remind: remindersIn(answers), escalate },
        ...(due_when.length > 0 ? { due_when } : {}),
        ...(lapse === null ? {} : { lapse }),
      })
    },
  }
}

export const STEP_PARTS: Readonly<Record<string, Part>> = { what, order, when, time }

/** What the route is called, and what it is for. */
export function aboutPart(route: NewRoute): RoutePart {
  return {
    title: 'What it is called',
    fields: [
      { name: 'title', kind: 'text', label: 'What is it called?' },
      { name: 'purpose', kind: 'textarea', rows: 3, label: 'What is it for?' },
    ],
    wanted: { title: 'Enter what it is called', purpose: 'Say what it is for' },
    standing: { title: route.title, purpose: route.purpose },
    routeOf: (answers) => ({ ...route, title: said(answers, 'title') ?? '', purpose: said(answers, 'purpose') ?? '' }),
  }
}

/** A step that there is not yet: what it is, when it comes and how long it may take; the rest as steps usually have it. */
export function newStepPart(route: NewRoute, label: Label, idFor: (title: string) => string): RoutePart {
  const at = `/steps/${route.steps.length}`
  return {
    title: 'Add a step',
    fields: [...whatFields(at, label), placeField(placesIn(route.steps)), dueField(at)],
    wanted: { title: 'Enter what the step is called', act: 'Select what is done, and by whom', place: 'Select when it comes', due: DUE },
    standing: {},
    routeOf(answers) {
      const act = actIn(answers)
      const id = idFor(act.title)
      const due = counted(answers, 'due') as number
      const step: RouteStep = {
        ...{ id, ...act, by: 'PARTY', after: [], due, return_to: id, remind: due > 2 ? [2] : [] },
        ...{
          when: { fact: 'CONTROLLER' },
          escalate: [
            { after: 2, to: 'IG_OFFICER' },
            { after: 5, to: 'SIRO' },
          ],
        },
      }
      return { ...route, steps: [...route.steps, step] }
    },
    placed(added, answers) {
      const [place, step] = [placeIn(answers), added.steps.at(-1)]
      return place && step ? withStepAt(added, step, place) : added
    },
  }
}

const TICKED = 'They count where no other place is selected'
const KEPT = 'KEPT'
const REMIND = 'In working days before it is due, for example 5, 2. Leave it empty for none'

function whatFields(at: string, label: Label): FormField[] {
  const choices = (Object.keys(ROLES_OF_KIND) as StepKind[]).flatMap((kind) =>
    ROLES_OF_KIND[kind].map((role): Choice => ({ value: `${kind}:${role}`, text: `${KIND_WORDS[kind]}, by ${label('GOV_ROLE', role)}` })),
  )
  return [
    { name: 'title', kind: 'text', label: 'What is the step called?', pointer: `${at}/title` },
    { name: 'act', kind: 'select', label: 'What is done, and by whom?', choices, pointer: `${at}/role`, hint: ACT },
  ]
}
const ACT = 'The data protection officer advises and never approves (SD-2), so some roles are offered for one kind of step alone'

function peopleFields(at: string): FormField[] {
  return [
    { name: 'of', kind: 'number', label: 'How many people are asked?', hint: 'Leave it empty for one', pointer: `${at}/quorum/of` },
    {
      name: 'need',
      kind: 'text',
      label: 'How many of them must approve?',
      hint: 'A number, or ALL. Leave it empty where one is asked',
      pointer: `${at}/quorum/need`,
    },
  ]
}

function dueField(at: string): FormField {
  return {
    name: 'due',
    kind: 'number',
    label: 'How many working days are there to do it?',
    hint: '0 for the same day',
    pointer: `${at}/due`,
  }
}

const PLACE = 'Put after a step, it comes before whatever waited for that one'

function placeField(choices: readonly Choice[]): FormField {
  return { name: 'place', kind: 'radios', label: 'When does it come?', hint: PLACE, choices, pointer: '/place' }
}

/** The places for a step among others: nothing comes after the step that signs or decides, nor beside it. */
function placesIn(others: readonly RouteStep[]): Choice[] {
  const before = others.filter(({ kind }) => !LAST.includes(kind))
  return [
    { value: 'FIRST', text: 'First of all' },
    ...before.map(({ id, title }) => ({ value: `AFTER:${id}`, text: `After ${title}` })),
    ...before.map(({ id, title }) => ({ value: `BESIDE:${id}`, text: `At the same time as ${title}` })),
  ]
}

function placeIn(answers: Answers): StepPlace | null {
  const [rule = '', step = ''] = (said(answers, 'place') ?? '').split(':')
  if (rule === 'FIRST') return { rule }
  return rule === 'AFTER' || rule === 'BESIDE' ? { rule, step } : null
}

function actIn(answers: Answers): Pick<RouteStep, 'title' | 'kind' | 'role'> {
  const [kind = '', role = ''] = (said(answers, 'act') ?? '').split(':')
  return { title: said(answers, 'title') ?? '', kind: kind as StepKind, role: role as Role }
}

function peopleIn(answers: Answers, { quorum }: RouteStep): Pick<RouteStep, 'quorum'> {
  const [of, need] = [counted(answers, 'of'), counted(answers, 'need')]
  if (of === null && need === null) return {}
  return { quorum: { ...quorum, need: (need ?? 'ALL') as number, ...(of === null ? {} : { of: of as number }) } }
}

function remindersIn(answers: Answers): number[] {
  const words = (said(answers, 'remind') ?? '').split(/[\s,;]+/).filter((word) => word !== '')
  return words.map((word) => (/^\d{1,4}$/.test(word) ? Number(word) : (word as unknown as number)))
}

function cases(standing: Condition | undefined): Choice[] {
  const facts = Object.entries(FACT_WORDS).map(([value, [, words]]) => ({ value, text: `Where ${words}` }))
  return standing && caseOf(standing) === KEPT ? [{ value: KEPT, text: conditionWords(standing) }, ...facts] : facts
}

function caseOf(condition: Condition): string {
  return 'fact' in condition ? condition.fact : KEPT
}

function withWhen(step: RouteStep, condition: Condition | undefined): RouteStep {
  return { ...without(step, 'when'), ...(condition === undefined ? {} : { when: condition }) }
}

function without<Name extends keyof RouteStep>(step: RouteStep, name: Name): Omit<RouteStep, Name> {
  const { [name]: _left, ...rest } = step
  return rest
}

function pointerOf({ steps }: NewRoute, { id }: RouteStep): string {
  return `/steps/${steps.findIndex((one) => one.id === id)}`
}

/** The steps that wait for one, by their titles. */
export function waitingFor({ steps }: NewRoute, id: string): string[] {
  return steps.filter(({ after }) => after.includes(id)).map((step) => titleOf(steps, step.id))
}
