import t from 'tap'
import type { NewRoute, Route } from '../../../src/workflow/model/route.ts'
import { routeCautions } from '../../../src/workflow/model/route-cautions.ts'
import { routeFaults } from '../../../src/workflow/model/route-checks.ts'
import { longestDays, ownRouteFrom, stepId, withoutStep, withStepAt } from '../../../src/workflow/model/route-editing.ts'
import { aRoute, shippedRoutes } from '../../support/builders/sign-off.ts'

// An organisation writes its own route step by step: a step is added, moved and taken out, and the chain stays whole.

const owned = (route: NewRoute): Route => ({ ...route, owner: 'LBC_CAMDEN', version: 1 })
const waitsFor = (route: NewRoute) => Object.fromEntries(route.steps.map(({ id, after }) => [id, after.join(' ')]))
const stepIn = (route: NewRoute, id: string) => {
  const found = route.steps.find((step) => step.id === id)
  if (!found) throw new Error(id)
  return found
}

t.test('every route of everybody makes one of an organisation that can be used, without the steps that are for the whole', async (t) => {
  for (const route of shippedRoutes()) {
    const own = ownRouteFrom(route)
    t.same(routeFaults(owned(own)), [], route.code)
    t.ok(own.steps.every(({ by }) => by === 'PARTY'))
  }
  t.equal(waitsFor(ownRouteFrom(aRoute('PAN_LONDON')))['IG_REVIEW'], '', 'nothing of the party comes before its first step')
})

t.test('a step that is taken out or moved leaves no gap: what waited for it waits for what came before it', async (t) => {
  const standard = ownRouteFrom(aRoute('STANDARD'))
  t.match(waitsFor(withoutStep(standard, 'DPIA')), { DPO_REVIEW: 'IAO_CONFIRMATION' })
  const without = withoutStep(standard, 'LEGAL_REVIEW')
  t.match(waitsFor(without), { SIRO_APPROVAL: 'DPO_REVIEW CALDICOTT_REVIEW INFOSEC_REVIEW' })
  t.same(routeFaults(owned(without)), [])
  t.equal(stepIn(withoutStep(standard, 'IG_REVIEW'), 'IAO_CONFIRMATION').return_to, 'IAO_CONFIRMATION', 'a return finds another place')
  const legal = stepIn(standard, 'LEGAL_REVIEW')
  const first = withStepAt(standard, legal, { rule: 'FIRST' })
  t.match(waitsFor(first), { LEGAL_REVIEW: '', IG_REVIEW: 'LEGAL_REVIEW' })
  t.equal(first.steps[0]?.id, 'LEGAL_REVIEW', 'it is read where it comes')
  t.equal(stepIn(first, 'LEGAL_REVIEW').return_to, 'LEGAL_REVIEW', 'it returns to nothing that comes after it')
  t.match(waitsFor(withStepAt(standard, legal, { rule: 'AFTER', step: 'IG_REVIEW' })), {
    LEGAL_REVIEW: 'IG_REVIEW',
    IAO_CONFIRMATION: 'LEGAL_REVIEW',
  })
  const beside = withStepAt(standard, legal, { rule: 'BESIDE', step: 'DPO_REVIEW' })
  t.match(waitsFor(beside), { LEGAL_REVIEW: 'DPIA', CALDICOTT_REVIEW: 'DPO_REVIEW LEGAL_REVIEW' })
  for (const moved of [first, beside]) t.same(routeFaults(owned(moved)), [])
})

t.test('a circle ends with the step that was waited for, taken out or moved', async (t) => {
  const standard = ownRouteFrom(aRoute('STANDARD'))
  const first = { ...stepIn(standard, 'IG_REVIEW'), after: ['SIRO_APPROVAL'] }
  const circle = { ...standard, steps: standard.steps.map((step) => (step.id === first.id ? first : step)) }
  t.match(routeFaults(owned(circle)), [{ code: 'CYCLE' }])
  t.same(routeFaults(owned(withStepAt(circle, first, { rule: 'FIRST' }))), [])
  t.same(routeFaults(owned(withoutStep(circle, 'IG_REVIEW'))), [])
})

t.test('wherever a step is put, it stands there once, and the others keep their order', async (t) => {
  const standard = ownRouteFrom(aRoute('STANDARD'))
  for (const step of standard.steps.filter(({ id }) => id !== 'SIGNATURE'))
    for (const other of standard.steps.filter(({ id }) => id !== step.id && id !== 'SIGNATURE'))
      for (const rule of ['AFTER', 'BESIDE'] as const) {
        const moved = withStepAt(standard, step, { rule, step: other.id })
        t.same(routeFaults(owned(moved)), [], `${step.id} ${rule} ${other.id}`)
        t.equal(moved.steps.length, standard.steps.length)
      }
})

t.test('a new step has a name that no other step has', async (t) => {
  const standard = ownRouteFrom(aRoute('STANDARD'))
  t.equal(stepId(standard, 'Legal review'), 'LEGAL_REVIEW_2')
  t.equal(stepId(standard, '2nd look, by the é board'), 'ND_LOOK_BY_THE_BOARD')
  t.equal(stepId(standard, '!'), 'STEP')
})

t.test('steps that go on at the same time take as long as the longest of them', async (t) => {
  t.equal(longestDays(aRoute('STANDARD')), 45)
  t.equal(longestDays({ steps: [] }), 0)
})

t.test('who is left out of a way to sign is said, as a caution that forbids nothing', async (t) => {
  for (const route of shippedRoutes()) t.same(routeCautions(route), [], `${route.code} leaves nobody out`)
  const standard = aRoute('STANDARD')
  const codes = (route: NewRoute) => routeCautions(owned(route)).map(({ code, pointer }) => `${code} ${pointer}`)
  t.same(codes(withoutStep(standard, 'CALDICOTT_REVIEW')), ['NO_CALDICOTT /steps'])
  t.same(codes(withoutStep(standard, 'SIRO_APPROVAL')), ['NO_SIRO /steps'])
  t.same(codes(withoutStep(standard, 'DPIA')), ['NO_ASSESSMENT /steps'])
  const early = withStepAt(standard, stepIn(standard, 'SIRO_APPROVAL'), { rule: 'BESIDE', step: 'DPO_REVIEW' })
  t.same(codes(early), [`BEFORE_ADVICE /steps/${early.steps.findIndex(({ id }) => id === 'SIRO_APPROVAL')}/after`])
})
