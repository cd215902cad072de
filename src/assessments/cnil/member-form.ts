import type { Json } from './json.ts'

/** How a member there is said here, and written back. Where writing back does not give the same, the member is carried beside. Pure. */
export interface MemberForm {
  /** Null: nothing is said there. */
  read(values: readonly (Json | undefined)[]): string | null
  /** A value for each of the members. */
  write(said: string | null): readonly Json[]
}
