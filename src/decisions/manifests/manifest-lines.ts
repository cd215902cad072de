import { flowHash, type StoredStandingPermit } from '../../agreements/model/standing-permit.ts'
import { londonDay, nextLondonMidnight } from '../../platform/kernel/london-day.ts'
import { standsUntil } from '../evaluation/expiry.ts'
import { agreementObligations, type Obligation } from '../evaluation/obligations.ts'
import {
  type Candidate,
  candidatesOf,
  type Grounds,
  linesOf,
  othersOf,
  type Permission,
  type PermissionsAsked,
  type Permitted,
  pairOf,
  permitOf,
} from '../permitted/permissions.ts'
import type { DecisionBody } from '../request-body.ts'
import type { ManifestLine } from './manifest.ts'

// The lines of a manifest: lines of the table of permissions whose flow its provider lets stand. It may never hold what the rules do not permit at the
// moment of issuing, nor let it count past an instant at which they are known not to.

/** Lines that one manifest holds, and questions that are asked for it, at most. */
export const LINES_MAX = 500
const QUESTIONS_MAX = 20_000

/** Which flows stand, as they were opted in. */
export type Standing = Pick<StoredStandingPermit, 'agreement_id' | 'flow' | 'flow_hash' | 'org' | 'hours'>

/** The lines, in the order of the table of permissions; null: there are too many for one manifest. `manifest`: its identifier. */
export function* manifestLines(
  asked: PermissionsAsked,
  standing: readonly Standing[],
  { permits, asking, index }: Grounds,
  manifest: string,
): Generator<undefined, readonly ManifestLine[] | null> {
  const lines: ManifestLine[] = []
  const named = new Set(standing.map(({ agreement_id }) => agreement_id))
  let questions = 0
  if (standing.length === 0) return lines
  for (const other of othersOf(asked, asking, index)) {
    const pair = pairOf(asked, other, index)
    const agreements = index.between(pair.provider, pair.recipient)
    const grounds = { permits, asking, index: { ...index, between: () => agreements } }
    const chosen = agreements.filter(({ id }) => named.has(id))
    for (const candidate of candidatesOf(asked, pair, chosen, index.codes.on(londonDay(asking.at)))) {
      const opted = optedIn(candidate, standing, index.codeOf)
      if (!opted) continue
      const found = linesOf(candidate, grounds)
      for (const { line, permit } of found.lines.map((one) => withNarrower(candidate, one, grounds))) {
        const until = reliedOnUntil(candidate, line, permit, opted, grounds)
        if (until === null) continue
        if (lines.length === LINES_MAX) return null
        lines.push(manifestLine(lines.length + 1, line, permit, until, opted, manifest))
      }
      questions += found.questions + 2 * found.lines.length
      if (questions > QUESTIONS_MAX) return null
      yield
    }
  }
  return lines
}

/** The provider's opt-in for exactly this text of the flow. */
function optedIn({ agreement, flow, body }: Candidate, standing: readonly Standing[], codeOf: (org: string) => string) {
  const mine = standing.filter((one) => one.agreement_id === agreement.id && one.flow === flow.id && codeOf(one.org) === body.provider)
  return mine.find(({ flow_hash }) => flow_hash === flowHash(flow.source))
}

interface Permitting {
  readonly line: Permission
  readonly permit: Permitted
}

/** The line with narrower data subjects by name, since whoever is offline has no list of them: where the rules permit all of them together, on the same terms. */
function withNarrower(candidate: Candidate, { line, permit }: Permitting, grounds: Grounds): Permitting {
  const { subjects } = permit.facts.codes
  const data_subjects = [...subjects.codes].filter((one) => line.data_subjects.some((listed) => subjects.covers(listed, one))).toSorted()
  const broad = { ...line, data_subjects }
  const then = permitOf(candidate, bodyOf(candidate, broad), grounds)
  return then && termsOf(then, line) === termsOf(permit, line) ? { line: broad, permit: then } : { line, permit }
}

function bodyOf({ body }: Candidate, { data_items, data_subjects }: Permission): DecisionBody {
  return { ...body, data_items, data_subjects }
}

/** Until when a line may be relied on: past a midnight only if the rules permit the same then, on the same terms. */
function reliedOnUntil(candidate: Candidate, line: Permission, permit: Permitted, { hours }: Standing, grounds: Grounds): number | null {
  const until = standsUntil(permit, grounds.permits, hours)
  if (until === null) return null
  const body = bodyOf(candidate, line)
  for (let midnight = nextLondonMidnight(grounds.asking.at); midnight < until; midnight = nextLondonMidnight(midnight)) {
    const then = permitOf(candidate, body, { ...grounds, asking: { ...grounds.asking, at: midnight } })
    if (!then || termsOf(then, line) !== termsOf(permit, line)) return midnight
  }
  return until
}

/** What a permit demands, but for what moves with the day and binds less later. */
function termsOf(permit: Permitted, line: Permission): string {
  const mandatory = obligationsOf(permit, line, '').filter((one) => one.mandatory && one.code !== 'DELETE_BY')
  return JSON.stringify([permit.finding.version?.hash, mandatory])
}

function manifestLine(
  line: number,
  { expires_at: _expires, ...permission }: Permission,
  permit: Permitted,
  until: number,
  { hours }: Standing,
  manifest: string,
): ManifestLine {
  const obligations = obligationsOf(permit, permission, manifest)
  return { line, ...permission, obligations, valid_until: new Date(until).toISOString(), revocation_delay_hours: hours }
}

/** The obligations of a permit in every method and country of its line. */
function obligationsOf(
  { facts, finding }: Permitted,
  { countries, agreement }: Pick<Permission, 'countries' | 'agreement'>,
  manifest: string,
): Obligation[] {
  const request = { ...facts.request, method: null, country: countries.length > 1 ? null : facts.request.country }
  return agreementObligations({ ...facts, request }, finding, agreement !== null, manifest).map((one) =>
    one.code === 'RESTRICT_TERRITORY' ? { ...one, parameters: { countries } } : one,
  )
}
