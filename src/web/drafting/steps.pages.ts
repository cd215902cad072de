import type { ActCall } from '../../agreements/acting.service.ts'
import type { AgreementView } from '../../agreements/agreement-view.ts'
import type { Part } from '../../agreements/drafting/draft-parts.service.ts'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import type { Principal } from '../../identity/principal.ts'
import type { RegisteredOrganisation } from '../../parties/organisation.ts'
import { type BodyOf, contract, type OperationId } from '../../platform/http/openapi.ts'
import type { Fault, Refusal } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import type { FieldError } from '../forms.pages.ts'
import type { Answers, FormField } from './answers.ts'
import type { ChoicesOf } from './choices.ts'

export type DraftVersion = AgreementView['versions'][number]

/** What a page of a draft may look at. */
export interface DraftContext {
  readonly view: AgreementView
  /** The version that is written; where there is none, the newest, which nobody changes. */
  readonly draft: DraftVersion
  readonly isWritable: boolean
  /** Names the state that was read: for `If-Match`. */
  readonly rowVersion: string
  readonly principal: Principal
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly choices: ChoicesOf
  /** Laws that are usual for a purpose, and for those it is part of. */
  usualGateways(purpose: string): readonly string[]
  readonly organisations: readonly RegisteredOrganisation[]
  nameOf(org: string): string
  /** A sentence of a service with its codes put into words. */
  plain(sentence: string): string
}

/** One page of a draft: its questions, what the draft answers to them, and the part of the draft that takes them. */
export interface Step {
  /** Below the address of the draft. */
  readonly path: string
  readonly operation: OperationId
  title(context: DraftContext): string
  /** What to know before answering, a paragraph each. */
  intro?(context: DraftContext): readonly string[]
  /** Pages besides the draft on which more is said of the same. */
  besides?(context: DraftContext): readonly { readonly href: string; readonly text: string }[]
  /** Whether the answers come from elsewhere now, so that the page has no form. */
  isReadOnly?(context: DraftContext): boolean
  fields(context: DraftContext): readonly FormField[]
  answers(context: DraftContext): Answers
  /** Answers to begin with, where the address asks for them; they are saved like any others. */
  suggested?(context: DraftContext): Answers | undefined
  /** From where answers may be taken over, as links to this page. */
  offers?(context: DraftContext): readonly { readonly href: string; readonly text: string }[]
  /** Where to go once it was saved, below the address of the draft; `saved`: the agreement as that left it, also where the form came once more. */
  next(context: DraftContext, saved: AgreementView): string
  /** Where to go back to. */
  back(context: DraftContext): { readonly path: string; readonly text: string }
  /** Which edits of the history are of this section. */
  readonly section: { readonly part: string; members?(context: DraftContext): readonly string[] }
  /** Saves the answers by the part of the draft; answers the agreement as that left it, or what stands against it. */
  save(
    drafting: Pick<DraftingService, 'edit'>,
    call: ActCall,
    answers: Answers,
    context: DraftContext,
  ): Promise<Result<AgreementView, StepRefusal>>
}

/** Why answers were not saved; `isStale`: somebody else saved something in the same moment. */
export interface StepRefusal {
  readonly errors: readonly FieldError[]
  readonly isStale: boolean
}

/** How a page of a draft is described. */
export interface StepDefinition<Id extends OperationId> extends Omit<Step, 'save' | 'operation' | 'section'> {
  readonly operation: Id
  /** The edits of the history that are this section's, where the part holds several. */
  members?(context: DraftContext): readonly string[]
  /** The body of the API that the answers make; the contract says whether it is one. */
  body(answers: Answers, context: DraftContext): unknown
  part(context: DraftContext): Part<BodyOf<Id>>
  readonly partName: string
  /** Where in the body the answers stand; absent: at its top. */
  at?(context: DraftContext): string
}

/** Where the page of a section that stands alone leads back and on: to the tasks. */
export const toTasks: Pick<Step, 'back' | 'next'> = { back: () => ({ path: '', text: 'Tasks' }), next: () => '' }

/** A page of a draft out of its description: what it takes is what the operation of the API takes. */
export function step<Id extends OperationId>(definition: StepDefinition<Id>): Step {
  const { body: bodyOf, part, partName, members, at, ...page } = definition
  return {
    ...page,
    section: { part: partName, ...(members ? { members } : {}) },
    async save(drafting, call, answers, context) {
      const body: unknown = bodyOf(answers, context)
      const fields = definition.fields(context)
      const place = (faults: readonly Fault[]) => placed(faults, fields, at?.(context) ?? '', context.plain)
      if (!fits(definition.operation, body)) return refuse({ errors: place(contract.faultsOf(definition.operation, body)), isStale: false })
      const done = await drafting.edit(part(context), call, body)
      if (done.ok) return ok(done.value.outcome)
      const { code } = done.refusal
      return refuse({ errors: place(faultsIn(done.refusal)), isStale: code === 'PRECONDITION_FAILED' })
    },
  }
}

function fits<Id extends OperationId>(operation: Id, body: unknown): body is BodyOf<Id> {
  return contract.faultsOf(operation, body).length === 0
}

/** What a service refused, place by place; where somebody may not do it at all, that comes first. */
function faultsIn({ code, errors, detail }: Refusal): readonly Fault[] {
  return errors.length > 0 && code !== 'FORBIDDEN' ? errors : [{ pointer: '', detail }, ...errors]
}

/** Faults beside the fields that they are of: a place within an answer is that answer's. What is of no field stands in the summary alone. */
export function placed(
  faults: readonly Fault[],
  fields: readonly FormField[],
  at: string,
  plain: (sentence: string) => string,
): FieldError[] {
  const found = faults.map(({ pointer, detail, code }) => {
    const within = pointer.startsWith(at) ? pointer.slice(at.length) : pointer
    const of = fields.find((one) => {
      const place = one.pointer ?? `/${one.name}`
      return within === place || within.startsWith(`${place}/`)
    })
    if (!of) return { field: '', text: plain(detail) }
    // A rule of the service says in its own words what is wrong; the contract speaks to programs.
    return { field: idOf(of), text: code === undefined ? `${of.label}: ${worded(of, detail)}` : plain(detail) }
  })
  return found.filter(({ field, text }, index) => found.findIndex((one) => one.field === field && one.text === text) === index)
}

/** The first input of a question, which its error leads to. */
export function idOf({ name, kind }: FormField): string {
  return kind === 'day' || kind === 'instant' ? `${name}-day` : name
}

/** A refusal of the contract as somebody says it who filled in a form. */
function worded({ kind }: FormField, detail: string): string {
  const [, most] = /more than (\d+) characters/.exec(detail) ?? []
  const [, bound, number] = /must be (>=|<=) (\d+)/.exec(detail) ?? []
  if (most !== undefined) return `shorten this to ${most} characters or fewer`
  if (kind === 'day') return 'enter a real date, for example 27 3 2027'
  if (kind === 'instant') return 'enter a real date and time, for example 27 3 2027 and 14:05'
  if (bound !== undefined) return `enter ${number} or ${bound === '>=' ? 'more' : 'less'}`
  if (kind === 'number') return 'enter a whole number'
  if (!/fewer than 1|pattern|is required|must be one of|must be (a|an) /.test(detail)) return detail
  return kind === 'text' || kind === 'textarea' ? 'write something here' : 'select an answer'
}
