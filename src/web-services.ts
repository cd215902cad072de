import { hkdfSync } from 'node:crypto'
import { Signer } from '@fastify/cookie'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Decisions } from './decision-services.ts'
import type { Principal } from './identity/principal.ts'
import { personNamesService } from './identity/sessions/person-names.service.ts'
import { sessionsService } from './identity/sessions/sessions.service.ts'
import { type SignInIssuer, signInService } from './identity/sessions/sign-in.service.ts'
import { typedFormsService } from './identity/sessions/typed-forms.service.ts'
import { londonDay } from './platform/kernel/london-day.ts'
import type { Register } from './register-services.ts'
import type { Services } from './services.ts'
import { actPages } from './web/agreements/acts.pages.ts'
import { agreementListPages } from './web/agreements/agreement-list.pages.ts'
import { agreementPages } from './web/agreements/agreements.pages.ts'
import { comparePages } from './web/agreements/compare.pages.ts'
import { decisionPages } from './web/agreements/decisions.pages.ts'
import { disposalPages } from './web/agreements/disposals.pages.ts'
import { standingPages } from './web/agreements/standing.pages.ts'
import { assessmentPages } from './web/assessments/assessment.pages.ts'
import { recordingPages } from './web/assessments/recording.pages.ts'
import { deputyPages } from './web/deputies/deputies.pages.ts'
import { disclosurePages } from './web/disclosures/disclosures.pages.ts'
import { dpiaActPages } from './web/dpia/acts.pages.ts'
import { cnilPages } from './web/dpia/cnil.pages.ts'
import { dpiaPages } from './web/dpia/dpia.pages.ts'
import { sectionPages } from './web/dpia/sections.pages.ts'
import { draftingArea } from './web/drafting/area.pages.ts'
import { emergencyPages } from './web/emergencies/emergencies.pages.ts'
import { emergencyActPages } from './web/emergencies/emergency-acts.pages.ts'
import { entryPages } from './web/entry/entry.pages.ts'
import { requestSessions } from './web/entry/request-sessions.ts'
import { acceptingPages } from './web/evidence/accepting.pages.ts'
import { elsewherePages } from './web/evidence/elsewhere.pages.ts'
import { evidencePages } from './web/evidence/evidence.pages.ts'
import { statingPages } from './web/evidence/stating.pages.ts'
import { answersPages } from './web/imports/answers.pages.ts'
import { columnsPages } from './web/imports/columns.pages.ts'
import { importPages } from './web/imports/import.pages.ts'
import { importsPages } from './web/imports/imports.pages.ts'
import { linesPages } from './web/imports/lines.pages.ts'
import { contactPages } from './web/inviting/contacts.pages.ts'
import { invitationPages } from './web/inviting/invitations.pages.ts'
import { logDecisionPages } from './web/log/decision.pages.ts'
import { logSearchPages } from './web/log/search.pages.ts'
import { logStatePages } from './web/log/state.pages.ts'
import { trailPages } from './web/log/trail.pages.ts'
import { notSharedPages } from './web/not-shared/not-shared.pages.ts'
import { clientPages } from './web/organisations/clients.pages.ts'
import { describingPages } from './web/organisations/describing.pages.ts'
import { organisationEntryPages } from './web/organisations/entry.pages.ts'
import { groupPages } from './web/organisations/groups.pages.ts'
import { keepingPages } from './web/organisations/keeping.pages.ts'
import { organisationPages } from './web/organisations/organisation.pages.ts'
import { organisationListPages } from './web/organisations/organisation-list.pages.ts'
import { successionPages } from './web/organisations/succession.pages.ts'
import { outsidePages } from './web/outside/outside.pages.ts'
import { outsiderOfRequest } from './web/outside/outside-cookie.ts'
import { endingPages } from './web/people/ending.pages.ts'
import { handoverPages } from './web/people/handover.pages.ts'
import { rolePages } from './web/people/roles.pages.ts'
import { staffRolePages } from './web/people/staff-role.pages.ts'
import { trainingPages } from './web/people/training.pages.ts'
import { requestLists } from './web/request-lists.ts'
import { answeringPages } from './web/requests/answering.pages.ts'
import { askingPages } from './web/requests/asking.pages.ts'
import { requestPages } from './web/requests/requests.pages.ts'
import { reviewPages } from './web/reviews/reviews.pages.ts'
import { routeDraftingPages } from './web/routes/drafting.pages.ts'
import { routePages } from './web/routes/routes.pages.ts'
import { routeStepPages } from './web/routes/steps.pages.ts'
import { searchPages } from './web/search/search.pages.ts'
import { calendarPages } from './web/settings/calendars.pages.ts'
import { settingsPages } from './web/settings/settings.pages.ts'
import { answerPages } from './web/sharing/answer.pages.ts'
import { emergencyQuestionPages } from './web/sharing/emergency.pages.ts'
import { manifestUsePages } from './web/sharing/manifest-uses.pages.ts'
import { permissionPages } from './web/sharing/permissions.pages.ts'
import { questionPages } from './web/sharing/question.pages.ts'
import { signingPages } from './web/signing/signing.pages.ts'
import { type DemoAccount, webPages } from './web/web.plugin.ts'
import { workPages } from './web/work/work.pages.ts'

/** How people sign in with a browser. */
export interface BrowserSignIn {
  readonly issuers: readonly SignInIssuer[]
  /** Where browsers reach this service. */
  readonly publicUrl: URL
  /** The accounts that the sign-in page of the demo offers. */
  readonly demoAccounts?: readonly DemoAccount[]
}

/** Where an issuer sends a browser back to. */
export function callbackAt(publicUrl: URL, key = ''): URL {
  return new URL(key === '' ? '/signed-in' : `/signed-in/${key}`, publicUrl)
}

/** The pages over the services of the rooms, and whom a session is of. */
export function openWeb(
  services: Services,
  rooms: Register['rooms'] &
    Pick<Decisions, 'decisions' | 'permissions' | 'logSearch' | 'trail' | 'clients' | 'records' | 'replays' | 'notShared' | 'manifestUses'>,
  { issuers, publicUrl, demoAccounts }: BrowserSignIn,
  logKey: Uint8Array,
): {
  readonly pages: readonly FastifyPluginAsync[]
  readonly principalOfSession: (request: FastifyRequest) => Promise<Principal | null>
  /** Takes away sessions, and forms that waited for one, whose time is over. */
  readonly forgetOld: () => Promise<void>
} {
  const { listing, registerExport, drafting, documents, history, signing, suspending, ending, membership, insight, amending } = rooms
  const { attesting, assessingElsewhere, evidence, attestedPolicy, entries, organisationContacts, disposing, logSearch } = rooms
  const { calendars, records, replays, requests, answering, emergencies, breaches, oneOffs } = rooms
  const { imports, importList, importRuns, groups, once } = rooms
  const { db, clock, config, people, parties, reference, signOffs, signOffRoutes, newId } = services
  const isSecure = publicUrl.protocol === 'https:'
  const sessions = sessionsService({
    ...{ db, clock, isAuthoritative: services.isAuthoritative, speaksFor: services.speaksFor },
    hasStaffRole: async (org) => (await services.staffRoles.rolesOn(org, londonDay(clock().getTime()))).length > 0,
    isTrusted: (named) => issuers.some(({ issuer }) => issuer === named),
    limits: { idleSeconds: config.sessionIdleSeconds, absoluteSeconds: config.sessionMaxSeconds },
    organisationsOf: (person) => people.organisationsOf(person, londonDay(clock().getTime())),
  })
  const typed = typedFormsService({ db, clock })
  const personNames = personNamesService({ db, clock })
  const carried = requestSessions(sessions, isSecure)
  const lists = requestLists(parties, reference)
  const outside = services.outside.sessions
  const outsiders = outsiderOfRequest(outside, isSecure)
  // What a browser carries to the issuer and back cannot be changed on the way.
  const keyFor = (what: string) => Buffer.from(hkdfSync('sha256', logKey, '', `accord: ${what}`, 32)).toString('base64url')
  const seal = new Signer(keyFor('sign-ins of browsers'))
  const signIns = issuers.map((one) => {
    const { key, name, issuer } = one
    return { key, name, issuer, signIn: signInService(one, { clock, callback: callbackAt(publicUrl, key), seal }) }
  })
  return {
    pages: [
      webPages({
        ...{ sessions, personNames, ...carried, outside, outsiderOf: outsiders.known, signIns, ...lists, isSecure },
        ...{ sessionSeconds: config.sessionMaxSeconds, typed, formKey: keyFor('forms of browsers') },
        ...(demoAccounts ? { demoAccounts } : {}),
        areas: [
          entryPages,
          outsidePages,
          workPages({
            ...{ requests, emergencies, oneOffs, insight, listing, signOffs, disposing, assessingElsewhere },
            reviewing: rooms.made.reviewing,
            notifications: services.notifications,
          }),
          agreementListPages({ listing, registerExport, clock }),
          agreementPages({ drafting, documents, signOffs, reviewing: rooms.made.reviewing, history }),
          comparePages({ documents }),
          decisionPages({ logSearch, drafting }),
          questionPages({ decisions: rooms.decisions, ...lists, now: clock }),
          emergencyQuestionPages({ decisions: rooms.decisions, ...lists, now: clock }),
          answerPages({ records, notShared: rooms.notShared, emergencies, contacts: organisationContacts, ...lists }),
          notSharedPages({ notShared: rooms.notShared }),
          manifestUsePages({ manifestUses: rooms.manifestUses, ...lists }),
          permissionPages({ permissions: rooms.permissions, ...lists }),
          logSearchPages({ logSearch, people }),
          trailPages({ trail: rooms.trail, reading: services.log.reading }),
          logStatePages({ ...services.log, clock }),
          logDecisionPages({ records, replays, reading: services.log.reading, drafting, ...lists }),
          disposalPages({ disposing, drafting }),
          actPages({ suspending, ending, membership, amending, history, drafting, standingPermits: rooms.standingPermits }),
          standingPages({ standingPermits: rooms.standingPermits, ...lists }),
          reviewPages({
            signOffs,
            documents,
            assessed: rooms.made.reviewing,
            people,
            attesting,
            mailProblems: services.mailProblems,
            newId,
            now: clock,
          }),
          elsewherePages({ attesting, evidence, drafting, history, organisationsFor: lists.organisationsFor }),
          statingPages({ attesting, files: services.files, drafting }),
          assessmentPages({ assessingElsewhere, drafting, evidence }),
          recordingPages({ assessingElsewhere, drafting, files: services.files }),
          dpiaPages({ ...rooms.made, signOffs }),
          sectionPages(rooms.made),
          cnilPages(rooms.made),
          dpiaActPages({ ...lists, ...rooms.made, drafting, now: clock }),
          acceptingPages({ parties, attestedPolicy }),
          organisationEntryPages({ parties, organisationContacts, entries }),
          evidencePages({ files: services.files }),
          invitationPages({ invitations: services.outside.invitations, drafting, now: clock }),
          contactPages({ invitations: services.outside.invitations }),
          draftingArea({ ...rooms, ...lists, ...carried, parties, signOffs, routes: signOffRoutes, now: clock }),
          organisationListPages({ parties, now: clock }),
          organisationPages({
            ...{ parties, groups, contacts: organisationContacts, people, staffRoles: services.staffRoles },
            ...{ clients: rooms.clients, organisationsFor: lists.organisationsFor },
            ...{ rolesAreClaimed: issuers.some(({ issuer }) => services.isAuthoritative(issuer)), now: clock },
          }),
          describingPages({ parties, registering: rooms.registering }),
          keepingPages({ parties, contacts: organisationContacts, registering: rooms.registering, merging: rooms.merging }),
          successionPages({ ...lists, parties, succession: rooms.succession }),
          groupPages({ groups, parties }),
          clientPages({ clients: rooms.clients, parties }),
          rolePages({ people, parties }),
          endingPages({ people, parties, now: clock }),
          handoverPages({ handovers: services.handovers, people, parties, now: clock }),
          staffRolePages({ staffRoles: services.staffRoles, parties, now: clock }),
          trainingPages({ training: services.training, people, parties, now: clock }),
          deputyPages({ deputies: services.deputies }),
          disclosurePages({ ...lists, oneOffs, requests, signOffs, now: clock }),
          emergencyPages({ emergencies, breaches, signOffs, logSearch }),
          emergencyActPages({ ...lists, records, emergencies, breaches, signOffs, now: clock }),
          importsPages({ imports, importList, once }),
          importPages({ imports, runs: importRuns }),
          columnsPages({ imports, once }),
          answersPages({ imports, groups, once }),
          linesPages({ imports, recordGaps: rooms.recordGaps }),
          requestPages({ requests }),
          askingPages({ ...lists, requests, now: clock }),
          answeringPages({ ...lists, requests, answering, overlaps: rooms.overlaps, now: clock }),
          routePages({ ...lists, routes: signOffRoutes, drafts: services.routeDrafts }),
          routeDraftingPages({ ...lists, routes: signOffRoutes, drafts: services.routeDrafts }),
          routeStepPages({ ...lists, drafts: services.routeDrafts }),
          searchPages({ search: rooms.search }),
          settingsPages({ settings: services.mailSettings, people, calendars, training: services.training }),
          calendarPages({ calendars }),
          signingPages({ signing, ending, documents, drafting, signOffs, reviewing: rooms.made.reviewing, now: clock }),
        ],
      }),
    ],
    async principalOfSession(request) {
      // An invitation that somebody followed comes before their account, until they finish.
      const outsider = await outsiders.now(request)
      if (outsider) return outsider.principal
      const found = await carried.sessionOf(request)
      return found ? sessions.principalOf(found) : null
    },
    async forgetOld() {
      await typed.forgetOld()
      await sessions.forgetOld()
      await personNames.forgetOld()
    },
  }
}
