import { type ApprovalCheck, warning } from './approval-question.ts'

/**
 * Local codes that a flow names: nobody confirmed them, and they stand for themselves alone. A warning, so that whoever approves
 * knows what they agree to; the law is tested as for any other code.
 */
export const localCodes: ApprovalCheck = ({ codes }, { flow, at }) => {
  const about = (code: string, pointer: string, what: string) =>
    warning(
      'LOCAL_CODE',
      `${at}/${pointer}`,
      `Flow ${flow.id}: ${code} is a local ${what} of ${ownerOf(code)}, not verified. The flow covers it by this name alone.`,
      null,
      'IG_OFFICER',
    )
  const isLocalItem = (code: string) => (codes.items.get(code)?.localUnder ?? null) !== null
  return [
    ...(codes.purposes.isLocal(flow.purpose) ? [about(flow.purpose, 'purpose', 'purpose')] : []),
    ...flow.data_items.flatMap((code, index) => (isLocalItem(code) ? [about(code, `data_items/${index}`, 'data item')] : [])),
    ...flow.category_grant.flatMap((code, index) =>
      isLocalItem(code)
        ? [
            warning(
              'LOCAL_CODE',
              `${at}/category_grant/${index}`,
              `Flow ${flow.id}: ${code} is a local data item; to grant it as a category covers nothing.`,
              null,
              'IG_OFFICER',
            ),
          ]
        : [],
    ),
  ]
}

function ownerOf(code: string): string {
  return code.split(':')[1] ?? 'an organisation'
}
