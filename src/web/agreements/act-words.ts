import type { ActName } from '../../agreements/model/standing-acts.ts'

/** What somebody did to an agreement, as its history says it. */
const DONE: Readonly<Record<ActName, string>> & Readonly<Record<string, string>> = {
  create: 'Draft begun',
  edit: 'Draft changed',
  record: 'What is kept beside the text changed',
  freeze: 'Text frozen and sent to be approved and signed',
  sign: 'Signed',
  confirm: 'Signature that was recorded before confirmed',
  amend: 'Draft of a change begun',
  abandon: 'Draft of a change given up',
  suspend: 'Sharing suspended',
  lift: 'Suspension lifted',
  leave: 'Withdrew',
  stay: 'Withdrawal that was announced taken back',
  invite: 'Organisation invited to join',
  uninvite: 'Invitation taken back',
  hand_over: 'Another organisation keeps the text',
  terminate: 'Ended for everybody',
  go_on: 'End that was announced taken back',
  renew: 'Renewal with new dates begun',
  confirm_review: 'Review done: confirmed that it is still right',
  withdraw_draft: 'Withdrawn before it bound anybody',
  reject: 'Declined to sign',
  dispose: 'Said what became of the data',
  dispose_in_place: 'Said what became of the data, for the organisation it follows',
  attach: 'Evidence attached',
  state: 'Signature given elsewhere stated',
  attest: 'Signature given elsewhere attested',
  dispute: 'Signature given elsewhere disputed',
  approve: 'Text approved',
  return: 'Text returned to be changed',
  refuse: 'Text refused',
  overrule: 'Advice overruled',
  object: 'Objected to a change before it began',
  join: 'Review begun for an organisation that joins',
  allow_standing: 'Flow let stand while Accord cannot be reached',
  end_standing: 'Flow stands no more while Accord cannot be reached',
  record_assessment: 'Assessment made elsewhere recorded',
  confirm_assessment: 'Assessment made elsewhere confirmed by a second person',
  import: 'Brought in from a register',
  replace_import: 'Replaced by a newer line of a register',
  restore_import: 'Put back as it was before an import',
  undo_import: 'Import taken back',
  succeed: 'Kept by the organisation that follows the one before',
  merge_party: 'Party merged with the organisation that it is',
}

/** An act in words; one that has none here by its name, so that nothing that was done is left out. */
export function actDone(act: string): string {
  return DONE[act] ?? act.replaceAll('_', ' ')
}
