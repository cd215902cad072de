import type { Agreement, AgreementVersion, Commencement, Flow, Party, Signature } from '../../../src/agreements/agreement.ts'
import { demoRegister } from '../../../src/demo/register-content.ts'

/** The agreement of the demo register that is complete and lawful between two boroughs. */
const MODEL = demoRegister().agreements.find(({ agreement }) => agreement.id === 'DEMO-CURL')?.agreement as Agreement
const MODEL_VERSION = MODEL.versions[0] as AgreementVersion

export const BOROUGHS = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET', 'LBC_ENFIELD', 'LBC_HARINGEY'] as const

export interface AgreementOver extends Partial<Omit<Agreement, 'parties'>> {
  /** Codes of the parties; the first owns the text. */
  readonly orgs?: readonly string[]
  readonly commencement?: Commencement
  readonly effectiveFrom?: string | null
  readonly effectiveTo?: string | null
}

/** A flow of homelessness placements from each of these organisations to each of the others. */
export function aFlow(orgs: readonly string[], over: Partial<Flow> = {}): Flow {
  const flow = MODEL_VERSION.terms.flows[0] as Flow
  return { ...flow, providers: orgs, recipients: orgs, ...over }
}

/** A version with everything filled in. */
export function aVersion(orgs: readonly string[], over: Partial<AgreementVersion> = {}): AgreementVersion {
  return {
    version: 1,
    status: 'DRAFT',
    effective_from: '2026-12-01',
    effective_to: '2030-11-30',
    hash: null,
    ...over,
    terms: { ...MODEL_VERSION.terms, flows: [aFlow(orgs)], ...over.terms },
  }
}

/** A draft with everything filled in, made here; `PAIRWISE` between Camden and Hackney unless told otherwise. */
export function aDraftAgreement({
  orgs = BOROUGHS.slice(0, 2),
  commencement,
  effectiveFrom,
  effectiveTo,
  ...over
}: AgreementOver = {}): Agreement {
  const base = aVersion(orgs)
  const version = {
    ...base,
    effective_from: effectiveFrom === undefined ? base.effective_from : effectiveFrom,
    effective_to: effectiveTo === undefined ? base.effective_to : effectiveTo,
    terms: { ...base.terms, commencement: commencement ?? base.terms.commencement },
  }
  return {
    ...MODEL,
    id: 'DSA-TEST',
    status: 'DRAFT',
    origin: 'ACCORD',
    sample: false,
    owner_org: orgs[0] ?? null,
    parties: orgs.map(aParty),
    versions: [version],
    signatures: [],
    review_due: '2027-12-01',
    ...over,
  }
}

/** The same, frozen and waiting for signatures or active, for rules that need no database. */
export function aFrozenAgreement(over: AgreementOver = {}): Agreement {
  const draft = aDraftAgreement({ status: 'AWAITING_SIGNATURE', ...over })
  return {
    ...draft,
    versions: over.versions ?? draft.versions.map((version) => ({ ...version, status: 'APPROVED', hash: aHash(version.version) })),
  }
}

export function aParty(org: string): Party {
  return { org, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'], left_at: null }
}

export function aSignature(org: string, version = 1, signed_at = '2026-11-22T10:00:00.000Z'): Signature {
  return { org, version, signed_at }
}

export function aHash(version: number): string {
  return String(version).padStart(64, '0')
}
