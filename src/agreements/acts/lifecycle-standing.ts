import { ok, refuse } from '../../platform/kernel/result.ts'
import type { Agreement } from '../agreement.ts'
import type { Actor, Command, Decided } from './command.ts'
import { approvedVersions, statusAt } from './governing.ts'

/** Rules of the commands that stop sharing for a while and that let a party in: suspend, lift, invite (LC-4, LC-6). Pure. */

type Of<T extends Command['type']> = Extract<Command, { type: T }>

/** LC-6: any party may stop the whole agreement, itself, or a flow it takes part in, at once. */
export function decideSuspend(command: Of<'suspend'>, agreement: Agreement, actor: Actor, now: string): Decided {
  const { scope, party, flow, until, isBorough } = command
  const no = (pointer: string, rule: string, detail: string) =>
    refuse({ code: 'UNPROCESSABLE', rule, detail, errors: [{ pointer, code: rule, detail }] })
  if (until !== null && Date.parse(until) <= Date.parse(now)) return no('/until', 'UNTIL', 'A suspension ends after it begins.')
  if ((scope === 'PARTY') !== (party !== null)) return no('/party', 'SCOPE', 'A party is named where the scope is PARTY, and only there.')
  if ((scope === 'FLOW') !== (flow !== null)) return no('/flow', 'SCOPE', 'A flow is named where the scope is FLOW, and only there.')
  if (scope === 'PARTY' && party !== actor.org) return no('/party', 'OWN_PARTY', 'A party may suspend itself, not another one.')
  if (scope === 'FLOW' && !isKnownFlow(agreement, flow)) return no('/flow', 'UNKNOWN_FLOW', `No approved version has a flow ${flow}.`)
  if (scope === 'FLOW' && !takesPart(agreement, flow, actor.org, isBorough)) {
    return no('/flow', 'OWN_FLOW', `${actor.org} neither provides nor receives on flow ${flow}.`)
  }
  return ok({ type: 'suspend', to: statusAt(agreement, now) })
}

/** LC-6, SD-4: lifted by the senior information risk owner of a party it stops, never by the person who suspended. */
export function decideLift({ suspension, isBorough }: Of<'lift'>, agreement: Agreement, actor: Actor, now: string): Decided {
  if (suspension.to !== null && Date.parse(suspension.to) <= Date.parse(now)) {
    return refuse({ code: 'ILLEGAL_STATE', rule: 'ENDED', detail: 'This suspension has ended already.' })
  }
  if (suspension.suspendedBy === actor.sub) {
    return refuse({ code: 'UNPROCESSABLE', rule: 'SD-4', detail: 'Whoever suspended may not lift: another person must.' })
  }
  const isAffected =
    suspension.scope === 'AGREEMENT' ||
    suspension.party === actor.org ||
    (suspension.scope === 'FLOW' && takesPart(agreement, suspension.flow, actor.org, isBorough))
  if (!isAffected) {
    return refuse({ code: 'FORBIDDEN', rule: 'AFFECTED', detail: 'Only a party that this suspension stops may lift it.' })
  }
  return ok({ type: 'lift', to: statusAt(agreement, now) })
}

/** LC-4: the owner names a new party; it is bound by its own signature and by nothing else. */
export function decideInvite({ org, isActive }: Of<'invite'>, agreement: Agreement, now: string): Decided {
  const no = (code: 'CONFLICT' | 'UNPROCESSABLE', rule: string, detail: string) =>
    refuse({ code, rule, detail, errors: [{ pointer: '/org', code: rule, detail }] })
  if (!isActive) return no('UNPROCESSABLE', 'UNKNOWN_PARTY', `${org} is not an organisation of the register that exists now.`)
  const known = agreement.parties.find((party) => party.org === org)
  if (known?.left_at)
    return no('CONFLICT', 'PARTY_LEFT', `${org} has left; a signature it gave before would count again, so it cannot rejoin here.`)
  if (known) return no('CONFLICT', 'PARTY_KNOWN', `${org} is a party already.`)
  const waits = statusAt(agreement, now) === 'AWAITING_SIGNATURE'
  if (waits && approvedVersions(agreement).some(({ terms }) => terms.commencement.rule === 'ALL_SIGNED')) {
    const detail = 'Nobody is bound before all have signed: withdraw the text and name the newcomer in it instead.'
    return refuse({ code: 'ILLEGAL_STATE', rule: 'ALL_SIGNED', detail })
  }
  return ok({ type: 'invite', to: statusAt(agreement, now) })
}

function isKnownFlow(agreement: Agreement, id: string | null): boolean {
  return agreement.versions.some((version) => version.status === 'APPROVED' && version.terms.flows.some((flow) => flow.id === id))
}

function takesPart(agreement: Agreement, id: string | null, org: string, isBorough: boolean): boolean {
  return agreement.versions.some(({ status, terms }) =>
    terms.flows.some(
      ({ id: flowId, providers, recipients }) =>
        status === 'APPROVED' &&
        flowId === id &&
        [...providers, ...recipients].some((code) => code === org || (isBorough && code === 'ALL_SIGNED_BOROUGHS')),
    ),
  )
}
