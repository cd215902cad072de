import { readFileSync } from 'node:fs'
import { shippedCodeLists } from '../reference/reference.service.ts'
import { loadRegister } from '../register-loader.ts'
import { type AssessmentCase, assessmentCaseFault, readAssessmentCases } from './assessment-cases.ts'
import { type CaseFile, type DecisionCase, readCaseFile } from './case-file.ts'
import { type Command, type Io, usage } from './command.ts'
import { type OwnService, startOwnService } from './own-service.ts'

/**
 * `cases FILE`: every case of the file against a service of its own, over HTTP, as a simulation; cases about assessments by the rules
 * alone, which are pure.
 */
export const cases: Command = async ([path, ...rest], io) => {
  if (!path || rest.length > 0) return usage(io, 'usage: accord cases FILE')
  const { env, out } = io
  const read = readOrExplain(path, io)
  if (!read) return 2
  if ('assessments' in read) return judgeAssessments(read.assessments, out)
  const file = read.decisions
  const service = await startOwnService(env, 'cases')
  try {
    const { services } = service.app
    const lists = file.replaceLists(shippedCodeLists())
    const agreements = file.agreements.map((agreement) => ({ agreement, provenance: undefined }))
    await loadRegister({ lists, organisations: file.organisations, agreements, disclosureDecisions: file.disclosureDecisions }, services)
    let passed = 0
    for (const one of file.cases) {
      const fault = faultOf(one, await ask(service, one, callerOf(one, file)))
      if (fault === null) passed += 1
      out(fault === null ? `PASS ${one.id} ${one.title}` : `FAIL ${one.id} ${one.title}: ${fault}`)
    }
    out(`${passed} passed, ${file.cases.length - passed} failed`)
    return passed === file.cases.length ? 0 : 1
  } finally {
    await service.close()
  }
}

function judgeAssessments(all: readonly AssessmentCase[], out: Io['out']): number {
  const faults = all.map((one) => [one, assessmentCaseFault(one)] as const)
  for (const [{ id, title }, fault] of faults) out(fault === null ? `PASS ${id} ${title}` : `FAIL ${id} ${title}: ${fault}`)
  const failed = faults.filter(([, fault]) => fault !== null).length
  out(`${all.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

/** What the service answered, by code. */
interface CaseAnswer {
  readonly decision: string
  readonly reasons: readonly string[]
  readonly agreement: string | null
  readonly obligations: readonly string[]
}

/** Whoever may see all that the case is about: the provider, or the recipient where the one-off decision named is its own alone. */
function callerOf({ request }: DecisionCase, { disclosureDecisions }: CaseFile): string {
  const { provider, recipient, disclosure_decision_id: named } = request
  const decision = disclosureDecisions.find(({ id }) => id === named)
  const isPartyOfDecision = (org: unknown) => org === decision?.provider || org === decision?.recipient
  const org = decision && !isPartyOfDecision(provider) && isPartyOfDecision(recipient) ? recipient : provider
  return typeof org === 'string' && org !== '' ? org : 'UNKNOWN'
}

/** A 400 counts as DENY with the one reason INVALID_REQUEST. */
async function ask(service: OwnService, { request }: DecisionCase, org: string): Promise<CaseAnswer> {
  const reply = await fetch(`${service.url}/v1/decisions/simulate`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await service.token({ org, roles: ['API_CLIENT'], clientId: 'cases' })}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(request),
  })
  const body = (await reply.json()) as Record<string, unknown>
  if (reply.status === 400) return { decision: 'DENY', reasons: ['INVALID_REQUEST'], agreement: null, obligations: [] }
  if (reply.status !== 200)
    return { decision: `status ${reply.status}`, reasons: [String(body['detail'])], agreement: null, obligations: [] }
  const codes = (name: string) => (body[name] as { code: string }[]).map(({ code }) => code)
  return {
    decision: String(body['decision']),
    reasons: codes('reasons'),
    agreement: body['agreement'] as string | null,
    obligations: codes('obligations'),
  }
}

function faultOf({ expect }: DecisionCase, answer: CaseAnswer): string | null {
  const missing = (expect.obligations_include ?? []).filter((code) => !answer.obligations.includes(code))
  const extra = (expect.obligations_exclude ?? []).filter((code) => answer.obligations.includes(code))
  const isSame =
    expect.decision === answer.decision &&
    expect.reasons.join() === answer.reasons.join() &&
    (expect.agreement === undefined || expect.agreement === answer.agreement)
  if (isSame && missing.length === 0 && extra.length === 0) return null
  const words = (decision: string, reasons: readonly string[], agreement: string | null | undefined) =>
    `${decision} [${reasons.join(', ')}] ${agreement === undefined ? '' : `by ${agreement ?? 'none'}`}`.trim()
  const obligations = [
    ...(missing.length > 0 ? [`without obligations ${missing.join(', ')}`] : []),
    ...(extra.length > 0 ? [`with obligations ${extra.join(', ')}`] : []),
  ]
  return [
    `expected ${words(expect.decision, expect.reasons, expect.agreement)} got ${words(answer.decision, answer.reasons, answer.agreement)}`,
    ...obligations,
  ].join(' ')
}

function readOrExplain(
  path: string,
  { err }: Io,
): { readonly decisions: CaseFile } | { readonly assessments: readonly AssessmentCase[] } | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    const assessments = readAssessmentCases(text)
    return assessments ? { assessments } : { decisions: readCaseFile(text) }
  } catch (error) {
    err(`${path} cannot be read as a case file: ${(error as Error).message}`)
    return undefined
  }
}
