import { a, CAMDEN, drafter, MPS, type Story } from './sign-off-cast.ts'

/** Days from the end of the working group's review until Barnet, the police and the NHS are looked at. */
const WAITED_DAYS = 33

interface Stage {
  readonly kind: string
  readonly role: string
  readonly answered: number
  readonly median_days: number | null
  readonly p90_days: number | null
  readonly waiting: number
  readonly oldest: { readonly org: string; readonly days: number } | null
}

/** Where it waits, and for whom: the figures of insight are those of the story. */
export async function whereItWaits({ session, agreement, signOff }: Story): Promise<void> {
  const reply = await session.act({
    by: a('SIRO', MPS),
    does: 'asks where agreements wait',
    method: 'GET',
    path: '/v1/insight/stages',
    expect: 200,
  })
  const stages = reply.body['stages'] as readonly Stage[]
  const review = stages.find(({ kind, role }) => kind === 'REVIEW' && role === 'IG_OFFICER')
  session.check(
    `  reviews by information governance officers: 3 wait, the oldest for ${WAITED_DAYS} days`,
    review?.waiting === 3 && review.oldest?.days === WAITED_DAYS,
  )
  session.check('  the others took 3 days in the median, and nine of ten no longer', review?.median_days === 3 && review.p90_days === 3)
  const waitedFor = (reply.body['waited_for'] as readonly { readonly org: string }[]).map(({ org }) => org)
  session.check('  Barnet, the police and the NHS are waited for', waitedFor.includes(MPS) && waitedFor.length === 3)
  const work = await session.act({ by: drafter, does: 'looks at her work', method: 'GET', path: '/v1/work', expect: 200 })
  const waiting = work.body['waiting_on_others'] as readonly { readonly subject: { readonly id: string }; readonly overdue: boolean }[]
  session.check('  it says the same, and that it is overdue', waiting.length === 3 && waiting.every(({ overdue }) => overdue))
  const picture = await session.act({
    by: drafter,
    does: 'looks at the picture of the sign-off',
    method: 'GET',
    path: `/v1/sign-offs/${signOff}/picture`,
    expect: 200,
  })
  session.check(
    '  every party stands in it',
    picture.text.startsWith('<svg') && picture.text.includes(MPS) && picture.text.includes(agreement),
  )
}

/** What of the register is used, and what is asked for in vain. */
export async function whatIsUsed({ session, agreement }: Story): Promise<void> {
  for (let asked = 0; asked < 2; asked += 1) await session.decide({ from: CAMDEN, to: 'LONDON_COUNCILS', expect: 'DENY NO_AGREEMENT' })
  const unmet = await session.act({
    by: drafter,
    does: 'looks what is asked for although nothing covers it',
    method: 'GET',
    path: '/v1/insight/unmet-shares',
    expect: 200,
  })
  const shares = unmet.body['shares'] as readonly { readonly provider: string; readonly recipient: string; readonly asked: number }[]
  session.check(
    '  a share with London Councils, asked for twice',
    shares.some(({ provider, recipient, asked }) => provider === CAMDEN && recipient === 'LONDON_COUNCILS' && asked === 2),
  )
  const unused = await session.act({
    by: drafter,
    does: 'looks which agreements nobody uses',
    method: 'GET',
    path: '/v1/insight/unused-agreements',
    expect: 200,
  })
  const found = (unused.body['agreements'] as readonly { readonly agreement: { readonly id: string } }[]).map((one) => one.agreement.id)
  session.check('  this one is not among them', !found.includes(agreement))
}
