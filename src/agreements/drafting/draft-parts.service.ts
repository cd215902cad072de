import type { Transaction } from '../../platform/database/database.ts'
import { type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import type { Agent, Commencement, JointControllerArrangement, Narrative, Prohibition } from '../agreement.ts'
import type { AgreementView } from '../agreement-view.ts'
import { dayFaults } from '../model/dates.ts'
import {
  agentFaults,
  flowFaults,
  flowsFaults,
  organisationFaults,
  partyFaults,
  stillNamedFaults,
  unknownCode,
  unknownCodes,
} from '../model/draft-rules.ts'
import { isTypo } from '../model/typo.ts'
import {
  type DraftContext,
  illegal,
  type PartContext,
  refusalUnlessDraft,
  refusalUnlessOwner,
  unprocessable,
  wasEverFrozen,
} from './draft-part.ts'
import { completeFlow, type FlowBody, toAmendmentPolicy, toCommencement, toProcessorContract } from './draft-terms.ts'
import type { Details, DraftingRepository, PartyEntry } from './drafting.repository.ts'

/** One part of an agreement that can be edited by itself. */
export interface Part<Body> {
  readonly name: string
  /** `edit`: it is part of the text, so whoever does it is its author (SD-1). `record`: it stands beside the text. */
  readonly act: 'edit' | 'record'
  /** Why not, if not: who may (403), in which state (409), then what the body says (422). */
  refusal(body: Body, context: PartContext): Refusal | undefined
  write(repository: DraftingRepository, body: Body, context: PartContext & { readonly tx: Transaction }): Promise<void>
  /** What the history compares before and after. */
  pick(view: AgreementView): Readonly<Record<string, unknown>>
}

/** A part of the text: of the owner, while a draft is open, against these rules. */
function textPart<Body>(
  name: string,
  rules: (body: Body, context: DraftContext) => Refusal | undefined,
  write: (repository: DraftingRepository, version: number, body: Body, context: DraftContext) => Promise<void>,
  pick: Part<Body>['pick'],
): Part<Body> {
  return {
    name,
    act: 'edit',
    refusal: (body, context) =>
      refusalUnlessOwner(context) ?? refusalUnlessDraft(context) ?? (hasDraft(context) ? rules(body, context) : undefined),
    write: async (repository, body, context) => {
      if (hasDraft(context)) await write(repository, context.draft.version, body, context)
    },
    pick,
  }
}

function hasDraft(context: PartContext): context is DraftContext {
  return context.draft !== undefined
}

const draftOf = (view: AgreementView) => view.versions.find(({ version }) => version === view.draft_version)
const flowsOf = (view: AgreementView) => Object.fromEntries((draftOf(view)?.terms.flows ?? []).map((flow) => [flow.id, flow]))
/** Codes of the organisations that take part; in a draft also those that have left, which its text may still name. */
export const namedParties = ({ agreement }: PartContext): ReadonlySet<string> =>
  new Set(agreement.parties.filter(({ left_how }) => left_how !== 'UNINVITED').map(({ org }) => org))
/** Items by their place, for comparing. */
export const listed = (items: readonly unknown[]) => Object.fromEntries(items.map((item, index) => [String(index), item]))

/** Title, instrument, review. Once a version was frozen review dates follow the review, and of the title only slips are mended. */
export const detailsPart: Part<Details> = {
  name: 'details',
  act: 'edit',
  refusal(body, context) {
    const { agreement, record, draft, facts } = context
    const forbidden = refusalUnlessOwner(context)
    if (forbidden) return forbidden
    const unknown = unprocessable(unknownCode(facts, 'INSTRUMENT_TYPE', body.instrument_type, '/instrument_type'))
    if (!wasEverFrozen(agreement)) return refusalUnlessDraft(context) ?? unknown
    const ended = draft ? undefined : refusalUnlessDraft(context)
    if (ended && agreement.status === 'TERMINATED') return ended
    const before = { ...agreement, review_cycle_months: record.reviewCycleMonths }
    const fixed = (['instrument_type', 'review_due', 'review_policy', 'review_grace_days', 'review_cycle_months'] as const).filter(
      (member) => before[member] !== body[member],
    )
    if (fixed.length > 0) {
      const detail = 'Once a version was frozen this no longer changes by editing: a review sets the next review date.'
      return illegal(
        detail,
        'LC-7',
        fixed.map((member) => `/${member}`),
      )
    }
    if (draft || isTypo(agreement.title, body.title)) return unknown
    return unprocessable([{ pointer: '/title', detail: 'Without a draft only a slip of the pen in the title is mended.', code: 'LC-7' }])
  },
  write: (repository, body) => repository.setDetails(body),
  pick: ({ title, instrument_type, review_due, review_policy, review_grace_days, review_cycle_months }) => ({
    ...{ title, instrument_type, review_due, review_policy, review_grace_days, review_cycle_months },
  }),
}

export const datesPart = textPart<{ readonly effective_from: string | null; readonly effective_to: string | null }>(
  'dates',
  ({ effective_from, effective_to }) => unprocessable(dayFaults(effective_from, effective_to, '/effective_to')),
  (repository, version, { effective_from, effective_to }) => repository.setDates(version, effective_from, effective_to),
  (view) => ({ effective_from: draftOf(view)?.effective_from ?? null, effective_to: draftOf(view)?.effective_to ?? null }),
)

/** The parties, until a version was frozen: then they join by accession and leave by withdrawal (LC-4, LC-5). */
export const partiesPart = textPart<{ readonly parties: readonly PartyEntry[] }>(
  'parties',
  ({ parties }, { agreement, draft, facts, now }) => {
    const structure = (of: readonly Pick<PartyEntry, 'org' | 'role' | 'capacities'>[]) =>
      JSON.stringify(of.map(({ org, role, capacities }) => [org, role, capacities]))
    if (wasEverFrozen(agreement) && structure(parties) !== structure(agreement.parties)) {
      return illegal('Once a version was frozen, parties join by accession and leave by withdrawal.', 'LC-4', ['/parties'])
    }
    const orgs = new Set(parties.map(({ org }) => org))
    return unprocessable([...partyFaults(facts, parties, now), ...stillNamedFaults(draft.terms, agreement.apd, orgs)])
  },
  (repository, _version, { parties }) => repository.replaceParties(parties),
  (view) => Object.fromEntries(view.parties.map((party) => [party.org, party])),
)

export const flowsPart = textPart<{ readonly flows: readonly FlowBody[] }>(
  'flows',
  ({ flows }, context) => unprocessable(flowsFaults(context.facts, flows.map(completeFlow), namedParties(context))),
  (repository, version, { flows }) => repository.replaceFlows(version, flows.map(completeFlow)),
  flowsOf,
)

/** One flow, added at the end when it is not there yet. */
export const flowPart = (flowId: string): Part<FlowBody> =>
  textPart(
    'flows',
    (body, context) =>
      unprocessable([
        ...(body.id === flowId ? [] : [{ pointer: '/id', detail: `The address names flow ${flowId}.`, code: 'ANOTHER_FLOW' }]),
        ...flowFaults(context.facts, completeFlow(body), namedParties(context), ''),
      ]),
    (repository, version, body, { draft }) => {
      const flow = completeFlow(body)
      const { flows } = draft.terms
      const isThere = flows.some(({ id }) => id === flow.id)
      return repository.replaceFlows(version, isThere ? flows.map((other) => (other.id === flow.id ? flow : other)) : [...flows, flow])
    },
    flowsOf,
  )

export const removedFlowPart = (flowId: string): Part<undefined> =>
  textPart(
    'flows',
    (_body, { draft }) =>
      draft.terms.flows.some(({ id }) => id === flowId) ? undefined : refusal('NOT_FOUND', 'The draft has no flow of this name.'),
    (repository, version, _body, { draft }) =>
      repository.replaceFlows(
        version,
        draft.terms.flows.filter(({ id }) => id !== flowId),
      ),
    flowsOf,
  )

/** The sections in words; how the agreement is amended is a part of its own. */
export const narrativePart = textPart<Narrative>(
  'narrative',
  ({ amendment_policy }, { draft }) =>
    amendment_policy === undefined || amendment_policy === draft.terms.narrative.amendment_policy
      ? undefined
      : unprocessable([
          { pointer: '/amendment_policy', detail: 'The amendment policy is set as a part of its own.', code: 'ANOTHER_PART' },
        ]),
  (repository, version, body, { draft }) => {
    const { amendment_policy } = draft.terms.narrative
    return repository.setNarrative(version, { ...body, ...(amendment_policy === undefined ? {} : { amendment_policy }) })
  },
  (view) => ({ ...draftOf(view)?.terms.narrative }),
)

export const commencementPart = textPart<{ readonly rule: Commencement['rule']; readonly n?: number | undefined }>(
  'commencement',
  ({ rule, n }) =>
    (rule === 'THRESHOLD') === (n !== undefined)
      ? undefined
      : unprocessable([{ pointer: '/n', detail: 'A number goes with THRESHOLD, and only with it.', code: 'CK-16' }]),
  (repository, version, body) => repository.setCommencement(version, toCommencement(body)),
  (view) => ({ commencement: draftOf(view)?.terms.commencement }),
)

export const amendmentPolicyPart = textPart<{ readonly amendment_policy: string; readonly notice_days?: number | undefined }>(
  'amendment_policy',
  ({ amendment_policy, notice_days }) =>
    (amendment_policy === 'NOTICE_PERIOD') === (notice_days !== undefined)
      ? undefined
      : unprocessable([{ pointer: '/notice_days', detail: 'Days of notice go with NOTICE_PERIOD, and only with it.', code: 'LC-3' }]),
  (repository, version, body, { draft }) =>
    repository.setNarrative(version, { ...draft.terms.narrative, amendment_policy: toAmendmentPolicy(body) }),
  (view) => ({ amendment_policy: draftOf(view)?.terms.narrative.amendment_policy ?? null }),
)

type ProhibitionBody = Pick<Prohibition, 'purposes'> & { readonly note?: string | null | undefined }
export const prohibitionsPart = textPart<{ readonly prohibitions: readonly ProhibitionBody[] }>(
  'prohibitions',
  ({ prohibitions }, { facts }) =>
    unprocessable(
      prohibitions.flatMap(({ purposes }, index) => unknownCodes(facts, 'PURPOSE', purposes, `/prohibitions/${index}/purposes`)),
    ),
  (repository, version, { prohibitions }) =>
    repository.replaceProhibitions(
      version,
      prohibitions.map(({ purposes, note }) => ({ purposes, note: note ?? null })),
    ),
  (view) => listed(draftOf(view)?.terms.prohibitions ?? []),
)

type AgentBody = Pick<Agent, 'org' | 'for'> & {
  readonly [Member in 'contract_ref' | 'valid_from' | 'valid_to']?: string | null | undefined
}
const toAgent = (body: AgentBody): Agent => ({
  org: body.org,
  for: body.for,
  contract_ref: body.contract_ref ?? null,
  valid_from: body.valid_from ?? null,
  valid_to: body.valid_to ?? null,
})
export const agentsPart = textPart<{ readonly agents: readonly AgentBody[] }>(
  'agents',
  ({ agents }, context) => unprocessable(agentFaults(context.facts, agents.map(toAgent), namedParties(context), context.now)),
  (repository, version, { agents }) => repository.replaceAgents(version, agents.map(toAgent)),
  (view) => listed(draftOf(view)?.terms.agents ?? []),
)

interface ProcessorContractBody {
  readonly processor_contract: { readonly clauses: readonly string[]; readonly approved_sub_processors: readonly string[] } | null
}
export const processorContractPart = textPart<ProcessorContractBody>(
  'processor_contract',
  ({ processor_contract: contract }, { facts, now }) =>
    unprocessable([
      ...unknownCodes(facts, 'ART28_CLAUSE', contract?.clauses ?? [], '/processor_contract/clauses'),
      ...(contract?.approved_sub_processors ?? []).flatMap((org, index) =>
        organisationFaults(facts, org, now, `/processor_contract/approved_sub_processors/${index}`),
      ),
    ]),
  (repository, version, { processor_contract: contract }, { facts }) =>
    repository.setProcessorContract(version, contract && toProcessorContract(contract, facts.codes.get('ART28_CLAUSE') ?? [])),
  (view) => ({ processor_contract: draftOf(view)?.terms.processor_contract ?? null }),
)

export const jointControllerArrangementPart = textPart<{ readonly joint_controller_arrangement: JointControllerArrangement | null }>(
  'joint_controller_arrangement',
  () => undefined,
  (repository, version, body) => repository.setJointControllerArrangement(version, body.joint_controller_arrangement),
  (view) => ({ joint_controller_arrangement: draftOf(view)?.terms.joint_controller_arrangement ?? null }),
)
