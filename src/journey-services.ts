import type { FastifyPluginAsync } from 'fastify'
import type { MembershipService } from './agreements/acts/membership.service.ts'
import type { DraftingService } from './agreements/drafting/drafting.service.ts'
import type { DraftFacts } from './agreements/model/draft-rules.ts'
import type { Decisions } from './decision-services.ts'
import { type DecisionFollower, decisionFollower } from './decisions/history/decision-follower.service.ts'
import { type BreachesService, breachesService } from './disclosures/breaches.service.ts'
import { type DisclosureRequestsService, disclosureRequestsService } from './disclosures/disclosure-requests.service.ts'
import { disclosuresRoutes } from './disclosures/disclosures.routes.ts'
import { emergenciesRoutes } from './disclosures/emergencies.routes.ts'
import { type EmergenciesService, emergenciesService } from './disclosures/emergencies.service.ts'
import { orThrow } from './platform/kernel/refusal.ts'
import { agreementNeeded } from './requests/agreement-needed.service.ts'
import { type AnsweringService, answeringService } from './requests/answering.service.ts'
import { requestActs } from './requests/request-acts.service.ts'
import { requestsRoutes } from './requests/requests.routes.ts'
import { askerOfOneOff, type RequestsService, requestsService } from './requests/requests.service.ts'
import type { Services } from './services.ts'

/** How often what follows from decisions is looked for, behind their answers. */
const FOLLOW_MS = 1_000

/** What the journeys use of the register. */
export interface OfRegister {
  readonly facts: () => Promise<DraftFacts>
  readonly drafting: DraftingService
  readonly membership: MembershipService
}

/** What people do where no agreement permits: asking for a share, one-off disclosures, emergencies, and what follows from decisions on them. */
export function openJourneys(
  services: Services,
  { recordedQuestion, filler }: Pick<Decisions, 'recordedQuestion' | 'filler'>,
  { facts, drafting, membership }: OfRegister,
  onFollowFailure: (error: unknown) => void,
): {
  readonly routes: readonly FastifyPluginAsync[]
  readonly follower: DecisionFollower
  readonly requests: RequestsService
  readonly answering: AnsweringService
  readonly emergencies: EmergenciesService
  readonly breaches: BreachesService
  readonly oneOffs: DisclosureRequestsService
} {
  const { db, clock, commands, workflow, signOffs, notifications, parties, agreements, disclosures, policy, issuer } = services
  const { mustBeConfirmed } = parties
  const acts = requestActs({ commands, notifications, mustBeConfirmed })
  const askForAgreement = agreementNeeded(acts)
  const emergencies = emergenciesService({
    ...{ db, clock, commands, workflow, signOffs, notifications, facts, issuer, mustBeConfirmed },
    askForAgreement: (within, needed) => askForAgreement({ ...needed, origin: 'BREAK_GLASS' }, within),
  })
  const deputisesFor = services.deputies.standingInFor
  const breaches = breachesService({ db, clock, commands, workflow, notifications, deputisesFor, mustBeConfirmed })
  const oneOffs = disclosureRequestsService({
    ...{ db, commands, workflow, notifications, facts, mustBeConfirmed, answeredAsker: askerOfOneOff },
    codes: () => policy.current().codes,
  })
  const requests = requestsService({ db, acts, facts, earlier: recordedQuestion })
  const follower = decisionFollower({
    ...{ db, filler, everyMs: FOLLOW_MS, onFailure: onFollowFailure },
    async onBreakGlass({ at, lawfulBasis, recordCount: _count, ...found }) {
      orThrow(await emergencies.follow({ ...found, happened_at: at, lawful_basis: lawfulBasis }))
    },
    async onOneOffBeyondScope({ provider, recipient, purpose, data_items, at, recordCount }) {
      const why = await disclosures.systematic(db, { provider, recipient, purpose, at, recordCount })
      if (why !== null) await askForAgreement({ org: provider, origin: 'ONE_OFF', provider, recipient, purpose, data_items, why })
    },
  })
  const answering = answeringService({ acts, facts, agreements, drafting, membership, parties })
  return {
    follower,
    requests,
    answering,
    ...{ emergencies, breaches, oneOffs },
    routes: [disclosuresRoutes(oneOffs), emergenciesRoutes(emergencies, breaches), requestsRoutes(requests, answering, services.publicUrl)],
  }
}
