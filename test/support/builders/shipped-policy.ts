import { emptyPolicyIndex, type PolicyIndex } from '../../../src/decisions/policy/policy-index.ts'
import { shippedOrganisations } from '../../../src/parties/shipped-organisations.service.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'

/** The shipped code lists and organisations as a policy, without any agreement. */
export function shippedPolicy(): PolicyIndex {
  return emptyPolicyIndex().apply(
    [
      { kind: 'CODE_LISTS', id: 'current', body: { version: 'test', lists: shippedCodeLists() } },
      ...shippedOrganisations().map((body) => ({ kind: 'ORGANISATION' as const, id: body.code, body })),
    ],
    { revision: 1, digest: '', instant: 0 },
  )
}
