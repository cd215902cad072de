import type { FastifyRequest } from 'fastify'
import * as parts from '../../agreements/drafting/draft-parts.service.ts'
import { OVERLAPS_MAX, type OverlapService } from '../../agreements/finding/overlap.service.ts'
import type { Overlap } from '../../agreements/model/overlap.ts'
import { SCREENING_ANSWERS, SCREENING_QUESTIONS, type ScreeningAnswers, screen } from '../../agreements/model/screening.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { isLondonAuthority } from '../../parties/organisation.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { type BodyOf, contract } from '../../platform/http/openapi.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { chosen, type FieldError, faultsOf, once, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { type Answers, answersIn, type FormField, said, several } from './answers.ts'
import { choicesFrom, itemGroup } from './choices.ts'
import { type DraftReading, draftPath } from './drafting.pages.ts'
import { asChoice, choosable } from './party-steps.pages.ts'
import { idOf, placed } from './steps.pages.ts'

export interface BeginningOptions extends Omit<DraftReading, 'history'> {
  readonly overlaps: Pick<OverlapService, 'ask'>
  readonly parties: Pick<PartiesService, 'list'>
}

const FOUND_MAX = 30
/** What the address carries from page to page until a draft begins. */
const CARRIED = ['partner', 'purpose', 'category', 'from', ...SCREENING_QUESTIONS.map(({ name }) => name)] as const

/** Before a draft begins: is there one already, which kind of agreement fits, what is it called. Nothing is kept until then: the address carries it. */
export function beginningPages({ drafting, organisationsFor, listsFor, parties, overlaps, now }: BeginningOptions) {
  const choicesOf = async (request: FastifyRequest) => choicesFrom(await listsFor(request), now().getTime())

  /** The question that the address asks: whoever is asked about, what for, which data. */
  async function asked(request: FastifyRequest): Promise<{ readonly fields: readonly FormField[]; readonly answers: Answers }> {
    const [of, organisations] = [await choicesOf(request), await organisationsFor(request)]
    const { org } = callerOf(request)
    const query = request.query as Readonly<Record<string, unknown>>
    const wanted = [query['partner'] ?? []].flat().map(String)
    const q = chosen(request, 'q')
    const found = q === '' ? [] : orThrow(await parties.list({ q: q.slice(0, 200), limit: FOUND_MAX })).organisations
    const others = new Set([...found.map(({ code }) => code), ...wanted])
    const offered = choosable(organisations).filter((one) => one.code !== org)
    const groups = [...new Map(of('DATA_ITEM').map(({ value }) => [value.split('.')[0] ?? value, itemGroup(value)])).entries()]
    const fields: FormField[] = [
      {
        ...{ name: 'partner', label: 'With whom do you want to share?', kind: 'checkboxes' },
        choices: [
          ...offered
            .filter((one) => !isLondonAuthority(one) && others.has(one.code))
            .map((one) => ({ ...asChoice(one), group: 'Other organisations' })),
          ...offered.filter(isLondonAuthority).map(({ code, short_name }) => ({ value: code, text: short_name, group: 'London boroughs' })),
        ],
      },
      {
        name: 'purpose',
        label: 'What for?',
        kind: 'select',
        choices: of('PURPOSE'),
        hint: 'The narrowest that fits. An indented one is part of the one above it',
      },
      {
        ...{ name: 'category', label: 'Which kinds of data?', kind: 'checkboxes', hint: 'You may leave this open' },
        choices: groups.filter(([, text]) => text !== 'Other').map(([value, text]) => ({ value, text })),
      },
    ]
    return { fields, answers: answersIn(query, fields) }
  }

  const questionOf = (answers: Answers, org: string): unknown => ({
    ...{ parties: several(answers, 'partner').length === 0 ? [] : [org, ...several(answers, 'partner').filter((one) => one !== org)] },
    ...{ purpose: said(answers, 'purpose'), categories: several(answers, 'category') },
  })

  /** The agreements that come near, where these answers ask for any; undefined: they say too little. */
  async function nearTo(request: FastifyRequest, answers: Answers): Promise<readonly Overlap[] | undefined> {
    const principal = callerOf(request)
    const body = questionOf(answers, principal.org)
    if (!isQuestion(body)) return undefined
    const { parties: between, purpose = null, categories = [] } = body
    return overlaps.ask(principal, { parties: between, purpose, categories })
  }

  async function question(request: FastifyRequest, errors: readonly FieldError[] = []): Promise<Page> {
    const { fields, answers } = await asked(request)
    return {
      template: 'drafting/new.njk',
      title: 'Is there an agreement already?',
      ...(errors.length > 0 ? { status: 422, errors } : {}),
      data: { fields: fields.map((one) => ({ ...one, id: idOf(one), value: answers[one.name] ?? '' })), q: chosen(request, 'q') },
    }
  }

  /** What covers much the same already; the question again where it says too little. */
  async function found(request: FastifyRequest): Promise<Page> {
    const { fields, answers } = await asked(request)
    const { org } = callerOf(request)
    const shown = await nearTo(request, answers)
    if (!shown) {
      const faults = contract
        .faultsOf('findOverlaps', questionOf(answers, org))
        .map((one) => ({ ...one, pointer: one.pointer.replace('/parties', '/partner') }))
      return question(
        request,
        placed(faults, fields, '', (sentence) => sentence),
      )
    }
    return {
      template: 'drafting/overlaps.njk',
      title: 'What there is already',
      data: { overlaps: shown, mayBeMore: shown.length === OVERLAPS_MAX, org, query: queryOf(carriedIn(request)) },
    }
  }

  const screening = (
    request: FastifyRequest,
    errors: readonly FieldError[] = [],
    carried = carriedIn(request, ['partner', 'purpose', 'category', 'from']),
  ): Page => ({
    template: 'drafting/screening.njk',
    title: 'A few questions about the share',
    ...(errors.length > 0 ? { status: 422, errors } : {}),
    data: { questions: SCREENING_QUESTIONS, carried, back: beforeScreening(carried), given: request.query },
  })

  /** What a draft begins with: where an agreement comes near that it is not made of, also why a new one is needed. */
  async function fieldsOfDraft(request: FastifyRequest): Promise<FormField[]> {
    const isAlike = chosen(request, 'from') === '' && ((await nearTo(request, (await asked(request)).answers)) ?? []).length > 0
    return beginFields(await choicesOf(request), isAlike)
  }

  /** What came of the screening, and the title: with them a draft begins. */
  async function begin(request: FastifyRequest, known?: readonly FormField[], over: Partial<Page> = {}): Promise<Page> {
    const answers = answersOfScreening(request)
    const missing = SCREENING_QUESTIONS.filter(({ name }) => answers[name] === undefined)
    if (missing.length > 0)
      return screening(
        request,
        missing.map(({ name, text }) => ({ field: name, text: `Answer: ${text}` })),
      )
    const outcome = screen(answers as ScreeningAnswers)
    const fields = known ?? (await fieldsOfDraft(request))
    const typed = request.body as Readonly<Record<string, unknown>> | undefined
    const values: Answers = typed ? answersIn(typed, fields) : { title: '', instrument_type: outcome.instrument_type, reason: '' }
    return {
      template: 'drafting/begin.njk',
      title: 'Begin the draft',
      ...over,
      data: {
        ...{ outcome, from: chosen(request, 'from'), query: queryOf(carriedIn(request)) },
        fields: fields.map((one) => ({ ...one, id: idOf(one), value: values[one.name] ?? '' })),
      },
    }
  }

  async function begun(request: FastifyRequest): Promise<Page | Redirect> {
    const fields = await fieldsOfDraft(request)
    const answers = answersIn((request.body ?? {}) as Readonly<Record<string, unknown>>, fields)
    const from = chosen(request, 'from')
    const body: unknown = {
      ...{ title: said(answers, 'title') ?? '', instrument_type: said(answers, 'instrument_type') },
      ...(from === '' ? {} : { from_agreement: from }),
      ...(said(answers, 'reason') === null ? {} : { reason: said(answers, 'reason') }),
    }
    const refusedWith = (errors: readonly FieldError[]) => begin(request, fields, { status: 422, errors })
    if (fields.some(({ name }) => name === 'reason') && said(answers, 'reason') === null)
      return refusedWith([{ field: 'reason', text: 'Say why a new agreement is needed although there is one that comes near' }])
    if (!isNewDraft(body)) return refusedWith(placed(contract.faultsOf('createAgreement', body), fields, '', (sentence) => sentence))
    const principal = callerOf(request)
    const done = await drafting.create({ principal, idempotency: once(request) }, body)
    if (!done.ok) return refusedWith(done.refusal.errors.map(({ detail }) => ({ field: '', text: detail })))
    const { outcome: draft, version } = done.value
    // Whoever was asked about takes part: nobody ticks them twice. Where that is refused the draft is there, and its parties are chosen next.
    const there = new Set(draft.parties.map(({ org }) => org))
    const added = [(request.query as Readonly<Record<string, unknown>>)['partner'] ?? []]
      .flat()
      .map(String)
      .filter((org) => !there.has(org))
    const entries = [
      ...draft.parties.map(({ org, role, capacities }) => ({ org, role, capacities })),
      ...added.map((org) => ({ org, role: 'CONTROLLER', capacities: [] })),
    ]
    const call = { principal, idempotency: null, agreementId: draft.id, ifMatch: etagOf(version) }
    if (added.length > 0 && faultsOf('putDraftParties', { parties: entries }).length === 0)
      await drafting.edit(parts.partiesPart, call, { parties: entries })
    return { to: draftPath(draft.id) }
  }

  return ({ page, form }: Web): void => {
    page('/agreements/new', 'createAgreement', (request) => question(request))
    page('/agreements/new/check', 'createAgreement', found)
    page('/agreements/new/screening', 'createAgreement', async (request) => screening(request))
    page('/agreements/new/begin', 'createAgreement', (request) => begin(request))
    form('/agreements/new/begin', 'createAgreement', begun)
  }
}

/** Where somebody came from: what there is already, or the agreement that they use as a template without having asked. */
function beforeScreening(carried: readonly (readonly [string, string])[]): { readonly href: string; readonly text: string } {
  const given = new Map(carried)
  if (given.has('partner')) return { href: `/agreements/new/check?${queryOf(carried)}`, text: 'What there is already' }
  const from = given.get('from')
  return from ? { href: `/agreements/${encodeURIComponent(from)}`, text: 'The agreement' } : { href: '/agreements/new', text: 'Back' }
}

function beginFields(choices: ReturnType<typeof choicesFrom>, isReasonAsked: boolean): FormField[] {
  return [
    {
      name: 'title',
      label: 'What is the agreement called?',
      kind: 'text',
      hint: 'The subject first, for example Missing children in north London. You can change it later',
    },
    {
      ...{ name: 'instrument_type', label: 'Which kind of agreement is it?', kind: 'radios' },
      choices: choices('INSTRUMENT_TYPE', { isOffered: ({ code }) => !['DISCLOSURE_DECISION', 'EMERGENCY_RECORD'].includes(code) }),
    },
    ...(isReasonAsked
      ? [
          {
            name: 'reason',
            label: 'Why is a new agreement needed, although there is one that comes near?',
            kind: 'textarea',
            rows: 3,
            hint: 'It is kept in the history of the agreement',
          } as const,
        ]
      : []),
  ]
}

/** What the address says, to be carried on: names with their values, several where there are several. */
function carriedIn(request: FastifyRequest, names: readonly string[] = CARRIED): readonly (readonly [name: string, value: string])[] {
  const query = request.query as Readonly<Record<string, unknown>>
  return names.flatMap((name) => [query[name] ?? []].flat().map((value) => [name, String(value)] as const))
}

function queryOf(carried: readonly (readonly [name: string, value: string])[]): string {
  return new URLSearchParams(carried.map(([name, value]): [string, string] => [name, value])).toString()
}

function answersOfScreening(request: FastifyRequest): Partial<ScreeningAnswers> {
  return Object.fromEntries(
    SCREENING_QUESTIONS.flatMap(({ name }) => {
      const answer = SCREENING_ANSWERS.find((one) => one === chosen(request, name))
      return answer === undefined ? [] : [[name, answer]]
    }),
  )
}

function isQuestion(body: unknown): body is BodyOf<'findOverlaps'> {
  return contract.faultsOf('findOverlaps', body).length === 0
}

function isNewDraft(body: unknown): body is BodyOf<'createAgreement'> {
  return contract.faultsOf('createAgreement', body).length === 0
}
