import type { Desk } from './agreement-desk.ts'
import { assessingDesk, measureOf, RISK } from './assessing-desk.ts'
import type { LiveCall } from './live-calls.ts'

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const dpo = { org: CAMDEN, role: 'DPO' } as const

/** The calls of the assessments that are made here, each on one of its own. */
export function liveAssessments(desk: Desk, drafted: () => Promise<string>): Readonly<Record<string, () => Promise<LiveCall>>> {
  const dpia = assessingDesk(desk)
  const person = dpia.WRITER
  const begun = async () => dpia.begin(await drafted())
  const on = (id: string, over: Partial<LiveCall> & { readonly path?: Record<string, string> } = {}): LiveCall => ({
    ...{ person, etagFrom: `/v1/assessments/${id}` },
    ...over,
    path: { id, ...over.path },
  })
  const withRisk = async () => {
    const id = await begun()
    const { body } = await dpia.write(id, 'POST', '/risks', RISK)
    return { id, risk: String(body.content.risks[0].id) }
  }
  const withMeasure = async () => {
    const { id, risk } = await withRisk()
    const { body } = await dpia.write(id, 'POST', '/measures', measureOf(risk))
    return { id, risk, measure: String(body.content.measures[0].id) }
  }
  const bases = new Map<string, Promise<string>>()
  /** One that is written out once, which the others begin like. */
  const base = (over: Parameters<typeof dpia.written>[1] = {}): Promise<string> => {
    const key = JSON.stringify(over)
    const made = bases.get(key) ?? begun().then(async (id) => dpia.written(id, over).then(() => id))
    bases.set(key, made)
    return made
  }
  const written = async (over: Parameters<typeof dpia.written>[1] = {}) => {
    const begin = { agreement: await drafted(), like: await base(over) }
    const { body } = await desk.call(person, 'POST', '/v1/assessments', begin)
    await dpia.write(body.id, 'PUT', '/screening', { required: true, reasons: null })
    await dpia.write(body.id, 'PUT', '/review', { due: '2027-11-20', kept_by: 'Information governance manager' })
    return String(body.id)
  }
  const sent = async () => {
    const id = await written()
    await dpia.send(id)
    return id
  }
  /** One whose risk stays high, accepted: the regulator is asked next. */
  const high = async () => {
    const id = await written({ risk: { likelihood: 'PROBABLE', severity: 'SEVERE' }, left: { likelihood: 'POSSIBLE', severity: 'SEVERE' } })
    await dpia.send(id)
    for (const act of [dpia.advise, dpia.accept]) await act.call(dpia, id, CAMDEN)
    return id
  }
  const consulted = async () => {
    const id = await high()
    await dpia.write(id, 'POST', '/consultation', { submitted_on: '2026-11-20', reference: 'IC-1' }, dpo)
    return id
  }

  return {
    beginAssessment: async () => ({ person, body: { agreement: await drafted() } }),
    getAssessment: async () => on(await begun()),
    getAssessmentVersion: async () => on(await sent(), { path: { version: '1' } }),
    screenAssessment: async () => on(await begun()),
    answerAssessmentQuestion: async () => on(await begun(), { path: { question: 'necessity.alternatives' } }),
    dropAssessmentAnswer: async () => on(await begun(), { path: { question: 'necessity.alternatives' } }),
    addAssessmentRisk: async () => on(await begun(), { body: RISK }),
    changeAssessmentRisk: async () => {
      const { id, risk } = await withRisk()
      return on(id, { path: { risk }, body: RISK })
    },
    dropAssessmentRisk: async () => {
      const { id, risk } = await withRisk()
      return on(id, { path: { risk } })
    },
    addAssessmentMeasure: async () => {
      const { id, risk } = await withRisk()
      return on(id, { body: measureOf(risk) })
    },
    changeAssessmentMeasure: async () => {
      const { id, risk, measure } = await withMeasure()
      return on(id, { path: { measure }, body: measureOf(risk) })
    },
    dropAssessmentMeasure: async () => {
      const { id, measure } = await withMeasure()
      return on(id, { path: { measure } })
    },
    doAssessmentMeasure: async () => {
      const { id, measure } = await withMeasure()
      return on(id, { path: { measure }, body: { done_on: '2026-11-20' } })
    },
    importAssessmentFromCnil: async () => on(await begun()),
    exportAssessmentToCnil: async () => ({ person, path: { id: await begun() } }),
    listLeftOutOfCnilExport: async () => ({ person, path: { id: await begun() } }),
    setAssessmentReview: async () => on(await begun()),
    sendAssessment: async () => on(await written()),
    reopenAssessment: async () => {
      const id = await written()
      await dpia.send(id)
      for (const org of [CAMDEN, HACKNEY]) for (const act of [dpia.advise, dpia.accept]) await act.call(dpia, id, org)
      return on(id)
    },
    consultOnAssessment: async () => on(await high(), { person: dpo, body: { submitted_on: '2026-11-20', reference: 'IC-1' } }),
    extendAssessmentConsultation: async () => on(await consulted(), { person: dpo, body: { extended_on: '2026-11-21' } }),
    answerAssessmentConsultation: async () =>
      on(await consulted(), { person: dpo, body: { on: '2026-11-21', outcome: 'MAY_PROCEED', words: 'It may begin.' } }),
  }
}
