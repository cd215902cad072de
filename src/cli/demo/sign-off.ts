import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import { draftMissingChildren } from './missing-children-draft.ts'
import type { Demo, DemoSession } from './session.ts'
import {
  APART,
  a,
  adopts,
  approves,
  asked,
  BARNET,
  BRENT,
  CAMDEN,
  command,
  drafter,
  HACKNEY,
  HARINGEY,
  ICB,
  ISLINGTON,
  MPS,
  NEITHER,
  PARTIES,
  type Story,
  signs,
} from './sign-off-cast.ts'
import { signedByOutsider, signedOnPaper } from './sign-off-elsewhere.ts'
import { whatIsUsed, whereItWaits } from './sign-off-insight.ts'
import { listening } from './sign-off-messages.ts'

/** One agreement of 35 organisations from its draft to force, through everything that happens on the way, on a clock that is moved. */
export const signOff: Demo = async (session) => {
  const messages = await listening(session)
  const story = await begin(session)
  await workingGroup(story)
  await camdenApproves(story)
  await hackneyReturns(story)
  await haringeyOverrules(story)
  await islingtonDelegates(story)
  await othersAdopt(story)
  await brentDeclines(story)
  await theLastSign(story)
  await joinsLate(story)
  await review(story)
  await whatIsUsed(story)
  await messages.arrived()
}

async function begin(session: DemoSession): Promise<Story> {
  session.check(`${PARTIES.length} organisations: 33 London authorities, the police and the NHS`, PARTIES.length === 35)
  const agreement = await draftMissingChildren(session, drafter, PARTIES)
  await assessed(session, agreement)
  await asked(session, CAMDEN, HACKNEY, 'DENY AGREEMENT_NOT_APPROVED')
  const frozen = await session.act({
    ...{
      by: drafter,
      does: 'freezes the text and opens the sign-off of all parties',
      method: 'POST',
      path: `/v1/agreements/${agreement}/freeze`,
      ifMatch: '*',
      expect: 200,
    },
    body: { route: 'PAN_LONDON' },
  })
  await asked(session, CAMDEN, HACKNEY, NEITHER)
  const found = await session.act({
    by: drafter,
    does: 'reads where it is',
    method: 'GET',
    path: `/v1/sign-offs?subject=${agreement}`,
    expect: 200,
  })
  const [first] = found.body['sign_offs'] as readonly { readonly id: string }[]
  return { session, agreement, signOff: String(first?.id ?? frozen.body['sign_off']), hash: String(frozen.body['version_hash']) }
}

/** The assessment was made elsewhere: one person records what came of it, a second confirms it. */
async function assessed(session: DemoSession, agreement: string): Promise<void> {
  const file = await session.act({
    ...{ by: drafter, does: 'sends the assessment that was made elsewhere', method: 'POST', path: '/v1/files?name=dpia.txt', expect: 201 },
    ...{ body: 'The data protection impact assessment of missing children (fictional).', type: 'text/plain' },
  })
  const path = `/v1/agreements/${agreement}/assessments-elsewhere`
  const today = londonDay(session.now())
  const recorded = await session.act({
    ...{ by: drafter, does: 'records what came of it, and the advice of the data protection officer', method: 'POST', path, expect: 201 },
    body: {
      ...{ file: String(file.body['id']), outcome: 'APPROVED', residual: 'MEDIUM', prior_consultation: 'NOT_REQUIRED' },
      ...{ review_due: addDays(today, 730), overruled: null },
      advice: { says: 'PROCEED', by: 'Data Protection Officer', on: today, words: 'The measures suffice.' },
    },
  })
  const { id } = recorded.body['assessment'] as { readonly id: string }
  const confirmed = { method: 'POST', path: `${path}/${id}/confirmation` } as const
  await session.act({ ...confirmed, by: drafter, does: 'tries to confirm it alone', expect: 422 })
  await session.act({ ...confirmed, by: a('DPO', CAMDEN), does: 'confirms it as the second person', expect: 200 })
}

async function workingGroup(story: Story): Promise<void> {
  const { session } = story
  const step = { org: null, step: 'WORKING_GROUP_REVIEW' }
  await command(story, drafter, 'tries to review what she drafted', { command: 'approve', ...step, hash: story.hash }, 422)
  await command(story, a('IG_OFFICER', HACKNEY), 'reviews the text for the working group', {
    command: 'approve',
    ...step,
    hash: story.hash,
  })
  await command(story, a('IG_OFFICER', MPS), 'reviews it too', { command: 'approve', ...step, hash: story.hash })
  await session.pass(3)
  await command(story, a('IG_OFFICER', ICB), 'is the third: that is enough', { command: 'approve', ...step, hash: story.hash })
  await command(story, a('IG_OFFICER', BARNET), 'comes fourth', { command: 'approve', ...step, hash: story.hash }, 409)
}

/** Camden goes first; the condition of its data protection officer becomes an obligation of every permit that rests on it. */
async function camdenApproves(story: Story): Promise<void> {
  const { session } = story
  await signs(story, CAMDEN, 422, 'tries to sign before anybody has approved')
  await approves(story, CAMDEN, 'IG_REVIEW')
  await asked(session, CAMDEN, HACKNEY, NEITHER)
  await approves(story, CAMDEN, 'IAO_CONFIRMATION')
  await asked(session, CAMDEN, HACKNEY, NEITHER)
  await command(story, a('DPO', CAMDEN), 'marks the flow as acceptable and shares it', {
    command: 'mark',
    part: '/flows/0',
    mark: 'ACCEPTABLE',
    shared: true,
  })
  const conditions = [{ text: 'Delete the notice when the child is found.', bearer: 'RECIPIENT', due: null }]
  await approves(story, CAMDEN, 'DPO_REVIEW', { conditions, comment: 'Necessary and proportionate.' })
  await asked(session, CAMDEN, HACKNEY, NEITHER)
  await approves(story, CAMDEN, 'LEGAL_REVIEW')
  await asked(session, CAMDEN, HACKNEY, NEITHER)
  await approves(story, CAMDEN, 'CALDICOTT_REVIEW')
  await asked(session, CAMDEN, HACKNEY, NEITHER)
  await approves(story, CAMDEN, 'INFOSEC_REVIEW')
  await asked(session, CAMDEN, HACKNEY, NEITHER)
  await command(
    story,
    a('SIRO', CAMDEN, 'dpo-lbc_camden'),
    'is the data protection officer, and may not accept the risk',
    { command: 'approve', org: CAMDEN, step: 'SIRO_APPROVAL', hash: story.hash },
    422,
  )
  await approves(story, CAMDEN, 'SIRO_APPROVAL')
  await asked(session, CAMDEN, HACKNEY, NEITHER)
  await signs(story, CAMDEN)
  await asked(session, CAMDEN, HACKNEY, NEITHER)
}

/** What is returned is approved by nobody until it is taken back. */
async function hackneyReturns(story: Story): Promise<void> {
  const { session } = story
  const dpo = a('DPO', HACKNEY)
  for (const step of ['IG_REVIEW', 'IAO_CONFIRMATION']) await approves(story, HACKNEY, step)
  await command(story, dpo, 'returns it: who tells the parents?', {
    command: 'return',
    org: HACKNEY,
    step: 'DPO_REVIEW',
    reasons: 'Say who tells the parents.',
  })
  await command(
    story,
    a('SIRO', HACKNEY),
    'tries to go on all the same',
    { command: 'approve', org: HACKNEY, step: 'SIRO_APPROVAL', hash: story.hash },
    422,
  )
  await command(story, a('IG_OFFICER', HACKNEY), 'answers', {
    command: 'comment',
    part: '/narrative/privacy_information',
    text: 'The social worker does, at the first interview.',
    shared: true,
  })
  await command(story, dpo, 'takes the return back', { command: 'take_back_return', org: HACKNEY, step: 'DPO_REVIEW', reason: 'Answered.' })
  for (const step of [
    'IG_REVIEW',
    'IAO_CONFIRMATION',
    'DPO_REVIEW',
    'LEGAL_REVIEW',
    'CALDICOTT_REVIEW',
    'INFOSEC_REVIEW',
    'SIRO_APPROVAL',
  ]) {
    await asked(session, CAMDEN, HACKNEY, NEITHER)
    await approves(story, HACKNEY, step)
  }
  await asked(session, CAMDEN, HACKNEY, 'DENY PARTY_NOT_SIGNED')
  await signs(story, HACKNEY)
  const permit = await asked(session, CAMDEN, HACKNEY, 'PERMIT')
  const obligations = (permit.body['obligations'] as readonly { readonly code: string }[]).map(({ code }) => code)
  session.check('  the permit carries what Camden’s data protection officer asked for', obligations.includes('APPROVAL_CONDITION'))
  await asked(session, CAMDEN, HARINGEY, NEITHER)
}

/** A refusal of the data protection officer is advice: the SIRO overrules it with a reason, and it is shown for ever. */
async function haringeyOverrules(story: Story): Promise<void> {
  for (const step of ['IG_REVIEW', 'IAO_CONFIRMATION']) await approves(story, HARINGEY, step)
  await command(story, a('DPO', HARINGEY), 'refuses: too many may look', {
    command: 'refuse',
    org: HARINGEY,
    step: 'DPO_REVIEW',
    reason: 'Too many people may look.',
  })
  await command(story, a('SIRO', HARINGEY), 'overrules it', {
    command: 'overrule',
    reason: 'A missing child cannot wait; access is reviewed monthly.',
  })
  for (const step of ['LEGAL_REVIEW', 'CALDICOTT_REVIEW', 'INFOSEC_REVIEW', 'SIRO_APPROVAL']) await approves(story, HARINGEY, step)
  await signs(story, HARINGEY)
  await asked(story.session, CAMDEN, HARINGEY, 'PERMIT')
}

/** A deputy acts on the days that were named, and not on the day after. */
async function islingtonDelegates(story: Story): Promise<void> {
  const { session } = story
  for (const step of ['IG_REVIEW', 'IAO_CONFIRMATION', 'DPO_REVIEW', 'LEGAL_REVIEW', 'CALDICOTT_REVIEW', 'INFOSEC_REVIEW'])
    await approves(story, ISLINGTON, step)
  const deputy = a('INFOSEC', ISLINGTON, 'deputy-siro-islington')
  const step = { org: ISLINGTON, step: 'SIRO_APPROVAL' }
  const today = londonDay(session.now())
  const handOn = (first: string, last: string) => ({
    command: 'delegate',
    ...step,
    to: { subject: `urn:accord:demo:${deputy.name}` },
    first,
    last,
    reason: 'On leave',
  })
  await command(story, a('SIRO', ISLINGTON), 'hands the step to a deputy for three days', handOn(today, addDays(today, 2)))
  await session.pass(3)
  await command(story, deputy, 'comes a day too late', { command: 'approve', ...step, hash: story.hash }, 403)
  const now = londonDay(session.now())
  await command(story, a('SIRO', ISLINGTON), 'hands it on once more', handOn(now, addDays(now, 13)))
  await command(story, deputy, 'accepts the risk for the SIRO', { command: 'approve', ...step, hash: story.hash })
  await signs(story, ISLINGTON)
  await asked(session, ISLINGTON, HACKNEY, 'PERMIT')
}

/** Reviewed once, adopted by many: each still confirms, accepts the risk and signs for itself. */
async function othersAdopt(story: Story): Promise<void> {
  for (const org of PARTIES.filter((one) => !APART.includes(one))) {
    await approves(story, org, 'IG_REVIEW')
    await approves(story, org, 'IAO_CONFIRMATION')
    for (const step of ['DPO_REVIEW', 'LEGAL_REVIEW', 'CALDICOTT_REVIEW', 'INFOSEC_REVIEW']) await adopts(story, org, step)
    await approves(story, org, 'SIRO_APPROVAL')
    await signs(story, org)
  }
  await asked(story.session, CAMDEN, 'LBC_SUTTON', 'PERMIT')
  await asked(story.session, 'LBC_SUTTON', MPS, NEITHER)
}

/** One party says no; the others go on. */
async function brentDeclines(story: Story): Promise<void> {
  const { session, agreement } = story
  for (const step of ['IG_REVIEW', 'IAO_CONFIRMATION']) await approves(story, BRENT, step)
  await session.act({
    ...{
      by: a('SIRO', BRENT),
      does: 'declines for Brent',
      method: 'POST',
      path: `/v1/agreements/${agreement}/rejection`,
      ifMatch: '*',
      expect: 200,
    },
    body: { reason: 'Brent uses the national service.' },
  })
  await command(story, a('DPO', BRENT), 'answers after that', { command: 'approve', org: BRENT, step: 'DPO_REVIEW', hash: story.hash }, 409)
  await asked(session, CAMDEN, BRENT, 'DENY PARTY_NOT_SIGNED PARTY_WITHDRAWN COMMENCEMENT_NOT_MET')
  await asked(session, CAMDEN, HACKNEY, 'PERMIT')
}

/** Barnet, the police and the NHS take their time: they are reminded, and what is overdue is shown to their SIRO. Silence is no consent. */
async function theLastSign(story: Story): Promise<void> {
  const { session } = story
  await session.pass(30)
  const notices = await session.act({
    by: a('SIRO', MPS),
    does: 'reads what the police were told',
    method: 'GET',
    path: '/v1/notices?limit=200',
    expect: 200,
  })
  const kinds = (notices.body['notices'] as readonly { readonly kind: string }[]).map(({ kind }) => kind)
  session.check(
    '  they were reminded, told that it is overdue, and it was escalated',
    ['STEP_DUE', 'STEP_OVERDUE', 'STEP_ESCALATED'].every((kind) => kinds.includes(kind)),
  )
  await whereItWaits(story)
  await signedOnPaper(story)
  await asked(session, CAMDEN, MPS, NEITHER)
  for (const org of [BARNET, MPS, ICB]) {
    await approves(story, org, 'IG_REVIEW')
    await approves(story, org, 'IAO_CONFIRMATION')
    for (const step of ['DPO_REVIEW', 'LEGAL_REVIEW', 'CALDICOTT_REVIEW', 'INFOSEC_REVIEW', 'SIRO_APPROVAL'])
      await approves(story, org, step)
    await signs(story, org)
    await asked(session, CAMDEN, org, 'PERMIT')
  }
  const read = await session.act({
    by: drafter,
    does: 'reads the sign-off',
    method: 'GET',
    path: `/v1/sign-offs/${story.signOff}`,
    expect: 200,
  })
  const chains = read.body['chains'] as readonly { readonly org: string | null; readonly status: string }[]
  session.check(
    '  34 have signed, one has declined',
    read.body['status'] === 'COMPLETE' && chains.filter(({ status }) => status === 'SIGNED').length === 34,
  )
}

/** Who comes late has a chain of its own; nobody else signs again. */
async function joinsLate(story: Story): Promise<void> {
  const { session, agreement } = story
  await session.act({
    ...{
      by: drafter,
      does: 'invites Brent, which has thought again',
      method: 'POST',
      path: `/v1/agreements/${agreement}/accessions`,
      expect: 201,
    },
    body: { org: BRENT, role: 'CONTROLLER', capacities: [] },
  })
  await signs(story, BRENT, 422, 'tries to sign at once')
  for (const step of ['IG_REVIEW', 'IAO_CONFIRMATION', 'DPO_REVIEW', 'LEGAL_REVIEW', 'CALDICOTT_REVIEW', 'INFOSEC_REVIEW', 'SIRO_APPROVAL'])
    await approves(story, BRENT, step)
  await signedByOutsider(story)
  await asked(session, CAMDEN, BRENT, 'PERMIT')
  await asked(session, CAMDEN, HACKNEY, 'PERMIT')
}

/** A review that nobody makes stops sharing after its grace; once it is made, it goes on. */
async function review(story: Story): Promise<void> {
  const { session, agreement } = story
  await session.pass(300)
  await asked(session, CAMDEN, HACKNEY, 'PERMIT')
  await session.pass(100)
  await asked(session, CAMDEN, HACKNEY, 'DENY REVIEW_OVERDUE')
  await session.act({
    ...{
      by: drafter,
      does: 'confirms that it is still right',
      method: 'POST',
      path: `/v1/agreements/${agreement}/renewal`,
      ifMatch: '*',
      expect: 200,
    },
    body: { kind: 'REVIEW_CONFIRMED', reason: 'Nothing has changed.' },
  })
  await asked(session, CAMDEN, HACKNEY, 'PERMIT')
}
