import { randomUUID } from 'node:crypto'
import { STANDING_STATEMENT } from '../../src/agreements/model/standing-permit.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { londonDay } from '../../src/platform/kernel/london-day.ts'
import type { Desk, Person } from './agreement-desk.ts'
import type { ApiReply } from './api-caller.ts'
import { DENIED } from './authzen.ts'
import { operations, type WalkedOperation } from './contract-walk.ts'
import { SHARE } from './demo-share.ts'
import { liveAssessments } from './live-assessments.ts'

// For each operation of the contract a call that is answered with 2xx: with what it is about made for it, live ETags, and somebody
// who may. What stands here is what an operation needs beyond its example in the contract; an operation that is missing is
// called with its example, on an agreement that is in force.

/** One call that should succeed. */
export interface LiveCall {
  /** Who calls; absent: nobody in particular, for an operation that is public. */
  readonly person?: Person
  /** Called as a machine of this organisation. */
  readonly machine?: string
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The address to read the live ETag from, as `person`. */
  readonly etagFrom?: string
}

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const ISLINGTON = 'LBC_ISLINGTON'
const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
const siro = { org: CAMDEN, role: 'SIRO' } as const
const dpo = { org: CAMDEN, role: 'DPO' } as const
const admin = { org: 'LONDON_COUNCILS', role: 'REGISTER_ADMIN' } as const
const auditor = { org: CAMDEN, role: 'AUDITOR' } as const
const REASON = { reason: 'Because' }
/** Leaves of a tile that is full (C2SP tlog-tiles). */
const FULL_TILE = 256
const CSV = `Ref,Name of agreement,Partner(s),Type,Purpose,Data shared,Legal basis,Direction,Method,Date signed,Signed by,Start,Expiry,Status,DPIA ref
ISA-1,Rough sleeping,Hackney Council,C2C,Homelessness placements,Name; Address,public task,Out,Secure email,01/03/2025,A Director,01/04/2025,31/03/2030,Live,Not required
`

/** Addresses that only a log of 256,000 leaves and more has, and one for which a service needs a token that these have not. */
export const OUT_OF_REACH: ReadonlySet<string> = new Set([
  ...['3', '4'].flatMap((n) => [`getLogTile${n}`, `getLogEntries${n}`]),
  'takeDeliveryReceipt',
])

/** Makes, for an operation, a call that should succeed; each time on something of its own. */
export function liveCalls(desk: Desk): (operation: WalkedOperation) => Promise<LiveCall> {
  const { call, service } = desk
  let count = 0
  const fresh = (word: string) => `${word} ${++count} ${randomUUID().slice(0, 8)}`
  const must = async (reply: Promise<{ readonly status: number; readonly text: string; readonly body: ApiReply['body'] }>) => {
    const made = await reply
    if (made.status >= 300) throw new Error(`a live call could not be prepared: ${made.status} ${made.text}`)
    return made.body
  }
  const post = (person: Person, path: string, body: unknown, headers = {}) => must(call(person, 'POST', path, body, headers))

  const drafted = async (orgs: readonly string[] = [CAMDEN, HACKNEY]) => (await desk.draft({ orgs, effectiveFrom: '2026-11-22' })).id
  const frozen = async (orgs: readonly string[] = [CAMDEN, HACKNEY]) => {
    const agreement = await desk.draft({ orgs, effectiveFrom: '2026-11-22' })
    return { id: agreement.id, hash: (await desk.freeze(agreement)).hash }
  }
  const signed = async (orgs: readonly string[] = [CAMDEN, HACKNEY, ISLINGTON]) => {
    const { id, hash } = await frozen(orgs)
    for (const org of orgs) await must(desk.sign(id, org, 1, hash))
    return id
  }
  const about = (id: string, person: Person = officer) => ({ person, path: { id }, etagFrom: `/v1/agreements/${id}` })
  const draftPart = async (body?: unknown) => ({ ...about(await drafted()), ...(body === undefined ? {} : { body }) })
  const proposed = async () =>
    String((await post(officer, '/v1/organisations', { organisation: { legal_name: fresh('Refuge'), type: 'CHARITY' } })).code)
  const localCode = async () => {
    const body = {
      name: `PLACE_${++count}`,
      label: fresh('Placements'),
      broader: 'HOMELESSNESS.PLACEMENT_NOTIFICATION',
      why: 'Because',
    }
    return String((await post(officer, '/v1/reference/PURPOSE/local-codes', body)).code)
  }
  const imported = async () => {
    const headers = { ...(await service.as({ org: CAMDEN, roles: ['IG_OFFICER'] })), 'content-type': 'text/csv' }
    const reply = await service.inject({ method: 'POST', url: '/v1/imports', headers, payload: CSV.replace('ISA-1', fresh('ISA')) })
    if (reply.statusCode >= 300) throw new Error(reply.body)
    return { id: String(reply.json().id), etag: String(reply.headers['etag']) }
  }
  const committed = async () => {
    const { id, etag } = await imported()
    await post(officer, `/v1/imports/${id}/commit`, undefined, { 'if-match': etag })
    return id
  }
  const onImport = (id: string) => ({ person: officer, path: { id }, etagFrom: `/v1/imports/${id}` })
  /** What was denied just now, as it is submitted to be asked for. */
  const deniedAccess = async () => {
    const headers = { ...(await service.as({ org: CAMDEN })), 'content-type': 'application/json' }
    const reply = await service.inject({ method: 'POST', url: '/access/v1/evaluation', headers, payload: DENIED })
    const { evaluation_id, access_request } = reply.json().context
    return { ...DENIED, denial: { evaluation_id, expires_at: access_request.expires_at } }
  }
  const decide = async () => {
    const headers = { ...(await service.as({ org: CAMDEN })), 'content-type': 'application/json' }
    return String((await service.inject({ method: 'POST', url: '/v1/decisions', headers, payload: SHARE })).json().decision_id)
  }
  const logName = async (leaves = 1) => {
    const { audit } = service.app.services
    const [log] = audit.logs
    if (!log) throw new Error('there is no log')
    const published = async () => Number((await service.inject({ method: 'GET', url: `/log/${log.name}/checkpoint` })).body.split('\n')[1])
    for (let size = await published(); size < leaves; size = await published()) {
      await Promise.all(Array.from({ length: leaves - size }, decide))
      await audit.keeper.round()
    }
    return log.name
  }
  /** Stands for a witness: what is served is what was kept of it. */
  const witnessed = async () => {
    const name = await logName()
    const owner = await service.database?.openAs('session_user', 1)
    await owner?.pool.query(`insert into audit.cosignature (log_id, size, witness, line, at)
      select c.log_id, max(c.size), 'a witness', '\u2014 witness.example AAAA', now() from audit.checkpoint c join audit.log g using (log_id)
       where g.name = '${name}' group by c.log_id on conflict do nothing`)
    return name
  }
  const suspended = async () => {
    const id = await signed()
    const body = await post({ org: HACKNEY, role: 'DPO', sub: 'suspender' }, `/v1/agreements/${id}/suspensions`, {
      scope: 'AGREEMENT',
      ...REASON,
    })
    return { id, suspensionId: String(body.suspension.id) }
  }
  const recordedElsewhere = async () => {
    const id = await committed()
    const { rows } = (await must(call(officer, 'GET', `/v1/imports/${id}`))) as { rows: readonly { agreement: string | null }[] }
    const [row] = rows
    if (!row?.agreement) throw new Error(`nothing became of the line: ${JSON.stringify(row)}`)
    return row.agreement
  }

  /** A sign-off of a draft, so that it ends with nothing that the other calls are about. */
  const signOff = async () => {
    const { db, workflow, clock, newId, issuer } = service.app.services
    const subject = { type: 'agreement', id: await drafted(), version: 1, hash: 'a'.repeat(64) }
    const parties = [{ org: CAMDEN, facts: ['CONTROLLER' as const], requesters: [] }]
    const at = clock()
    const principal = { issuer, sub: 'opener', org: CAMDEN, roles: ['IG_OFFICER' as const], clientId: null }
    const acting = { principal, at: at.getTime(), now: at.toISOString(), newId }
    const opened = await withTransaction(db, (tx) =>
      workflow.open(tx, { subject, keeper: CAMDEN, facts: [], parties, route: 'CONDENSED' }, acting),
    )
    return { id: opened.id }
  }

  /** Of an organisation whose routes no other call goes by. */
  const routeOfficer = { org: 'LBC_BARNET', role: 'IG_OFFICER' } as const
  const ROUTE_DRAFT = '/v1/sign-off-routes/CONDENSED/draft'
  const routeStep = (id: string, kind: string, role: string, after: readonly string[]) => ({
    ...{ id, title: id, kind, by: 'PARTY', role, after, due: 2, remind: [], escalate: [], return_to: id },
  })
  const route = {
    ...{ code: 'CONDENSED', title: 'Short', purpose: 'Ordinary data.', requester_rule: 'SD-1', signature_opens: { rule: 'PAIRWISE' } },
    steps: [routeStep('ADVICE', 'DPO_REVIEW', 'DPO', []), routeStep('SIGNATURE', 'SIGNATURE', 'SIGNATORY', ['ADVICE'])],
  }
  const onRouteDraft = async () => {
    const known = await call(routeOfficer, 'GET', ROUTE_DRAFT)
    if (known.status !== 200) await must(call(routeOfficer, 'PUT', ROUTE_DRAFT, route))
    return { person: routeOfficer, path: { code: 'CONDENSED' }, etagFrom: ROUTE_DRAFT }
  }
  /** Ends what all staff are, so that it can be given again. */
  const noStaffRole = async () => {
    const { staff_roles } = await must(call(siro, 'GET', `/v1/organisations/${CAMDEN}/staff-roles`))
    for (const { id, ended_at } of staff_roles)
      if (!ended_at) await call(siro, 'POST', `/v1/organisations/${CAMDEN}/staff-roles/${id}/end`, REASON)
  }
  /** Somebody with a role who leaves, and who takes over. */
  const leaving = async () => {
    const person = { subject: fresh('leaver') }
    await post(siro, `/v1/organisations/${CAMDEN}/roles`, { person, role: 'LEGAL', ...REASON })
    return { person, successor: { subject: fresh('successor') } }
  }
  /** What somebody with a role completed. */
  const training = async () => {
    const { person } = await leaving()
    return { person, course: fresh('Course'), completed_on: '2026-01-05', ends_on: '2027-01-04', is_required: false }
  }
  const simulated = async () => String((await post(officer, '/v1/decisions/simulate', SHARE)).decision_id)
  const traced = async () => {
    await drafted()
    await signed()
    for (;;) {
      const { acts } = await must(call(dpo, 'GET', '/v1/trail'))
      if (acts.length > 0) return String(acts[0].leaf_id)
    }
  }

  const recipes: Readonly<Record<string, () => Promise<LiveCall>>> = {
    ...liveAssessments(desk, drafted),
    getTrailEntry: async () => ({ person: dpo, path: { id: await traced() } }),
    recordNotShared: async () => ({ person: officer, path: { id: await simulated() } }),
    giveStaffRole: async () => {
      await noStaffRole()
      return { person: siro, path: { code: CAMDEN } }
    },
    endStaffRole: async () => {
      await noStaffRole()
      const { id } = await post(siro, `/v1/organisations/${CAMDEN}/staff-roles`, REASON)
      return { person: siro, path: { code: CAMDEN, id: String(id) } }
    },
    recordTraining: async () => ({ person: siro, path: { code: CAMDEN }, body: await training() }),
    withdrawTraining: async () => {
      const { id } = await post(siro, `/v1/organisations/${CAMDEN}/training`, await training())
      return { person: siro, path: { code: CAMDEN, id: String(id) } }
    },
    previewHandover: async () => ({ person: siro, path: { code: CAMDEN }, body: { person: (await leaving()).person } }),
    handOver: async () => ({ person: siro, path: { code: CAMDEN }, body: { ...(await leaving()), ...REASON } }),
    getHandover: async () => {
      const { id } = await post(siro, `/v1/organisations/${CAMDEN}/handovers`, { ...(await leaving()), ...REASON })
      return { person: siro, path: { code: CAMDEN, id: String(id) } }
    },
    saveSignOffRouteDraft: async () => ({ ...(await onRouteDraft()), body: route }),
    getSignOffRouteDraft: onRouteDraft,
    discardSignOffRouteDraft: onRouteDraft,
    putSignOffRouteInForce: onRouteDraft,
    getProblemPage: async () => ({ path: { code: 'not-found' } }),
    decide: async () => ({ machine: CAMDEN, body: SHARE }),
    simulateDecision: async () => ({ machine: CAMDEN, body: SHARE }),
    decideEach: async () => ({ machine: CAMDEN, body: { evaluations: [SHARE, SHARE] } }),
    evaluateAccess: async () => ({ machine: CAMDEN }),
    searchSubjects: async () => ({ machine: CAMDEN }),
    searchResources: async () => ({ machine: CAMDEN }),
    searchActions: async () => ({ machine: CAMDEN }),
    reportManifestUses: async () => ({
      machine: CAMDEN,
      body: { manifest: randomUUID(), uses: [{ reference: randomUUID(), line: 1, used_at: '2026-11-22T10:00:00Z', count: 1 }] },
    }),
    listManifestUses: async () => ({ person: dpo }),
    issueManifest: async () => ({ machine: CAMDEN, query: { direction: 'SEND' } }),
    listPermissions: async () => ({ machine: CAMDEN, query: { direction: 'SEND' } }),
    submitAccessRequest: async () => ({ person: officer, body: await deniedAccess() }),
    getAccessRequest: async () => onRequest(await asked()),
    evaluateAccessEach: async () => ({ machine: CAMDEN }),
    getDecision: async () => ({ machine: CAMDEN, path: { id: await decide() } }),
    replayDecision: async () => ({ machine: CAMDEN, path: { id: await decide() } }),
    listClients: async () => ({ person: admin }),
    registerClient: async () => {
      const body = { issuer: service.issuer.issuer, client_id: `client-${++count}`, organisation: CAMDEN, reason: fresh('A system') }
      return { person: admin, body }
    },
    getClientLimits: async () => ({ person: admin, path: { clientId: `client-${++count}` } }),
    limitClient: async () => ({
      person: admin,
      path: { clientId: `client-${++count}` },
      body: { requests_per_minute: 600, batch_items_max: 100, share_percent: 10, reason: fresh('A test system') },
    }),
    revokeClient: async () => ({ person: admin, path: { clientId: `client-${++count}` } }),
    getLogCheckpoint: async () => ({ path: { log: await logName() } }),
    getWitnessedCheckpoint: async () => ({ path: { log: await witnessed() } }),
    getLogKey: async () => ({ path: { log: await logName() } }),
    getManifestKey: async () => ({ path: { log: await logName() } }),
    getReceiptKey: async () => ({ path: { log: await logName() } }),
    getLogTile: async () => ({ path: { log: await logName(FULL_TILE), level: '0', a: '000' } }),
    getLogTile2: async () => ({ path: { log: await logName(), level: '0', a: '000.p', b: '1' } }),
    getLogEntries: async () => ({ person: auditor, path: { log: await logName(FULL_TILE), a: '000' } }),
    getLogEntries2: async () => ({ person: auditor, path: { log: await logName(), a: '000.p', b: '1' } }),
    getCodeList: async () => ({ person: officer, path: { list: 'PURPOSE' } }),
    addLocalCode: async () => ({
      person: officer,
      path: { list: 'PURPOSE' },
      body: {
        name: `X_${++count}`,
        label: fresh('Code'),
        broader: 'HOMELESSNESS.PLACEMENT_NOTIFICATION',
        why: 'Because',
      },
    }),
    listLocalCodes: async () => ({ person: officer, path: { list: 'PURPOSE' } }),
    getLocalCode: async () => ({ person: officer, path: { list: 'PURPOSE', code: await localCode() } }),
    endLocalCode: async () => {
      const code = await localCode()
      return { person: officer, path: { list: 'PURPOSE', code }, etagFrom: `/v1/reference/PURPOSE/local-codes/${encodeURIComponent(code)}` }
    },
    getOrganisation: async () => ({ person: officer, path: { code: CAMDEN } }),
    getOrganisationHistory: async () => ({ person: officer, path: { code: await proposed() } }),
    proposeOrganisation: async () => ({ person: officer, body: { organisation: { legal_name: fresh('Hostel'), type: 'CHARITY' } } }),
    describeOrganisation: async () => {
      const code = await proposed()
      return {
        person: officer,
        path: { code },
        body: { legal_name: fresh('Hostel'), type: 'CHARITY' },
        etagFrom: `/v1/organisations/${code}`,
      }
    },
    confirmOrganisation: async () => {
      const code = await proposed()
      return { person: admin, path: { code }, etagFrom: `/v1/organisations/${code}` }
    },
    mergeOrganisation: async () => {
      const code = await proposed()
      return { person: admin, path: { code }, body: { into: HACKNEY, ...REASON }, etagFrom: `/v1/organisations/${code}` }
    },
    succeedOrganisation: async () => ({
      person: admin,
      path: { code: await confirmed() },
      body: { successor: HACKNEY, ...REASON, at: null },
    }),
    getOrganisationContacts: async () => ({ person: officer, path: { code: CAMDEN } }),
    putOrganisationContacts: async () => ({ person: officer, path: { code: CAMDEN }, etagFrom: `/v1/organisations/${CAMDEN}/contacts` }),
    listRoles: async () => ({ person: officer, path: { code: CAMDEN } }),
    recordRole: async () => ({ person: admin, path: { code: CAMDEN }, body: aRole() }),
    getRole: async () => ({ person: officer, path: { code: CAMDEN, id: await role() } }),
    endRole: async () => {
      const id = await role()
      return { person: siro, path: { code: CAMDEN, id }, etagFrom: `/v1/organisations/${CAMDEN}/roles/${id}` }
    },
    listConfirmedContacts: async () => ({ person: officer, path: { code: HACKNEY } }),
    confirmContact: async () => ({ person: admin, path: { code: HACKNEY }, body: aContact() }),
    withdrawContact: async () => ({ person: admin, path: { code: HACKNEY, contact: await contact() } }),
    listOutsideInvitations: async () => ({ person: officer, path: { id: await drafted() } }),
    inviteOutsider: async () => ({ person: officer, path: { id: await drafted() }, body: { contact: await contact() } }),
    withdrawOutsideInvitation: async () => {
      const id = await drafted()
      return { person: officer, path: { id, invitation: await invitation(id) } }
    },
    sendInvitationCode: async () => ({ path: { link: await invitationLink() } }),
    openOutsideSession: async () => {
      const link = await invitationLink()
      await service.inject({ method: 'POST', url: `/v1/invitations/${link}/codes` })
      return { path: { link }, body: { code: await lastFilled('OUTSIDE_CODE', 'code') } }
    },
    listWebhooks: async () => ({ person: officer }),
    subscribeWebhook: async () => {
      await webhook()
      return { person: officer }
    },
    getWebhook: () => onWebhook(),
    changeWebhook: () => onWebhook(),
    deleteWebhook: () => onWebhook(),
    rotateWebhookSecret: () => onWebhook(),
    testWebhook: () => onWebhook(),
    replayWebhook: () => onWebhook(),
    listWebhookDeliveries: () => onWebhook(),
    listDeputies: async () => ({ person: officer, path: { code: CAMDEN } }),
    nameDeputy: async () => ({ person: siro, path: { code: CAMDEN }, body: aDeputy() }),
    endDeputy: async () => ({ person: siro, path: { code: CAMDEN, id: await deputy() } }),
    getSignOff: async () => ({ person: officer, path: await signOff() }),
    drawSignOff: async () => ({ person: officer, path: await signOff() }),
    listSignOffEvents: async () => ({ person: officer, path: await signOff() }),
    performSignOffCommand: async () => ({ person: officer, path: await signOff(), body: { command: 'comment', text: 'Words' } }),
    getGroup: async () => ({ person: officer, path: { code: await group() } }),
    getGroupHistory: async () => ({ person: officer, path: { code: await group() } }),
    putGroup: async () => {
      const code = await group()
      return { person: officer, path: { code }, etagFrom: `/v1/organisation-groups/${code}` }
    },
    putDraftDetails: () => draftPart(),
    putDraftDates: () => draftPart(),
    putDraftParties: () => draftPart(),
    putDraftFlows: () => draftPart(),
    putDraftFlow: async () => {
      const made = await draftPart()
      return { ...made, path: { ...made.path, flowId: 'F1' } }
    },
    deleteDraftFlow: async () => {
      const made = await draftPart()
      const flows = (await must(call(officer, 'GET', `/v1/agreements/${made.path.id}`))).versions?.[0]?.flows as
        | { id: string }[]
        | undefined
      return { ...made, path: { ...made.path, flowId: flows?.[0]?.id ?? 'F1' } }
    },
    putDraftNarrative: () => draftPart(),
    putDraftCommencement: () => draftPart(),
    putDraftAmendmentPolicy: () => draftPart(),
    putDraftProhibitions: () => draftPart(),
    putDraftAgents: () => draftPart(),
    putDraftProcessorContract: () => draftPart(),
    putDraftJointControllerArrangement: () => draftPart(),
    putDraftPolicyDocuments: () => draftPart(),
    putDraftDpia: async () => about(await drafted(), { org: CAMDEN, role: 'DPO' }),
    recordAssessmentElsewhere: async () => ({ person: officer, path: { id: await drafted() }, body: assessed(await sentFile()) }),
    confirmAssessmentElsewhere: async () => {
      const id = await drafted()
      const { assessment } = await post(officer, `/v1/agreements/${id}/assessments-elsewhere`, assessed(await sentFile()))
      return { person: dpo, path: { id, recordId: String(assessment.id) } }
    },
    putPartyContacts: async () => ({ ...about(await drafted()), path: { id: await drafted(), org: CAMDEN } }),
    freezeAgreement: async () => about(await drafted()),
    signAgreement: async () => {
      const { id, hash } = await frozen()
      const example = operations.find((one) => one.id === 'signAgreement')?.body?.example as object
      return { person: { org: CAMDEN, role: 'SIGNATORY' }, path: { id }, body: { ...example, version: 1, version_hash: hash } }
    },
    confirmSignature: async () => ({
      person: { ...officer, sub: 'urn:test:another-officer' },
      path: { id: await recordedElsewhere() },
      body: { version: 1 },
    }),
    amendAgreement: async () => about(await signed()),
    abandonDraft: async () => {
      const id = await signed()
      await post(officer, `/v1/agreements/${id}/amendments`, REASON, { 'if-match': '*' })
      return about(id)
    },
    suspendAgreement: async () => ({ person: { org: CAMDEN, role: 'DPO' }, path: { id: await signed() } }),
    liftSuspension: async () => ({ person: siro, path: { ...(await suspended()) } }),
    listStandingPermits: async () => ({ person: officer, path: { id: await signed() } }),
    allowStandingPermit: async () => ({ person: siro, path: { id: await signed() } }),
    endStandingPermit: async () => {
      const id = await signed()
      const body = { flow: 'F1', hours: 12, statement: STANDING_STATEMENT }
      return { person: siro, path: { id, standingPermitId: String((await post(siro, `/v1/agreements/${id}/standing-permits`, body)).id) } }
    },
    withdrawFromAgreement: async () => ({ person: { org: HACKNEY, role: 'SIRO' }, path: { id: await signed() } }),
    takeBackWithdrawal: async () => {
      const id = await signed()
      const person = { org: HACKNEY, role: 'SIRO' } as const
      await post(person, `/v1/agreements/${id}/withdrawals`, { ...REASON, at: '2027-01-01T00:00:00Z' })
      return { person, path: { id } }
    },
    handOverAgreement: async () => ({ person: officer, path: { id: await signed() } }),
    inviteParty: async () => ({ person: officer, path: { id: await signed([CAMDEN, HACKNEY]) } }),
    takeBackInvitation: async () => {
      const id = await signed([CAMDEN, HACKNEY])
      await post(officer, `/v1/agreements/${id}/accessions`, { org: ISLINGTON, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] })
      return { person: officer, path: { id, org: ISLINGTON } }
    },
    terminateAgreement: async () => about(await signed(), siro),
    takeBackTermination: async () => {
      const id = await signed()
      await post(siro, `/v1/agreements/${id}/termination`, { ...REASON, at: '2027-01-01T00:00:00Z' }, { 'if-match': '*' })
      return { person: siro, path: { id } }
    },
    listSignatureAddresses: async () => ({ person: auditor, path: { id: await signed() } }),
    listDisposals: async () => ({ person: officer, path: { id: await signed() } }),
    confirmDisposal: async () => {
      const id = await signed()
      await post(siro, `/v1/agreements/${id}/termination`, REASON, { 'if-match': '*' })
      return about(id)
    },
    renewAgreement: async () => about(await signed()),
    withdrawDraft: async () => about((await frozen()).id),
    rejectAgreement: async () => about((await frozen()).id, { org: HACKNEY, role: 'SIRO' }),
    importRegister: async () => ({ person: officer, body: { csv: CSV.replace('ISA-1', fresh('ISA')) } }),
    listImports: async () => ({ person: officer }),
    getImport: async () => onImport((await imported()).id),
    mapImport: async () => ({ ...onImport((await imported()).id), body: { columns: { ref: 0, title: 1, partners: 2, start: 3 } } }),
    commitImport: async () => onImport((await imported()).id),
    undoImport: async () => onImport(await committed()),
    reportImpact: async () => ({
      person: officer,
      body: { days: 30, change: { kind: 'SUSPENSION', agreement: await signed(), scope: 'AGREEMENT' } },
    }),
    listCalendars: async () => ({ person: officer }),
    makeCalendar: async () => ({ person: { ...officer, sub: fresh('reader') } }),
    revokeCalendar: async () => ({ person: officer, path: { id: String((await post(officer, '/v1/calendars', { scope: 'MINE' })).id) } }),
    readCalendar: async () => {
      const made = await post({ ...officer, sub: fresh('reader') }, '/v1/calendars', { scope: 'MINE' })
      return { path: { file: String(made.url).split('/').at(-1) ?? '' } }
    },
    listNotices: async () => ({ person: officer }),
    getNotificationSettings: async () => ({ person: officer }),
    setNotificationSettings: async () => ({
      ...{ person: { ...officer, sub: fresh('reader') }, body: { address: 'reader@camden.example', single: ['TASKS'] } },
      etagFrom: '/v1/notification-settings',
    }),
    confirmMailAddress: async () => {
      const person = { ...officer, sub: fresh('reader') }
      const wanted = { address: 'reader@camden.example', single: [] }
      await must(call(person, 'PUT', '/v1/notification-settings', wanted, { 'if-match': '*' }))
      const owner = await service.database?.openAs('session_user', 1)
      await owner?.pool.query(`update mail_settings set code_hash = encode(sha256('123456'), 'hex') where subject = $1`, [person.sub])
      return { person, body: { code: '123456' } }
    },
    listMailProblems: async () => ({ person: officer }),
    askForDisclosure: async () => ({ person: officer, body: disclosureExample() }),
    uploadFile: async () => ({ person: officer, query: { name: 'minute.txt' } }),
    getFile: async () => ({ person: officer, path: { id: await sentFile() } }),
    getFileContent: async () => ({ person: officer, path: { id: await sentFile() } }),
    eraseFile: async () => {
      const id = await sentFile()
      return { person: officer, path: { id }, etagFrom: `/v1/files/${id}` }
    },
    attachEvidence: async () => ({ person: officer, path: { id: await signed() }, body: { files: [await sentFile()] } }),
    listStatedSignatures: async () => ({ person: officer, path: { id: (await stated()).id } }),
    stateSignature: async () => {
      const { id, hash } = await frozen()
      return { person: officer, path: { id }, body: await statementOf(hash) }
    },
    attestSignature: async () => ({ person: siro, path: { ...(await stated()) } }),
    disputeSignature: async () => ({ person: { org: HACKNEY, role: 'SIRO' }, path: { ...(await stated()) } }),
    acceptAttestedSignatures: async () => ({ person: siro, path: { code: CAMDEN }, etagFrom: `/v1/organisations/${CAMDEN}` }),
    confirmEntry: async () => ({ person: officer, path: { code: CAMDEN }, etagFrom: `/v1/organisations/${CAMDEN}` }),
    getDisclosure: async () => onDisclosure(await disclosure()),
    reviseDisclosure: async () => ({ ...onDisclosure(await disclosure()), body: disclosureExample() }),
    withdrawDisclosure: async () => onDisclosure(await disclosure()),
    getEmergency: async () => onEmergency(await emergency()),
    reviewEmergency: async () => ({ ...onEmergency(await advised()), person: siro }),
    recordBreachAssessment: async () => ({ ...onEmergency(await breach()), person: dpo }),
    recordBreachCommunication: async () => {
      const id = await breach()
      const example = operations.find((one) => one.id === 'recordBreachAssessment')?.body?.example
      await post(dpo, `/v1/emergencies/${id}/breach-assessment`, example)
      return { ...onEmergency(id), person: dpo }
    },
    getShareRequest: async () => onRequest(await asked()),
    pickUpShareRequest: async () => onRequest(await asked()),
    answerShareRequest: async () => onRequest(await pickedUp()),
    withdrawShareRequest: async () => onRequest(await asked()),
    answerJoining: async () => onRequest(await asked({ join_agreement: await signed() })),
  }

  function assessed(file: string): object {
    return { ...(operations.find((one) => one.id === 'recordAssessmentElsewhere')?.body?.example as object), file }
  }
  function disclosureExample(): { readonly content: object } {
    return operations.find((one) => one.id === 'askForDisclosure')?.body?.example as { content: object }
  }
  async function statementOf(hash: string) {
    return {
      ...{ org: HACKNEY, version: 1, version_hash: hash, signatory: { name: 'A. Director', post: 'Director' } },
      ...{ signed_on: '2026-11-22', way: 'PAPER', approved_elsewhere: true, evidence: [await sentFile()] },
    }
  }
  async function stated(): Promise<{ readonly id: string; readonly statementId: string }> {
    const { id, hash } = await frozen()
    const { statement } = await post(officer, `/v1/agreements/${id}/signature-statements`, await statementOf(hash))
    return { id, statementId: String(statement.id) }
  }
  async function sentFile(): Promise<string> {
    const headers = { ...(await service.as({ org: CAMDEN, roles: ['IG_OFFICER'] })), 'content-type': 'text/plain' }
    const reply = await service.inject({ method: 'POST', url: '/v1/files?name=minute.txt', headers, payload: fresh('Minute') })
    if (reply.statusCode >= 300) throw new Error(reply.body)
    return String(reply.json().id)
  }
  async function disclosure(): Promise<string> {
    return String((await post(officer, '/v1/disclosures', disclosureExample())).id)
  }
  async function emergency(): Promise<string> {
    const example = operations.find((one) => one.id === 'recordEmergency')?.body?.example
    return String((await post(officer, '/v1/emergencies', example)).id)
  }
  async function advised(): Promise<string> {
    const id = await emergency()
    const { sign_off, content_hash: hash } = await must(call(officer, 'GET', `/v1/emergencies/${id}`))
    await post(dpo, `/v1/sign-offs/${sign_off}/commands`, { command: 'approve', step: 'DPO_REVIEW', hash })
    return id
  }
  async function breach(): Promise<string> {
    const id = await advised()
    await post(siro, `/v1/emergencies/${id}/review`, { outcome: 'NOT_JUSTIFIED', dsa_needed: false, ...REASON })
    return id
  }
  function onEmergency(id: string): LiveCall {
    return { person: officer, path: { id }, etagFrom: `/v1/emergencies/${id}` }
  }
  function onDisclosure(id: string): LiveCall {
    return { person: officer, path: { id }, etagFrom: `/v1/disclosures/${id}` }
  }
  async function asked(over: object = {}): Promise<string> {
    const { mode: _mode, ...question } = SHARE
    return String((await post(officer, '/v1/requests', { question, why: 'Because', ...over })).id)
  }
  async function pickedUp(): Promise<string> {
    const id = await asked()
    await post(officer, `/v1/requests/${id}/pick-up`, undefined)
    return id
  }
  function onRequest(id: string): LiveCall {
    return { person: officer, path: { id }, etagFrom: `/v1/requests/${id}` }
  }
  async function confirmed(): Promise<string> {
    const code = await proposed()
    const body = { public_authority: true, competent_authority: 'NONE', health_or_social_care_authority: false, ...REASON }
    await post(admin, `/v1/organisations/${code}/confirmation`, body, { 'if-match': '*' })
    return code
  }
  function aContact() {
    const address = `${fresh('partner').replaceAll(' ', '-')}@practice.example`
    return { name: 'A Partner', post: 'Partner', address, roles: ['SIGNATORY'], checked_how: 'Because' }
  }
  async function contact(): Promise<string> {
    return String((await post(admin, `/v1/organisations/${HACKNEY}/confirmed-contacts`, aContact())).id)
  }
  async function invitation(agreement: string): Promise<string> {
    return String((await post(officer, `/v1/agreements/${agreement}/outside-invitations`, { contact: await contact() })).id)
  }
  async function invitationLink(): Promise<string> {
    await invitation(await drafted())
    return (await lastFilled('OUTSIDE_INVITATION', 'link')).split('/').at(-1) ?? ''
  }
  /** What the last mail of a text was filled with, which stands in the mail alone. */
  async function lastFilled(text: string, name: string): Promise<string> {
    const owner = await service.database?.openAs('session_user', 1)
    const found = await owner?.pool.query<{ word: string }>(
      `select filled ->> '${name}' as word from mail where text = '${text}' order by id desc limit 1`,
    )
    return found?.rows[0]?.word ?? ''
  }
  /** A webhook; an organisation has few at a time, so those before it go. */
  async function webhook(): Promise<string> {
    const { webhooks } = await must(call(officer, 'GET', '/v1/webhooks'))
    if (webhooks.length > 3)
      for (const { id } of webhooks) await call(officer, 'DELETE', `/v1/webhooks/${id}`, undefined, { 'if-match': '*' })
    return String((await post(officer, '/v1/webhooks', { url: 'https://93.184.215.14/accord' })).webhook.id)
  }
  async function onWebhook() {
    const id = await webhook()
    return { person: officer, path: { id }, etagFrom: `/v1/webhooks/${id}` }
  }
  async function deputy(): Promise<string> {
    return String((await post(siro, `/v1/organisations/${CAMDEN}/deputies`, aDeputy())).id)
  }
  function aDeputy() {
    const today = londonDay(service.app.services.clock().getTime())
    return {
      role: 'LEGAL',
      person: { subject: fresh('lawyer') },
      deputy: { subject: fresh('deputy') },
      first: today,
      last: today,
      ...REASON,
    }
  }
  function aRole() {
    return { person: { subject: fresh('person') }, role: 'LEGAL', ...REASON }
  }
  async function role(): Promise<string> {
    return String((await post(siro, `/v1/organisations/${CAMDEN}/roles`, aRole())).id)
  }
  async function group(): Promise<string> {
    const code = `GROUP_${++count}`
    await must(call(officer, 'PUT', `/v1/organisation-groups/${code}`, { name: fresh('Group'), members: [{ org: CAMDEN }] }))
    return code
  }
  return async (operation) => {
    const recipe = recipes[operation.id]
    if (recipe) return recipe()
    if (!operation.path.includes('/v1/agreements/{id}')) return operation.isPublic ? {} : { person: officer }
    const path = operation.path.includes('{version}') ? { version: '1' } : {}
    return { person: officer, path: { id: await signed(), ...path } }
  }
}
