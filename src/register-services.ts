import { randomBytes } from 'node:crypto'
import { agreementActsRoutes } from './agreements/acts/agreement-acts.routes.ts'
import { amendingService } from './agreements/acts/amending.service.ts'
import { attestingService } from './agreements/acts/attesting.service.ts'
import { disposingService } from './agreements/acts/disposing.service.ts'
import { endingService } from './agreements/acts/ending.service.ts'
import { evidenceService } from './agreements/acts/evidence.service.ts'
import { freezingService } from './agreements/acts/freezing.service.ts'
import { membershipService } from './agreements/acts/membership.service.ts'
import { mergingService } from './agreements/acts/merging.service.ts'
import { severalAgreements } from './agreements/acts/several-agreements.service.ts'
import { signatureAddressesService } from './agreements/acts/signature-addresses.service.ts'
import { signingService } from './agreements/acts/signing.service.ts'
import { standingPermitsService } from './agreements/acts/standing-permits.service.ts'
import { successionService } from './agreements/acts/succession.service.ts'
import { suspendingService } from './agreements/acts/suspending.service.ts'
import { draftFacts } from './agreements/draft-facts.service.ts'
import { assessingElsewhereService } from './agreements/drafting/assessing-elsewhere.service.ts'
import { draftingRoutes } from './agreements/drafting/drafting.routes.ts'
import { draftingService } from './agreements/drafting/drafting.service.ts'
import { openSectionsService } from './agreements/drafting/open-sections.service.ts'
import { agreementsDue } from './agreements/finding/due.service.ts'
import { findingRoutes } from './agreements/finding/finding.routes.ts'
import { listingService } from './agreements/finding/listing.service.ts'
import { overlapService } from './agreements/finding/overlap.service.ts'
import { registerExportService } from './agreements/finding/register-export.service.ts'
import { agreementReading, readingInPlace } from './agreements/reading.service.ts'
import { committingService } from './agreements/register-import/committing.service.ts'
import { importListService } from './agreements/register-import/import-list.service.ts'
import { importRunsService } from './agreements/register-import/import-runs.service.ts'
import { importsRoutes } from './agreements/register-import/imports.routes.ts'
import { importsService } from './agreements/register-import/imports.service.ts'
import { recordGapsService } from './agreements/register-import/record-gaps.service.ts'
import { agreementTextsRoutes } from './agreements/texts/agreement-texts.routes.ts'
import { documentsService } from './agreements/texts/documents.service.ts'
import { historyService } from './agreements/texts/history.service.ts'
import { onceOnly } from './commands/once.service.ts'
import type { Decisions } from './decision-services.ts'
import { adviceRoutes } from './decisions/advice/advice.routes.ts'
import { adviceService } from './decisions/advice/advice.service.ts'
import { filesRoutes } from './files/files.routes.ts'
import { personNamesService } from './identity/sessions/person-names.service.ts'
import { calendarsRoutes } from './insight/calendars/calendars.routes.ts'
import { calendarsService } from './insight/calendars/calendars.service.ts'
import { insightRoutes } from './insight/insight.routes.ts'
import { insightService } from './insight/insight.service.ts'
import { openJourneys } from './journey-services.ts'
import { notificationsRoutes } from './notifications/notifications.routes.ts'
import { webhooksRoutes } from './notifications/webhooks/webhooks.routes.ts'
import { attestedPolicyService } from './parties/attested-policy.service.ts'
import { contactsService } from './parties/contacts.service.ts'
import { entriesService } from './parties/entries.service.ts'
import { groupsService } from './parties/groups.service.ts'
import { isLondonAuthority } from './parties/organisation.ts'
import { partiesRoutes } from './parties/parties.routes.ts'
import { partnerAnswers } from './parties/partner-answers.service.ts'
import { registerActs } from './parties/register-act.service.ts'
import { registeringService } from './parties/registering.service.ts'
import { outsidersRoutes } from './people/outside/outsiders.routes.ts'
import { peopleRoutes } from './people/people.routes.ts'
import { signingRefusedOn } from './people/training/training.service.ts'
import { referenceRoutes } from './reference/reference.routes.ts'
import { searchRoutes } from './search/search.routes.ts'
import { searchService } from './search/search.service.ts'
import { agreementSource } from './search/sources/agreements.service.ts'
import { decisionSource, fileSource } from './search/sources/evidence.service.ts'
import { journeySources } from './search/sources/journeys.service.ts'
import { codeSource, organisationSource, personSource } from './search/sources/register.service.ts'
import { assessmentSource, reviewSource } from './search/sources/written.service.ts'
import { wordingOf } from './search/wording.ts'
import type { Services } from './services.ts'
import { signOffInsight } from './workflow/insight/insight.service.ts'
import { signOffRouteRoutes } from './workflow/sign-off-routes.routes.ts'
import { signOffsRoutes } from './workflow/sign-offs.routes.ts'

/** A run of an import ends within such a slice when the process does. */
const RUN_SLICE_MS = 1000

export type Register = ReturnType<typeof openRegister>

/** The register of agreements and organisations, and what is asked of it: its services, opened once, as the routes that call them. */
export function openRegister(
  services: Services,
  decisions: Pick<Decisions, 'recordedQuestion' | 'filler' | 'usage' | 'logSearch'>,
  onFollowFailure: (error: unknown) => void,
) {
  const { db, clock, newId, audit, policy, publication, turns, commands, acts, agreements, reference, parties, notifications } = services
  const { act } = acts
  const organisationActs = registerActs({ commands, policy: publication })
  const registering = registeringService({ db, acts: organisationActs, reference, clock })
  const organisationContacts = contactsService({ db, acts: organisationActs })
  const groups = groupsService({ db, acts: organisationActs, clock })
  const read = agreementReading({ db, agreements, clock })
  const overlaps = overlapService({ db, reference, clock })
  const listing = listingService({ db, clock, agreements })
  const registerExport = registerExportService({ db, clock, agreements, listing, reference })
  const imports = importsService({ db, clock, newId, reference, parties, partnerAnswers: partnerAnswers({ registering, groups }) })
  const advice = adviceService({ db, agreements, policy, clock })
  const committingIn = (sliceMs?: number) =>
    committingService({ db, clock, random: randomBytes, acts, agreements, imports, tell: notifications.tell, ...(sliceMs && { sliceMs }) })
  const committing = committingIn()
  const importList = importListService({ db })
  const recordGaps = recordGapsService({ db, agreements, clock })
  const importRuns = importRunsService({ committing: committingIn(RUN_SLICE_MS), onFailure: onFollowFailure })
  const once = onceOnly({ db, clock, newId, turns })
  const several = severalAgreements({ agreements, audit, policy: publication })
  const boroughs = async () => new Set((await parties.all()).filter(isLondonAuthority).map(({ code }) => code))
  const { workflow, chains, carrying } = services
  const facts = draftFacts({ reference, parties, clock })
  const drafting = draftingService({
    read,
    clock,
    random: randomBytes,
    acts,
    agreements,
    tell: notifications.tell,
    facts,
    groups: groups.list,
  })
  const membership = membershipService({ act, chains, organisation: parties.find, boroughs })
  const { made } = services
  const journeys = openJourneys(services, decisions, { facts, drafting, membership }, onFollowFailure)
  const due = agreementsDue({ db, agreements, clock })
  const { signOffs, people, publicUrl, knowsPeople: isTrusted, isAuthoritative } = services
  const calendars = calendarsService({
    ...{ db, clock, commands, publicUrl, due, signOffs, measures: made.measures },
    ...{ rolesOf: people.rolesOf, isTrusted, isAuthoritative },
  })
  const insight = insightService({
    ...{ clock, listing, signOffs: services.signOffs, signOffInsight: signOffInsight({ db, clock }) },
    ...{ due, usage: decisions.usage, requests: journeys.requests, measures: made.measures },
  })
  const documents = documentsService({ read, clock, parties, workflow, files: services.files })
  const history = historyService({ read, clock })
  const openSections = openSectionsService({ db, clock })
  const suspending = suspendingService({ act, chains, boroughs })
  const restrictedPurposes = new Set(services.config.restrictedPurposes)
  const standingPermits = standingPermitsService({ perform: acts.perform, read, clock, boroughs, restrictedPurposes })
  const signing = signingService({ act, chains, untrained: signingRefusedOn })
  const ending = endingService({ act, chains, boroughs })
  const disposing = disposingService({ act, read, readInPlace: readingInPlace({ db, agreements, clock }), clock, boroughs })
  const attesting = attestingService({ act, read, files: services.files })
  const assessingElsewhere = assessingElsewhereService({ perform: acts.perform, db, files: services.files })
  const evidence = evidenceService({ act, read, files: services.files })
  const attestedPolicy = attestedPolicyService({ acts: organisationActs })
  const entries = entriesService({ acts: organisationActs })
  const merging = mergingService({ registerActs: organisationActs, parties, contacts: organisationContacts, several })
  const succession = successionService({
    ...{ registerActs: organisationActs, parties, registering, agreements, notifications, several, workflow, boroughs },
  })
  const freezing = freezingService({ act, agreements, advice: advice.onDraft, chains, carrying })
  const amending = amendingService({ act })
  const search = searchService({
    db,
    wording: async () => wordingOf(await parties.all(), await reference.lists()),
    sources: [
      ...[agreementSource(listing), organisationSource(parties), personSource(people, personNamesService({ db, clock }))],
      ...journeySources(journeys),
      ...[decisionSource(decisions.logSearch), reviewSource(services.signOffs, listing)],
      ...[assessmentSource(listing, services.made.reviewing), fileSource(services.files), codeSource],
    ],
  })
  const routes = [
    referenceRoutes(reference),
    partiesRoutes({
      parties,
      registering,
      organisationContacts,
      groups,
      attestedPolicy,
      entries,
    }),
    peopleRoutes(services.people, services.deputies, services.staffRoles, services.handovers, services.training),
    notificationsRoutes(notifications),
    services.mailRoutes,
    outsidersRoutes(services.outside.invitations, services.outside.sessions),
    webhooksRoutes(services.webhooks.subscriptions),
    signOffsRoutes({ signOffs: services.signOffs, issuer: services.issuer, newId }),
    signOffRouteRoutes({ routes: services.signOffRoutes, drafts: services.routeDrafts }),
    agreementActsRoutes({
      freezing,
      signing,
      signatureAddresses: signatureAddressesService({ read }),
      amending,
      suspending,
      membership,
      ending,
      disposing,
      attesting,
      evidence,
      merging,
      succession,
      standingPermits,
    }),
    agreementTextsRoutes(documents, history),
    draftingRoutes({
      drafting,
      assessingElsewhere,
      overlapsWith: overlaps.withDraft,
    }),
    findingRoutes({ listing, overlaps, registerExport }),
    importsRoutes({ imports, importList, committing, once }),
    filesRoutes(services.files),
    adviceRoutes(advice),
    made.routes,
    ...journeys.routes,
    calendarsRoutes(calendars),
    searchRoutes(search),
    insightRoutes({ insight, signOffs: services.signOffs, routes: services.signOffRoutes }),
  ]
  return {
    routes,
    follower: journeys.follower,
    rooms: {
      ...{ listing, registerExport, drafting, documents, history, signing, suspending, ending, membership, insight },
      ...{ attesting, assessingElsewhere, evidence, attestedPolicy, entries, disposing, calendars, standingPermits },
      ...{ requests: journeys.requests, answering: journeys.answering },
      ...{ emergencies: journeys.emergencies, breaches: journeys.breaches, oneOffs: journeys.oneOffs },
      ...{ made, advice, overlaps, freezing, amending, openSections },
      ...{ registering, organisationContacts, groups, merging, succession },
      ...{ imports, importList, importRuns, recordGaps, once, search },
    },
  }
}
