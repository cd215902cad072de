import type { Advice } from '../../agreements/model/advice.ts'
import type { Gateway } from '../../reference/gateway.ts'
import type { ApprovalCheck } from './approval-question.ts'

/** Laws that give way to the person's objection (Health and Social Care Act 2012 s251B(4)). */
const NOT_OVER_OBJECTION = new Set(['HSCA2012_S251A', 'HSCA2012_S251B'])
/** Gateways cited by the provider: GW-3, request and code of practice, s17A, sources not seen, an end before the agreement's. */
export const gatewayChecks: ApprovalCheck = ({ codes, version }, { flow, at, isPersonal }) => {
  const cited = flow.legal.provider.gateways.flatMap((code) => codes.gateways.get(code) ?? [])
  const pointer = `${at}/legal/provider/gateways`
  const about = (found: readonly Gateway[], code: string, text: string, severity: Advice['severity'] = 'WARNING'): Advice[] => {
    if (found.length === 0) return []
    const citation = found.map((gateway) => gateway.citation).filter((law) => law !== null)
    const detail = `Flow ${flow.id}: ${found.map((gateway) => gateway.code).join(', ')} ${text}`
    return [{ code, pointer, severity, detail, citation: citation.join('; ') || null, remedy_role: 'LEGAL' }]
  }
  const isAncillaryOnly = cited.length > 0 && cited.every(({ kind }) => kind === 'ANCILLARY')
  const origins = flow.data_items.flatMap((item) => [...(codes.items.get(item)?.origins ?? [])])
  const restricted = [...new Set(origins.flatMap((origin) => codes.originRestrictions.get(origin) ?? []))]
  const uncited = restricted.filter((law) => !flow.legal.provider.gateways.includes(law))
  const ends = version.effective_to
  return [
    ...about(
      isPersonal ? cited.filter((gateway) => gateway.excludesPersonalData) : [],
      'GATEWAY_EXCLUDES_PERSONAL_DATA',
      'does not cover personal data and cannot support this flow.',
      'ERROR',
    ),
    ...about(
      isAncillaryOnly ? cited : [],
      'ONLY_ANCILLARY_GATEWAY',
      'is a subsidiary power and the only law cited: cite the function it serves too.',
    ),
    ...about(
      isAncillaryOnly && restricted.length > 0 ? cited : [],
      'ANCILLARY_GATEWAY_FOR_RESTRICTED_DATA',
      `cannot carry data whose disclosure is restricted (${restricted.join(', ')}).`,
      'ERROR',
    ),
    ...about(
      uncited.flatMap((code) => codes.gateways.get(code) ?? []),
      'RESTRICTION_NOT_CITED',
      'limits the disclosure of items in this flow and is not cited.',
    ),
    ...about(
      cited.filter(({ requiresRequest }) => requiresRequest),
      'GATEWAY_NEEDS_REQUEST',
      'applies only to a request: keep its text, date and the function relied on.',
    ),
    ...about(
      cited.filter(({ requiresCodeOfPractice }) => requiresCodeOfPractice),
      'GATEWAY_NEEDS_CODE_OF_PRACTICE',
      'is used only under its code of practice, with a written agreement and an entry in the public register.',
    ),
    ...about(
      cited.filter(({ isCommenced }) => !isCommenced),
      'GATEWAY_NOT_COMMENCED',
      'is not known to have commenced and carries nothing yet.',
    ),
    ...about(
      flow.honours_objection ? [] : cited.filter(({ code }) => NOT_OVER_OBJECTION.has(code)),
      'GATEWAY_NEEDS_OBJECTIONS_HONOURED',
      'does not apply to a person who objects: the flow must honour objections.',
    ),
    ...about(
      cited.filter(({ verified }) => !verified),
      'GATEWAY_NOT_VERIFIED',
      'was not checked against its source: confirm its text and who may use it.',
    ),
    ...about(
      cited.filter(({ inForceTo }) => inForceTo !== null && ends !== null && inForceTo < ends),
      'GATEWAY_ENDS_FIRST',
      'ceases before the agreement ends.',
    ),
  ]
}
