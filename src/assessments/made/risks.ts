import type { AssessmentCodes, OverallRisk } from './codes.ts'
import type { AssessmentContent, Measure, Risk } from './content.ts'

/** Risks as they are counted (domain reference 4.3): what people type is likelihood and severity, everything else follows. Pure. */

/** Lowest first. */
const ORDER: readonly OverallRisk[] = ['LOW', 'MEDIUM', 'HIGH']

/** What is left of a risk once what is approved against it is done. */
export interface ResidualRisk {
  readonly likelihood: string
  readonly severity: string
  readonly overall: OverallRisk
  /** Nothing of it is left: it is the lowest there is, and in no cell of the map. */
  readonly eliminated: boolean
}

/** The overall risk of a likelihood and a severity by the matrix of the code list (ICO template; 4.3); HIGH where one of them is unknown. */
export function overallOf(likelihood: string, severity: string, codes: AssessmentCodes): OverallRisk {
  return codes.overall(likelihood, severity)
}

/**
 * What is left of a risk (4.3): only measures that somebody has approved count. One that eliminates it leaves nothing; of those that
 * reduce it each takes likelihood and severity down to what it leaves, and never up; one that accepts it changes nothing.
 */
export function residualOfRisk(risk: Risk, measures: readonly Measure[], codes: AssessmentCodes): ResidualRisk {
  const approved = measures.filter(({ risk_id, approved: by }) => risk_id === risk.id && by !== null)
  const left = approved.flatMap(({ effect, left: reduced }) => (effect === 'REDUCED' && reduced !== null ? [reduced] : []))
  const likelihood = lowestOf([risk.likelihood, ...left.map((one) => one.likelihood)], codes.scale('LIKELIHOOD'))
  const severity = lowestOf([risk.severity, ...left.map((one) => one.severity)], codes.scale('SEVERITY'))
  const eliminated = approved.some(({ effect }) => effect === 'ELIMINATED')
  return { likelihood, severity, overall: eliminated ? 'LOW' : overallOf(likelihood, severity, codes), eliminated }
}

/** The risk of the whole before anything is done: that of its highest; null: no risk is described. */
export function inherentOf({ risks }: Pick<AssessmentContent, 'risks'>, codes: AssessmentCodes): OverallRisk | null {
  return highestOf(risks.map(({ likelihood, severity }) => overallOf(likelihood, severity, codes)))
}

/** The residual risk of the whole (4.3: the highest over its risks, computed and never typed in); null: no risk is described. */
export function residualOf({ risks, measures }: Pick<AssessmentContent, 'risks' | 'measures'>, codes: AssessmentCodes): OverallRisk | null {
  return highestOf(risks.map((risk) => residualOfRisk(risk, measures, codes).overall))
}

/** One cell of the map, with the risks in it. */
export interface RiskMapCell {
  readonly severity: string
  readonly likelihood: string
  readonly overall: OverallRisk
  readonly count: number
  /** Ids, in the order of the content. */
  readonly risks: readonly string[]
}

/** The matrix with the risks in it: rows from the highest severity down, columns from the lowest likelihood up. */
export interface RiskMap {
  readonly before: readonly (readonly RiskMapCell[])[]
  readonly after: readonly (readonly RiskMapCell[])[]
  /** Ids of those of which nothing is left: in no cell of `after`. */
  readonly eliminated: readonly string[]
  /** Ids of those whose likelihood or severity is in no list: in no cell, and counted as high. */
  readonly unread: readonly string[]
}

/** Where the risks stand before and after what is approved (screen 12; ICO template, steps 5 and 6). */
export function riskMap({ risks, measures }: Pick<AssessmentContent, 'risks' | 'measures'>, codes: AssessmentCodes): RiskMap {
  const residual = risks.map((risk) => ({ id: risk.id, ...residualOfRisk(risk, measures, codes) }))
  const isRead = ({ likelihood, severity }: Pick<Risk, 'likelihood' | 'severity'>) =>
    codes.scale('LIKELIHOOD').includes(likelihood) && codes.scale('SEVERITY').includes(severity)
  return {
    before: cells(risks, codes),
    after: cells(
      residual.filter(({ eliminated }) => !eliminated),
      codes,
    ),
    eliminated: residual.filter(({ eliminated }) => eliminated).map(({ id }) => id),
    unread: risks.filter((risk) => !isRead(risk)).map(({ id }) => id),
  }
}

function cells(placed: readonly Pick<Risk, 'id' | 'likelihood' | 'severity'>[], codes: AssessmentCodes): RiskMapCell[][] {
  return codes
    .scale('SEVERITY')
    .toReversed()
    .map((severity) =>
      codes.scale('LIKELIHOOD').map((likelihood) => {
        const here = placed.filter((risk) => risk.severity === severity && risk.likelihood === likelihood).map(({ id }) => id)
        return { severity, likelihood, overall: overallOf(likelihood, severity, codes), count: here.length, risks: here }
      }),
    )
}

/** The lowest by a scale. The first is kept where it is on no scale: what nobody can read is not made smaller. */
function lowestOf([first, ...others]: readonly [string, ...string[]], scale: readonly string[]): string {
  const at = scale.indexOf(first)
  if (at < 0) return first
  const ranks = others.map((code) => scale.indexOf(code)).filter((rank) => rank >= 0)
  return scale[Math.min(at, ...ranks)] ?? first
}

function highestOf(all: readonly OverallRisk[]): OverallRisk | null {
  return ORDER.findLast((overall) => all.includes(overall)) ?? null
}
