/**
 * The policy that entries were made on: its number, and the digest (hex) of everything up to it. The number alone says too little:
 * after acts were lost, others come to it again.
 */
export interface PolicyRevision {
  readonly revision: number
  readonly digest: string
}
