import t from 'tap'
import { londonDay } from '../../src/platform/kernel/london-day.ts'
import { deskOn } from '../support/agreement-desk.ts'
import { testPages } from '../support/browser.ts'
import { signIn, visitorOf } from '../support/visitor.ts'

// A form that is sent twice as it was, by a second click or from the page before, is done once, and its sender sees what they would have seen.

t.test('whatever is done in a review, or to a deputy, is done once however often its form comes', async (t) => {
  const pages = await testPages(t, { register: 'ORGANISATIONS', clock: () => new Date() })
  const desk = await deskOn(pages.service)
  const [orgs, today] = [['LBC_CAMDEN', 'LBC_HACKNEY'], londonDay(Date.now())]
  const draft = await desk.draft({ effectiveFrom: today, orgs })
  const { sign_off: id } = (await desk.freeze(draft, { isApproved: false })).body
  const review = `/reviews/${id}`
  const siro = visitorOf(pages)
  const officer = visitorOf(pages)
  await signIn(officer, 'demo-camden-ig')
  await signIn(siro, 'demo-camden-siro')
  const events = async () =>
    (await desk.call({ org: 'LBC_CAMDEN', role: 'IG_OFFICER' }, 'GET', `/v1/sign-offs/${id}/events?limit=200`)).body.events.length
  const deputies = async () =>
    (await desk.call({ org: 'LBC_CAMDEN', role: 'IG_OFFICER' }, 'GET', '/v1/organisations/LBC_CAMDEN/deputies')).body.deputies
  const first = await officer.go(review)
  const [, step = ''] = new RegExp(`${review}/hands/(LBC_CAMDEN/\\w+)`).exec(first.text) ?? []
  const [, section = ''] = new RegExp(`${review}/sections/([\\w-]+)`).exec(first.text) ?? []
  const [, hash = ''] = /name="hash" value="([^"]+)"/.exec((await officer.go(`${review}/steps/${step}`)).text) ?? []
  const [year = '', month = '', day = ''] = today.split('-')
  const days = Object.fromEntries(
    ['first', 'last'].flatMap((at) => Object.entries({ [`${at}-day`]: day, [`${at}-month`]: month, [`${at}-year`]: year })),
  )
  const named = { role: 'IG_OFFICER', deputy: 'demo-camden-reviewer', reason: 'Away', ...days }

  const sentTwice: readonly (readonly [
    what: string,
    who: typeof officer,
    path: string,
    fields: Record<string, string>,
    entries: number,
  ])[] = [
    ['a comment', officer, review, { thread: '', text: 'Who answers requests?', shared: 'yes' }, 1],
    [
      'a mark and a comment of one section',
      officer,
      `${review}/sections/${section}`,
      { 'mark-0': 'IMPROVE', 'comment-0': 'Why so long?', shared: 'yes' },
      2,
    ],
    ['taking a step', officer, `${review}/hands/${step}`, { act: 'claim' }, 1],
    ['giving it back', officer, `${review}/hands/${step}`, { act: 'release' }, 1],
    ['reminding another party', officer, `${review}/progress`, { org: 'LBC_HACKNEY' }, 1],
    ['a decision', officer, `${review}/steps/${step}`, { decision: 'approve', hash, reason: 'It is right' }, 1],
    ['declining', siro, `${review}/acts/decline`, { reason: 'Another agreement does it' }, 1],
  ]
  for (const [what, who, path, fields, entries] of sentTwice) {
    const [, _csrf = ''] = /name="_csrf" value="([^"]+)"/.exec((await who.go(path)).text) ?? []
    const body = new URLSearchParams({ _csrf, ...fields }).toString()
    const before = await events()
    const sent = await who.go(path, 'POST', body)
    t.equal(sent.status, 303, `${what}: ${/govuk-error-summary__list[\s\S]{0,400}/.exec(sent.text)?.[0] ?? ''}`)
    const after = await events()
    t.ok(after - before >= entries, `${what} is done`)
    t.match(await who.go(path, 'POST', body), { status: 303, location: sent.location }, `${what}, sent again`)
    t.equal(await events(), after, `${what} is done once`)
  }

  const [, _csrf = ''] = /name="_csrf" value="([^"]+)"/.exec((await officer.go('/deputies')).text) ?? []
  const twice = async (path: string, fields: Readonly<Record<string, string>>) => {
    const body = new URLSearchParams({ _csrf, ...fields }).toString()
    for (const time of ['first', 'second'])
      t.match(await officer.go(path, 'POST', body), { status: 303, location: '/deputies' }, `${path}, ${time} time`)
  }
  await twice('/deputies', named)
  const [one, ...more] = await deputies()
  t.strictSame(more, [], 'one deputy is named')
  await twice(`/deputies/${one.id}`, { reason: 'Back at work' })
  t.strictSame(await deputies(), [])
})
