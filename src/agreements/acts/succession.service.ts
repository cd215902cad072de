import assert from 'node:assert/strict'
import type { Call, CommandResult } from '../../commands/command.ts'
import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { RegisteredOrganisation } from '../../parties/organisation.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Description } from '../../parties/proposal.ts'
import type { RegisterActs, RegisterContext } from '../../parties/register-act.service.ts'
import type { RegisteringService } from '../../parties/registering.service.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { type Refused, refused } from '../../platform/kernel/refusal.ts'
import type { WorkflowService } from '../../workflow/workflow.service.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { keeperOf, presentParties } from '../model/standing.ts'
import { standingRepository } from '../store/standing.repository.ts'
import { passOnDisposals } from './answering.service.ts'
import type { SeveralAgreements } from './several-agreements.service.ts'
import { awaitEnd } from './sign-off-ends.service.ts'

/** Who follows, from when; `organisation` describes a body that is not in the register yet. */
export interface SuccessionBody {
  readonly at?: string | null
  readonly successor: string
  readonly organisation?: Description
  readonly reason: string
}

/** Who follows whom. */
interface Succession {
  readonly predecessor: string
  readonly successor: string
  /** From this instant on the predecessor takes part in nothing. */
  readonly at: string
}

export interface Succeeded extends Succession {
  /** How many agreements name the predecessor; their parties are told. */
  readonly agreements: number
  readonly policy_revision: number
}

export interface SuccessionOptions {
  readonly registerActs: RegisterActs
  readonly parties: PartiesService
  readonly registering: Pick<RegisteringService, 'beginning'>
  readonly agreements: AgreementsService
  readonly notifications: NotificationsService
  readonly several: SeveralAgreements
  readonly workflow: Pick<WorkflowService, 'onSubject'>
  /** The organisations that ALL_SIGNED_BOROUGHS stands for. */
  readonly boroughs: () => Promise<ReadonlySet<string>>
}

/**
 * One body ends and another follows it. Signatures do not carry over: whoever takes over signs for itself, and until then
 * decisions about the predecessor say PARTY_INACTIVE. What the predecessor received and still holds is answered for by the successor (LC-5).
 */
export function successionService({
  registerActs,
  parties,
  registering,
  agreements,
  notifications,
  several,
  workflow,
  boroughs: readBoroughs,
}: SuccessionOptions) {
  /**
   * The keeping of a text passes to the successor; signatures do not. Told are those who take part, and the successor of what it
   * may open itself: it takes part already, or keeps the text from then on. Answers the agreements whose text it comes to keep.
   */
  async function passOn(context: RegisterContext, affected: readonly string[], succession: Succession): Promise<string[]> {
    const { tx, now, at: instant } = context
    const { predecessor, successor, at } = succession
    const kept: string[] = []
    for (const agreement of await agreements.read(tx, affected)) {
      const isKept = keeperOf(agreement, instant) === predecessor
      if (isKept) {
        await standingRepository(tx).passKeeping(agreement.id, { from: predecessor, to: successor, at }, instantOf(at) <= instant)
        kept.push(agreement.id)
      }
      // Approvals do not carry over either: those of the body that ends end with it, and the successor begins anew once it is invited.
      if (instantOf(at) <= instant) {
        const acting = { principal: context.principal, at: instant, now, newId: context.newId }
        const left = { type: 'leave', org: predecessor, reason: `${successor} follows ${predecessor}.` } as const
        await workflow.onSubject(tx, { type: 'agreement', id: agreement.id }, left, acting)
      } else await awaitEnd(tx, agreement.id, instantOf(at), context.sequence)
      const orgs = [...presentParties(agreement, instant), predecessor, ...(isKept ? [successor] : [])]
      const subject = { type: 'agreement', id: agreement.id } as const
      await notifications.tell(tx, orgs, { kind: 'ORG_SUCCESSION', subject, at: now, detail: { ...succession } })
    }
    return kept
  }

  return {
    /** Refused where it has ended, for an end in the past, and for a successor that cannot be one. */
    async succeed(call: Call, predecessor: string, body: SuccessionBody): Promise<CommandResult<Succeeded>> {
      // Read before the act, so that it needs no second connection while it holds one.
      const [begin, boroughs] = [await registering.beginning(), await readBoroughs()]
      const command = { ...call, kind: 'ORGANISATION', code: predecessor, act: 'succeed', event: 'organisation.succeeded' } as const
      return registerActs.perform<Succeeded>(command, async (context) => {
        const { tx, now } = context
        const { successor, organisation, reason } = body
        const at = body.at ? new Date(body.at).toISOString() : now
        const known = new Map((await parties.read(tx, [predecessor, successor])).map((one) => [one.code, one]))
        const found = known.get(predecessor)
        assert(found, `organisation ${predecessor} was found and cannot be read`)
        checkEnd(found, at, now)
        checkSuccessor(known.get(successor), body, predecessor, at)
        if (organisation)
          await begin(tx, successor, { ...organisation, distinct_from: [...(organisation.distinct_from ?? []), predecessor] }, at)
        const changed = await parties.succeed(tx, { predecessor, successor, at })
        const succession = { predecessor, successor, at }
        const affected = await standingRepository(tx).openAgreementsOf(predecessor, now)
        await passOnDisposals(tx, succession, { now, agreements, boroughs, tell: notifications.tell })
        const keeps = await passOn(context, affected, succession)
        await several.record(context, await several.lock(tx, keeps), {
          ...{ act: 'succeed', event: 'agreement.keeper_changed' },
          detail: { from: predecessor, keeper: successor, at, reason },
        })
        return {
          ...{ id: predecessor, others: [successor], changed },
          detail: { ...succession, reason, agreements: affected, keeps },
          outcome: async (policy_revision) => ({ ...succession, agreements: affected.length, policy_revision }),
        }
      })
    },
  }
}

/** The successor is a body of the register that exists then, or one that begins with the succession. */
function checkSuccessor(
  known: RegisteredOrganisation | undefined,
  { successor, organisation }: SuccessionBody,
  predecessor: string,
  at: string,
): void {
  if (successor === predecessor) throw no('/successor', 'A body does not follow itself.')
  if (known && organisation) throw refused('CONFLICT', `${successor} is in the register already; name it without describing it.`)
  if (!known && !organisation) throw no('/organisation', `${successor} is not in the register: describe it.`)
  if (known?.merged_into) throw no('/successor', `${successor} is ${known.merged_into}: name that one.`)
  if (known && known.status !== 'CONFIRMED') throw no('/successor', `${successor} is not confirmed in the register.`)
  if (known?.active_to && Date.parse(known.active_to) <= Date.parse(at)) throw no('/successor', `${successor} has ended itself by then.`)
}

function checkEnd(found: RegisteredOrganisation, at: string, now: string): void {
  if (found.status !== 'CONFIRMED') throw refused('ILLEGAL_STATE', `${found.code} is ${found.status}: only a confirmed body is succeeded.`)
  if (found.active_to !== null) throw refused('ILLEGAL_STATE', `${found.code} ends at ${found.active_to} already.`)
  if (Date.parse(at) < Date.parse(now)) throw no('/at', 'An end lies now or later, never in the past.')
  if (found.active_from !== null && Date.parse(at) <= Date.parse(found.active_from)) throw no('/at', `${found.code} has not begun by then.`)
}

function no(pointer: string, detail: string): Refused {
  return refused('UNPROCESSABLE', detail, [{ pointer, detail }])
}
