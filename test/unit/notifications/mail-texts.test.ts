import fc from 'fast-check'
import t from 'tap'
import { NOTIFICATION_KINDS, type NotificationKind } from '../../../src/notifications/kinds.ts'
import { MAIL_TEXTS, placesOf } from '../../../src/notifications/mail/letter.ts'
import { letterFor } from '../../../src/notifications/mail/letter-for.ts'
import { KINDS_OF_MAIL } from '../../../src/notifications/mail/mail-kinds.ts'
import { VALUES_OF_ALL } from '../../../src/notifications/mail/mail-values.ts'

const kinds = Object.keys(NOTIFICATION_KINDS) as NotificationKind[]
const names = new Map([['LBC_HACKNEY', 'Hackney Council']])
const publicUrl = new URL('https://accord.example')
const ID = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'
const person = { issuer: 'https://login.example', sub: 'ann' }

const letterOf = (kind: NotificationKind, detail: Record<string, unknown>, form = 'SINGLE', invitation: string | null = null) =>
  letterFor(
    { id: ID, org: 'LBC_HACKNEY', person, form, day: form === 'DIGEST' ? '2026-11-30' : null },
    [
      {
        kind,
        org: 'LBC_HACKNEY',
        subject: { type: 'agreement', id: 'DSA-2026-ABCDEF' },
        at: '2026-11-30T09:00:00.000Z',
        detail,
        role: 'DPO',
        invitation,
      },
    ],
    { names, publicUrl, today: '2026-11-30' },
  )

t.test('every kind of notification has a text, and somebody whom it is for', async (t) => {
  t.same(Object.keys(MAIL_TEXTS).toSorted(), kinds.toSorted())
  for (const kind of kinds) {
    const text = MAIL_TEXTS[kind]
    t.match(text.screen, /^E(0[1-9]|1\d|2[0-4])$/, kind)
    t.ok(KINDS_OF_MAIL[kind].to.length > 0, kind)
    for (const words of [text.sentence, text.action, text.for_invited ?? text.action]) t.match(words, /^[A-Z(].*\.$/, kind)
    t.notMatch(text.subject, /\.$/, kind)
    t.ok(text.subject.length <= 90, kind)
  }
})

t.test('a text has no place that its kind does not fill, and a kind fills none that its text has not', async (t) => {
  for (const kind of kinds) {
    const places = placesOf(MAIL_TEXTS[kind])
    t.same(
      places.filter((place) => ![...VALUES_OF_ALL, ...KINDS_OF_MAIL[kind].says].includes(place as never)),
      [],
      kind,
    )
    t.same(
      KINDS_OF_MAIL[kind].says.filter((value) => !places.includes(value)),
      [],
      kind,
    )
  }
})

t.test('what is done too late when it waits for a digest is always mailed at once: reviews, signatures, suspensions', async (t) => {
  const atOnce = kinds.filter((kind) => KINDS_OF_MAIL[kind].isSingle)
  for (const kind of ['APPROVAL_DUE', 'STEP_OPENED', 'SIGNATURE_DUE', 'SUSPENDED'] as const) t.ok(atOnce.includes(kind), kind)
  for (const kind of kinds.filter((kind) => ['E04', 'E09'].includes(MAIL_TEXTS[kind].screen) && KINDS_OF_MAIL[kind].group === 'TASKS'))
    t.ok(atOnce.includes(kind), kind)
})

t.test('no mail holds a word that people wrote: not a title, a reason, a comment or a name, whatever the facts hold', async () => {
  const word = fc.stringMatching(/^[a-z]{6,12}$/).map((text) => `free${text}`)
  const facts = fc.record({
    reason: word,
    title: word,
    comment: word,
    reasons: fc.array(word),
    org: fc.oneof(word, fc.constant('LBC_HACKNEY')),
    by: fc.oneof(word, fc.constant('LBC_HACKNEY')),
    role: fc.oneof(word, fc.constant('DPO')),
    due: fc.oneof(word, fc.constant('2026-12-03')),
    review_due: word,
    last_day: word,
    denies_from: word,
    effective_from: word,
    first: word,
    version: fc.oneof(word, fc.nat()),
    flows: fc.array(word),
    signed: fc.oneof(word, fc.nat()),
    parties: fc.oneof(word, fc.nat()),
    approved: fc.oneof(word, fc.nat()),
    added: fc.oneof(word, fc.nat()),
    refusals: fc.oneof(word, fc.nat()),
    other_reasons: fc.oneof(word, fc.nat()),
    hours: fc.oneof(word, fc.nat()),
  })
  fc.assert(
    fc.property(fc.constantFrom(...kinds), facts, fc.constantFrom('SINGLE', 'DIGEST'), (kind, detail, form) => {
      const { subject, text } = letterOf(kind, detail, form)
      return !/free[a-z]{6}/.test(subject + text) && !/\(\(|undefined|null/.test(subject + text) && !/[\r\n]/.test(subject)
    }),
    { numRuns: 2_000 },
  )
})

t.test('a mail says what has happened, what to do, where, and why one gets it', async (t) => {
  const { subject, text } = letterOf('SIGNATURE_DUE', { version: 2, due: '2026-12-03' })
  t.equal(subject, 'Sign DSA-2026-ABCDEF by 3 December 2026')
  t.equal(
    text,
    `Hello

Version 2 of DSA-2026-ABCDEF is ready to be signed for Hackney Council.

What to do: Read it, then sign or decline. It takes about 10 minutes. If it is not for you, pass it to your deputy.

By when: 3 December 2026

Open it (you sign in first): https://accord.example/sign/DSA-2026-ABCDEF/2

You get this because you act for Hackney Council as data protection officer. What the agreement says is never sent by mail.

Change what is mailed to you: https://accord.example/settings
Reference: ${ID}`,
  )
  t.equal(letterOf('SIGNATURE_DUE', { version: 2 }, 'DIGEST').subject, 'One thing for Hackney Council, 30 November 2026')
})

t.test('a reminder says how many have signed, and how many days are left', async (t) => {
  const reminded = (detail: Record<string, unknown>) => letterOf('SIGNATURE_REMINDER', detail)
  const { subject, text } = reminded({ version: 2, due: '2026-12-03', signed: 4, parties: 6 })
  t.equal(subject, 'Reminder: sign DSA-2026-ABCDEF by 3 December 2026')
  t.match(text, '4 of 6 parties have signed DSA-2026-ABCDEF, and Hackney Council has not: 3 days are left.')
  for (const [due, left] of [
    ['2026-12-01', '1 day is left'],
    ['2026-11-30', 'today is the last day'],
    ['2026-11-29', 'the day is over'],
    [null, 'no day is set'],
  ])
    t.match(
      reminded({ due, signed: 1, parties: 2 }).text,
      `1 of 2 parties has signed DSA-2026-ABCDEF, and Hackney Council has not: ${left}.`,
    )
  t.match(reminded({ signed: 'four' }).text, 'Others have signed DSA-2026-ABCDEF')
})

t.test('whoever is invited without an account comes in by their invitation, and is asked nothing that they cannot do', async (t) => {
  for (const kind of kinds.filter((one) => KINDS_OF_MAIL[one].asksInvited)) {
    const { text } = letterOf(kind, { role: 'DPO', version: 2, sign_off: ID, due: '2026-12-03' }, 'SINGLE', 'LINK')
    t.match(text, /you are invited to act for Hackney Council as data protection officer/, kind)
    t.match(
      text,
      /Open it \(a code is mailed to you first\): https:\/\/accord\.example\/invitations\/LINK\?return_to=%2F(sign|reviews)%2F/,
      kind,
    )
    t.notMatch(text, /deputy|give it|notification-settings|sign in/, kind)
  }
})

t.test('of a flow that stands it is said by how many hours a suspension may be late', async (t) => {
  const { text } = letterOf('STANDING_ALLOWED', { by: 'LBC_HACKNEY', hours: 12, flow: 'F1' })
  t.match(text, /Hackney Council lets a flow of DSA-2026-ABCDEF stand: .* a suspension may reach them 12 hours late\./)
  t.match(letterOf('STANDING_ENDED', { by: 'LBC_HACKNEY', hours: 1 }).text, /may rely on it for up to 1 hour more/)
})

t.test('what is counted is said in figures, and a reason in words', async (t) => {
  const finished = letterOf('IMPORT_FINISHED', { added: 12, changed: 1, refused: 0 })
  t.equal(finished.subject, 'Import finished: 12 added, 1 changed, 0 refused')
  const rose = (other_reasons: number) =>
    letterOf('REFUSALS_ROSE', { refusals: 20, week_before: 6, reason: 'PARTY_NOT_SIGNED', other_reasons }).text
  t.match(rose(0), 'Last week 20 checks that concern Hackney Council were refused for party not signed, after 6 in the week before.\n')
  t.match(rose(1), 'the week before; those for another reason rose too.\n')
  t.match(rose(3), 'the week before; those for 3 other reasons rose too.\n')
})

t.test('a mail leads to the page on which its reader does what it asks for', async (t) => {
  const linkOf = (kind: NotificationKind, detail: Record<string, unknown>) =>
    /https:\/\/accord\.example(\/\S*)/.exec(letterOf(kind, detail).text)?.[1]
  t.equal(linkOf('SIGNATURE_DUE', { version: 3 }), '/sign/DSA-2026-ABCDEF/3')
  t.equal(linkOf('SIGNATURE_DUE', { version: '../../x' }), '/agreements/DSA-2026-ABCDEF')
  t.equal(linkOf('STEP_OPENED', { sign_off: ID }), `/reviews/${ID}`)
  t.equal(linkOf('STEP_OPENED', { sign_off: '../x' }), '/agreements/DSA-2026-ABCDEF')
  t.equal(linkOf('STANDING_ALLOWED', { flow: 'F1' }), '/agreements/DSA-2026-ABCDEF/standing-permits')
  t.equal(linkOf('SUSPENDED', {}), '/agreements/DSA-2026-ABCDEF')
})
