import type { GovernanceAct } from '../audit/audit.service.ts'
import type { Call, CommandResult } from '../commands/command.ts'
import type { Act, CommandContext, CommandsService, PolicyPublication, SubjectKind, WorkDone } from '../commands/commands.service.ts'
import type { RegisteredOrganisation } from './organisation.ts'
import { type RegisterSubject, registerActRepository } from './register-act.repository.ts'

/** What the policy is told of bodies that decisions may know differently. */
export type RegisterPublication = PolicyPublication<{ readonly organisations: readonly RegisteredOrganisation[] }>

interface RegisterAct extends Call {
  readonly kind: RegisterSubject
  /** The subject; undefined: the work makes it. */
  readonly code?: string
  readonly act: string
  readonly event: GovernanceAct['event']
}

/** What an act on the register may use. */
export type RegisterContext = Omit<CommandContext<never>, 'state'>

/** What an act did, once its rows are written; no contacts and nothing about people in its detail. */
export interface RegisterDone<Outcome> extends WorkDone<Outcome> {
  readonly id: string
  /** Other subjects of the same kind that are not what they were: their versions move, and their histories note it too. */
  readonly others?: readonly string[]
  /** Organisations that decisions may know differently from now on. */
  readonly changed?: readonly RegisteredOrganisation[]
}

export type RegisterActs = ReturnType<typeof registerActs>

/** Every act on the register of organisations: what the shell of commands has to know of bodies and their groups. */
export function registerActs({ commands, policy }: { readonly commands: CommandsService; readonly policy: RegisterPublication }) {
  const kindOf = (subject: RegisterSubject): SubjectKind<null, RegisterDone<unknown>> => {
    const type = subject === 'GROUP' ? 'group' : 'organisation'
    return {
      type,
      unknown: `There is no ${type} with this code.`,
      // The register is nobody's own: who may do what is the work's to say.
      readerFor: () => ({ kind: 'system' }),
      async lock(tx, code) {
        await registerActRepository(tx).lockRegister()
        const found = await registerActRepository(tx).find(subject, code)
        return found && { state: null, version: found.rowVersion, actCount: found.actCount }
      },
      async write(tx, { id: code, done, now, act, principal, leafId }: Act<null, RegisterDone<unknown>>) {
        const note = async (of: string) => {
          const { rowVersion, sequence } = await registerActRepository(tx).touch(subject, of)
          await registerActRepository(tx).add({ kind: subject, code: of, sequence, at: now, act, principal, detail: done.detail, leafId })
          return rowVersion
        }
        for (const other of done.others ?? []) await note(other)
        return note(code)
      },
      async publish(tx, { done, now }) {
        // Of a body that nobody confirmed decisions know nothing.
        const organisations = (done.changed ?? []).filter(({ status }) => status !== 'UNCONFIRMED')
        return organisations.length > 0 ? policy.publish(tx, { organisations }, now) : undefined
      },
      record: ({ id, done, now }) => ({ payload: { at: now, [type]: id, detail: done.detail } }),
      known: async (tx, code) => ((await registerActRepository(tx).find(subject, code)) ? { payload: { [type]: code } } : undefined),
    }
  }
  const kinds = { ORGANISATION: kindOf('ORGANISATION'), GROUP: kindOf('GROUP') }

  return {
    /** Refuses a subject that is not there, another `If-Match` than its version, and what the work refuses. */
    perform<Outcome>(
      { kind, code, ...command }: RegisterAct,
      work: (context: RegisterContext) => Promise<RegisterDone<Outcome>>,
    ): Promise<CommandResult<Outcome>> {
      return code === undefined
        ? commands.create<Outcome, RegisterDone<Outcome>>(kinds[kind] as never, command, async (context) => {
            await registerActRepository(context.tx).lockRegister()
            return work(context)
          })
        : commands.perform<null, Outcome, RegisterDone<Outcome>>(kinds[kind], { ...command, id: code }, work)
    },
  }
}
