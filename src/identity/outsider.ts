/** What somebody without an account may do, who was let in by a code that was mailed to them. A whitelist: what is not here is refused. Pure. */

/** Begins every session token of an outsider, so that it is told from a token of the issuer. */
export const OUTSIDER_TOKEN = 'outside_'
/** Issuer of outsiders: their subject is the contact that was confirmed. An issuer of tokens is a URL, so nobody else has it. */
export const OUTSIDERS = 'accord-outsiders'
/** How an outsider was known: by a code sent to an address that a register administrator confirmed. Stands with their signature. */
export const EMAIL_CODE = 'EMAIL_CODE'

/** Operations of the contract that are open to them, by what the identifier in their path is. */
const OPERATIONS: Readonly<Record<string, 'agreement' | 'sign_off'>> = {
  getAgreement: 'agreement',
  getAgreementVersion: 'agreement',
  getAgreementVersionDocument: 'agreement',
  printAgreementVersion: 'agreement',
  getVersionDifferences: 'agreement',
  getAgreementState: 'agreement',
  signAgreement: 'agreement',
  rejectAgreement: 'agreement',
  getSignOff: 'sign_off',
  listSignOffEvents: 'sign_off',
  performSignOffCommand: 'sign_off',
}
/** Commands on a sign-off that bring nobody else in and decide nothing of another. */
const COMMANDS: readonly string[] = ['claim', 'release', 'approve', 'return', 'refuse', 'decline', 'comment', 'mark']

/** What the identifier in the path of an operation names; undefined: the operation is not open to outsiders. */
export function outsideOperation(operationId: string): 'agreement' | 'sign_off' | undefined {
  return Object.hasOwn(OPERATIONS, operationId) ? OPERATIONS[operationId] : undefined
}

/** Whether a command on a sign-off is open to outsiders. */
export function isOutsideCommand(command: string): boolean {
  return COMMANDS.includes(command)
}
