import assert from 'node:assert/strict'
import type { Call, CommandResult } from '../../commands/command.ts'
import type { ContactsService } from '../../parties/contacts.service.ts'
import type { RegisteredOrganisation } from '../../parties/organisation.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { RegisterActs, RegisterContext } from '../../parties/register-act.service.ts'
import { type Refused, refused } from '../../platform/kernel/refusal.ts'
import { mergingRepository } from './merging.repository.ts'
import type { SeveralAgreements } from './several-agreements.service.ts'

/** Which body another one turned out to be, and how that is known. */
export interface MergerBody {
  readonly into: string
  readonly reason: string
}

export interface MergingOptions {
  readonly registerActs: RegisterActs
  readonly parties: PartiesService
  readonly contacts: ContactsService
  readonly several: SeveralAgreements
}

/** A body in more agreements than this is no slip of the pen. */
const AGREEMENTS_MAX = 1000

/**
 * One entry of the register turns out to be another body. Only what binds nobody can be merged: a body that has signed, stands
 * in a frozen text or has acted is a body of its own, and if it ends, another follows it (succession). From the reply on
 * whoever is named by the one code is the other body: in drafts, records from elsewhere, decisions, groups and imports.
 */
export function mergingService({ registerActs, parties, contacts, several }: MergingOptions) {
  return {
    /** Refused for a body that is bound or stands beside the other one, and for one that it cannot be. */
    merge: (call: Call, code: string, { into, reason }: MergerBody): Promise<CommandResult<RegisteredOrganisation>> =>
      registerActs.perform({ ...call, kind: 'ORGANISATION', code, act: 'merge', event: 'organisation.merged' }, async (context) => {
        const { tx } = context
        await checkBodies(context, code, into)
        const repository = mergingRepository(tx)
        const named = await repository.agreementsNaming(code)
        if (named.length > AGREEMENTS_MAX) throw illegal(`${code} stands in more than ${AGREEMENTS_MAX} agreements.`, 'TOO_MANY')
        // What they bind is asked once nobody can act on them any more.
        const locked = await several.lock(tx, named)
        const bound = await repository.binding(code)
        if (bound) throw illegal(`${code} is a body of its own: ${bound}. Where it ends, another follows it by succession.`, 'BOUND')
        const both = await repository.agreementsOfBoth(code, into)
        if (both > 0)
          throw illegal(
            `${code} and ${into} are both parties of ${both === 1 ? 'one agreement' : `${both} agreements`}: whoever keeps it takes one out first.`,
            'BOTH_IN_ONE',
          )
        const changed = await parties.merge(tx, code, into)
        await contacts.fillFrom(context, code, into)
        await repository.rename(named, code, into)
        await several.record(context, locked, { act: 'merge_party', event: 'agreement.party_merged', detail: { org: code, is: into } })
        return {
          ...{ id: code, others: [into, ...changed.map((one) => one.code).filter((other) => other !== code)], changed },
          detail: { organisation: code, into, reason, agreements: named.length },
          outcome: () => view(context, code),
        }
      }),
  }

  async function checkBodies({ tx, now }: RegisterContext, code: string, into: string): Promise<void> {
    const known = new Map((await parties.read(tx, [code, into])).map((organisation) => [organisation.code, organisation]))
    const [merged, kept] = [known.get(code), known.get(into)]
    if (merged?.status === 'MERGED') throw illegal(`${code} was merged into ${merged.merged_into} already.`, 'MERGED')
    const no = (detail: string, rule: string) => refused('UNPROCESSABLE', detail, [{ pointer: '/into', detail, code: rule }])
    if (!kept) throw no(`${into} is not in the register of organisations.`, 'UNKNOWN_ORGANISATION')
    if (code === into) throw no('A body is not merged into itself.', 'SAME_ORGANISATION')
    if (kept.status !== 'CONFIRMED')
      throw no(
        kept.merged_into ? `${into} is ${kept.merged_into}: name that one.` : `${into} is not confirmed in the register.`,
        'ORGANISATION_UNCONFIRMED',
      )
    if (kept.active_to !== null && Date.parse(kept.active_to) <= Date.parse(now)) throw no(`${into} has ended.`, 'ORGANISATION_INACTIVE')
  }

  async function view({ tx }: RegisterContext, code: string): Promise<RegisteredOrganisation> {
    const [found] = await parties.read(tx, [code])
    assert(found, `organisation ${code} was merged and cannot be read`)
    return found
  }
}

function illegal(detail: string, rule: string): Refused {
  return refused('ILLEGAL_STATE', detail, [{ pointer: '', detail, code: rule }])
}
