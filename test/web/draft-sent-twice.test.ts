import t from 'tap'
import { aDraft, personOf } from '../support/api-caller.ts'
import { testPages } from '../support/browser.ts'
import { signIn, visitorOf } from '../support/visitor.ts'

// A form of a draft that is sent twice as it was, by a second click or from the page before, is one edit, and adds or takes away once.

t.test('every kind of form of a draft is done once however often it comes', async (t) => {
  const pages = await testPages(t, { clock: () => new Date() })
  const api = await personOf(pages.service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const { id } = await aDraft(api)
  const who = visitorOf(pages)
  await signIn(who, 'demo-camden-ig')
  const at = `/agreements/${id}/draft`
  const edits = async (): Promise<number> => (await api('GET', `/v1/agreements/${id}/history?limit=200`)).body.acts.length
  const read = async () => (await api('GET', `/v1/agreements/${id}`)).body
  const terms = async () => (await read()).versions[0].terms
  const flows = async () => (await terms()).flows.map((one: { readonly id: string }) => one.id)

  /** Sends the form of a page twice as it was: both times it is taken and leads to the same place, and it is one edit. */
  const twice = async (page: string, fields: readonly (readonly [string, string])[], action = page): Promise<string> => {
    const { text } = await who.go(`${at}/${page}`)
    const hidden = ['_csrf', 'was'].map((name) => [name, new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1] ?? ''] as const)
    const body = new URLSearchParams([...hidden, ...fields].map(([name, value]): [string, string] => [name, value])).toString()
    const before = await edits()
    const first = await who.go(`${at}/${action}`, 'POST', body)
    t.equal(first.status, 303, `${action}: ${/govuk-error-summary__list[\s\S]{0,300}/.exec(first.text)?.[0] ?? first.text.slice(-300)}`)
    t.equal(await edits(), before + 1, `${action} is done`)
    t.match(await who.go(`${at}/${action}`, 'POST', body), { status: 303, location: first.location }, `${action}, sent again`)
    t.equal(await edits(), before + 1, `${action} is one edit`)
    return first.location ?? ''
  }

  await twice('title', [
    ['title', 'Placements, written twice'],
    ['instrument_type', 'CONTROLLER_TO_CONTROLLER'],
  ])
  await twice('why', [
    ['purpose', 'To place families'],
    ['benefits', 'Fewer moves'],
  ])
  const days = Object.entries({ day: '1', month: '4', year: '2027' })
  await twice('dates', [...days.map(([part, value]) => [`effective_from-${part}`, value] as const)])
  await twice('parties/LBC_CAMDEN/contacts', [['ig', 'IG team']])

  const between = [
    ['providers', 'LBC_CAMDEN'],
    ['recipients', 'LBC_HACKNEY'],
    ['purpose', 'HOMELESSNESS.PLACEMENT_NOTIFICATION'],
  ] as const
  const known = await flows()
  const added = await twice('flows/new', between)
  const [, flow = ''] = /flows\/(F\d+)\/data$/.exec(added) ?? []
  t.strictSame(await flows(), [...known, flow], 'one flow is added, and both answers lead to it')
  await twice(`flows/${flow}/data`, [
    ['data_items', 'IDENTITY.NAME'],
    ['data_subjects', 'HOMELESS_APPLICANT'],
    ['data_form', 'IDENTIFIABLE'],
  ])
  await twice(`flows/${flow}/law-provider`, [
    ['regime', 'UK_GDPR'],
    ['art6', '6(1)(e)'],
    ['gateways', 'HA1996_PART7'],
  ])
  await twice('flows', [], `flows/${flow}/remove`)
  t.strictSame(await flows(), known, 'and taken away again')

  const ruledOut = async () => (await terms()).prohibitions.map((one: { readonly note: string }) => one.note)
  await twice('prohibitions/new', [
    ['purposes', 'COUNCIL_TAX'],
    ['note', 'One'],
  ])
  await twice('prohibitions/new', [
    ['purposes', 'HOMELESSNESS'],
    ['note', 'Two'],
  ])
  t.strictSame(await ruledOut(), ['One', 'Two'])
  await twice('prohibitions/2', [
    ['purposes', 'HOMELESSNESS'],
    ['note', 'Two, and why'],
  ])
  await twice('prohibitions', [], 'prohibitions/1/remove')
  t.strictSame(await ruledOut(), ['Two, and why'], 'the next entry is not taken away too')

  const parties = async () => (await read()).parties.map((one: { readonly org: string }) => one.org)
  const before = await parties()
  await twice(
    'parties/boroughs',
    [...before, 'LBC_ISLINGTON'].map((org) => ['boroughs', org] as const),
  )
  t.ok((await parties()).includes('LBC_ISLINGTON'))
  await twice('parties', [], 'parties/LBC_ISLINGTON/remove')
  t.strictSame(await parties(), before)
})
