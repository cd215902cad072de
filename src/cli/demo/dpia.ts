import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import { approveAll } from './approvals.ts'
import { type Assessed, accepts, acts, advises, CONTROLLERS, reviews, shownBy, stands } from './dpia-cast.ts'
import { ANSWERS, measure, RISK } from './dpia-text.ts'
import { draftMissingChildren } from './missing-children-draft.ts'
import type { Demo } from './session.ts'
import { a, approves, asked, BARNET, CAMDEN, command, drafter, HACKNEY, NEITHER, type Story, signs } from './sign-off-cast.ts'

/** Neither has signed, and what is shared stands on no approved assessment. */
const UNASSESSED = `${NEITHER} DPIA_REQUIRED_NOT_APPROVED`
const STOPPED = 'DENY DPIA_REQUIRED_NOT_APPROVED'

/** One assessment from its screening to a permit: a high risk that stays, advice that is overruled, the regulator, and an incident that stops it all. */
export const dpia: Demo = async (session) => {
  const agreement = await draftMissingChildren(session, drafter, CONTROLLERS)
  const id = await begins(session, agreement)
  const assessed = { session, agreement, id }
  await screens(assessed)
  await writes(assessed)
  const story = await freezes(assessed)
  await camdenOverrules(assessed)
  await consults(assessed, story)
  await camdenSigns(story)
  await hackneyAccepts(assessed, story)
  await incidentStops(assessed)
  await reviewEnds(assessed)
}

async function begins(session: Assessed['session'], agreement: string): Promise<string> {
  await asked(session, CAMDEN, HACKNEY, 'DENY AGREEMENT_NOT_APPROVED')
  const begin = { method: 'POST', path: '/v1/assessments', body: { agreement } } as const
  await session.act({ ...begin, by: a('IG_OFFICER', BARNET), does: 'knows nothing of the agreement', expect: 404 })
  await session.act({ ...begin, by: a('IG_OFFICER', HACKNEY), does: 'does not keep the text', expect: 403 })
  await session.act({ ...begin, by: a('DPO', CAMDEN), does: 'advises, and does not write', expect: 403 })
  const begun = await session.act({ ...begin, by: drafter, does: 'begins the assessment', expect: 201 })
  const { state, content, derived } = shownBy(begun)
  session.check(
    `  ${Object.keys(content.answers).length} answers were taken from the agreement`,
    state === 'DRAFT' && Object.keys(content.answers).length > 3,
  )
  session.check(`  the flows speak for one: ${derived.map(({ code }) => code).join(', ')}`, derived.length > 0)
  await session.act({ ...begin, by: drafter, does: 'begins it a second time', expect: 409 })
  return String(begun.body['id'])
}

/** It is needed, or it is said why it is not; nobody states it by hand any more. */
async function screens(assessed: Assessed): Promise<void> {
  const screening = { method: 'PUT', path: '/screening' } as const
  await acts(assessed, 'sends it before anybody has screened', { path: '/sending', expect: 409 })
  await acts(assessed, 'says that none is needed, and not why', { ...screening, body: { required: false, reasons: null }, expect: 422 })
  await acts(assessed, 'confirms that one is needed', { ...screening, body: { required: true, reasons: null } })
  await assessed.session.act({
    ...{ by: drafter, does: 'tries to state by hand that it is approved', method: 'PUT', ifMatch: '*', expect: 409 },
    path: `/v1/agreements/${assessed.agreement}/draft/dpia`,
    body: { required: true, status: 'APPROVED', residual: 'LOW', prior_consultation: 'NOT_REQUIRED', review_due: null },
  })
}

/** Whoever keeps the text answers, puts down the risk and what is done about it, and sends it: what is left is computed. */
async function writes(assessed: Assessed): Promise<void> {
  const { session } = assessed
  const early = await acts(assessed, 'sends it half written', { path: '/sending', expect: 422 })
  const missing = ((early.body['errors'] ?? []) as readonly { readonly pointer: string }[]).map(({ pointer }) => pointer)
  session.check(`  ${missing.length} things are named as missing`, missing.includes('/risks') && missing.includes('/review'))
  for (const pointer of missing.filter((one) => one.startsWith('/answers/'))) {
    const [, , key = ''] = pointer.split('/')
    await acts(assessed, `answers ${key}`, { method: 'PUT', path: `/answers/${key}`, body: ANSWERS[key] })
  }
  const risk = shownBy(await acts(assessed, 'puts down the risk', { path: '/risks', body: RISK })).content.risks[0]?.id ?? ''
  const today = londonDay(session.now())
  const only = measure(
    risk,
    'Only the duty desk can open a notice',
    { likelihood: 'POSSIBLE', severity: 'SEVERE' },
    today,
    addDays(today, 90),
  )
  const measured = await acts(assessed, 'puts down what is done about it', { path: '/measures', body: only })
  session.check('  the risk that is left is high: computed, and not said by anybody', shownBy(measured).residual === 'HIGH')
  const review = { due: addDays(today, 330), kept_by: 'Information governance manager' }
  await acts(assessed, 'says when it is reviewed next', { method: 'PUT', path: '/review', body: review })
  const sent = shownBy(await acts(assessed, 'sends it to the data protection officers', { path: '/sending' }))
  session.check('  version 1 is with the data protection officers', sent.state === 'DPO_ADVICE_REQUESTED' && sent.version === 1)
  await acts(assessed, 'writes on in what was sent', { method: 'PUT', path: '/review', body: review, expect: 409 })
}

/** The text names the version of the assessment, and nobody signs it yet. */
async function freezes({ session, agreement }: Assessed): Promise<Story> {
  const frozen = await session.act({
    ...{ by: drafter, does: 'freezes the text', method: 'POST', path: `/v1/agreements/${agreement}/freeze`, ifMatch: '*', expect: 200 },
    body: { route: 'STANDARD' },
  })
  const story = { session, agreement, signOff: String(frozen.body['sign_off']), hash: String(frozen.body['version_hash']) }
  await asked(session, CAMDEN, HACKNEY, UNASSESSED)
  for (const step of ['IG_REVIEW', 'IAO_CONFIRMATION']) await approves(story, CAMDEN, step)
  await unassessed(story)
  return story
}

/** The advice against it is overruled by the SIRO with reasons, which are shown for ever. */
async function camdenOverrules(assessed: Assessed): Promise<void> {
  await reviews(
    assessed,
    a('DPO', CAMDEN, drafter.name),
    'wrote it, and may not advise on it',
    { command: 'approve', step: 'DPO_REVIEW' },
    422,
  )
  await accepts(assessed, CAMDEN, 422, 'tries to accept the risk before there is advice')
  const volume = { part: '/answers/scope.volume', shared: true }
  await reviews(assessed, a('DPO', CAMDEN), 'marks an answer as to be improved', { command: 'mark', mark: 'IMPROVE', ...volume })
  await reviews(assessed, a('DPO', CAMDEN), 'says why', { command: 'comment', text: 'Say how many people read each notice.', ...volume })
  await reviews(assessed, a('DPO', CAMDEN), 'advises against it', {
    ...{ command: 'refuse', step: 'DPO_REVIEW', reason: 'The duty desks are too many: a high risk is left.' },
  })
  await accepts(assessed, CAMDEN, 422, 'tries to accept it as if there were no such advice')
  await reviews(assessed, a('SIRO', CAMDEN), 'overrules the advice', {
    ...{ command: 'overrule', reason: 'A missing child cannot wait.' },
  })
  await accepts(assessed, CAMDEN)
  const { advice } = await stands(assessed)
  assessed.session.check(
    '  the advice stays with it, and so does why it was overruled',
    advice.some(({ org, says, overruled }) => org === CAMDEN && says === 'DO_NOT_PROCEED' && overruled !== null),
  )
}

/** Until it is approved nobody in Camden passes the step that asks for it, and nobody signs. */
async function unassessed(story: Story): Promise<void> {
  const step = { command: 'approve', org: CAMDEN, step: 'DPIA', hash: story.hash }
  await command(story, a('IG_OFFICER', CAMDEN), 'tries to pass the step of the text that asks for the assessment', step, 422)
  await signs(story, CAMDEN, 422, 'tries to sign')
}

/** What is left is high: nobody signs and nothing is shared until the Commissioner has answered. */
async function consults(assessed: Assessed, story: Story): Promise<void> {
  const { session } = assessed
  session.check('  it waits for prior consultation', (await stands(assessed)).state === 'PRIOR_CONSULTATION')
  const by = a('DPO', CAMDEN)
  const today = londonDay(session.now())
  const path = '/consultation'
  const submitted = { submitted_on: today, reference: 'IC-DEMO-1' }
  const begun = await acts(assessed, 'puts it before the Commissioner', { by, path, body: submitted })
  session.check('  an answer is due in eight weeks', shownBy(begun).consultation?.due === addDays(today, 56))
  await session.pass(20)
  const body = { extended_on: londonDay(session.now()) }
  const extended = await acts(assessed, 'records that it takes six weeks more', { by, path: `${path}/extension`, body })
  session.check('  an answer is due in fourteen weeks', shownBy(extended).consultation?.due === addDays(today, 98))
  await session.pass(60)
  await unassessed(story)
  await asked(session, CAMDEN, HACKNEY, UNASSESSED)
  const words = 'Go on; look at it again after a year.'
  const answered = await acts(assessed, 'records the answer: it may go on', {
    ...{ by, path: `${path}/answer`, body: { on: londonDay(session.now()), outcome: 'MAY_PROCEED', words } },
  })
  session.check('  version 1 is approved', shownBy(answered).state === 'APPROVED' && shownBy(answered).approved_version === 1)
}

/** Camden may sign now; a permit waits for Hackney, which has yet to accept its own risk. */
async function camdenSigns(story: Story): Promise<void> {
  const { session } = story
  await asked(session, CAMDEN, HACKNEY, UNASSESSED)
  await approveAll(session, story.signOff, story.hash, CONTROLLERS)
  await signs(story, CAMDEN)
  await asked(session, CAMDEN, HACKNEY, 'DENY PARTY_NOT_SIGNED DPIA_REQUIRED_NOT_APPROVED')
}

/** Each controller accepts for itself: what Camden has accepted lets nobody else sign. */
async function hackneyAccepts(assessed: Assessed, story: Story): Promise<void> {
  const { session } = assessed
  const refused = await signs(story, HACKNEY, 422, 'has approved the text and not accepted the risk, and tries to sign')
  const [error] = refused.body['errors'] as readonly { readonly code: string }[]
  session.check('  refused by DP-7', error?.code === 'DP-7')
  await advises(assessed, HACKNEY, 'Go on, as the Commissioner has answered.')
  await accepts(assessed, HACKNEY)
  await signs(story, HACKNEY)
  await asked(session, CAMDEN, HACKNEY, 'PERMIT')
  await asked(session, HACKNEY, CAMDEN, 'PERMIT')
}

/** After an incident nothing is shared until both have accepted what was changed. */
async function incidentStops(assessed: Assessed): Promise<void> {
  const { session } = assessed
  await session.pass(30)
  const reopening = { path: '/reopening', body: { reason: 'INCIDENT', note: 'A notice reached the wrong desk.' } }
  await acts(assessed, 'knows nothing of it', { ...reopening, by: a('DPO', BARNET), expect: 404 })
  await acts(assessed, 'opens it again after an incident', { ...reopening, by: a('DPO', HACKNEY) })
  await asked(session, CAMDEN, HACKNEY, STOPPED)
  await asked(session, HACKNEY, CAMDEN, STOPPED)
  const { content } = await stands(assessed)
  const {
    risks: [risk],
    measures: [first],
  } = content
  const today = londonDay(session.now())
  const done = { path: `/measures/${first?.id}/done`, body: { done_on: today } }
  await acts(assessed, 'says that the first measure is done', done)
  const further = measure(
    risk?.id ?? '',
    'A notice names no address; a second person looks at whom it goes to',
    { likelihood: 'REMOTE', severity: 'SIGNIFICANT' },
    today,
    addDays(today, 30),
  )
  const measured = shownBy(await acts(assessed, 'puts down what is done about it from now on', { path: '/measures', body: further }))
  session.check(`  the risk that is left is ${String(measured.residual).toLowerCase()} now`, measured.residual === 'LOW')
  await acts(assessed, 'says when it is reviewed next', {
    ...{ method: 'PUT', path: '/review', body: { due: addDays(today, 180), kept_by: 'Information governance manager' } },
  })
  session.check('  version 2 is sent', shownBy(await acts(assessed, 'sends it again', { path: '/sending' })).version === 2)
  await advises(assessed, CAMDEN, 'The second pair of eyes suffices.')
  await accepts(assessed, CAMDEN)
  await asked(session, CAMDEN, HACKNEY, STOPPED)
  await advises(assessed, HACKNEY, 'That was missing.')
  await accepts(assessed, HACKNEY)
  const { state, approved_version, advice } = await stands(assessed)
  session.check('  version 2 is approved', state === 'APPROVED' && approved_version === 2)
  session.check(
    '  what was overruled in version 1 is still shown',
    advice.some(({ version, overruled }) => version === 1 && overruled !== null),
  )
  await asked(session, CAMDEN, HACKNEY, 'PERMIT')
}

/** The permit ends where nobody looks at the assessment again in time. */
async function reviewEnds({ session }: Assessed): Promise<void> {
  await session.pass(170)
  await asked(session, CAMDEN, HACKNEY, 'PERMIT')
  await session.pass(20)
  await asked(session, CAMDEN, HACKNEY, `${STOPPED} DPIA_REVIEW_OVERDUE`)
}
