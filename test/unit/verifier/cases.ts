/**
 * What a verifier must accept and must refuse, as cases that can be put to any verifier: the real one, one that accepts
 * everything, one that refuses everything, and broken copies of the real one.
 */
import type { Case } from './case-logs.ts'
import { chainCases, honestChains } from './chain-cases.ts'
import { exportCases, honestExports } from './export-cases.ts'
import { honestProofs, proofCases } from './proof-cases.ts'
import { honestRequests, witnessCases } from './witness-cases.ts'

/** Everything a verifier must refuse, and how. */
export const NEGATIVE_CASES: readonly Case[] = [...proofCases, ...witnessCases, ...exportCases, ...chainCases]

/** Everything a verifier must accept. */
export const HONEST_CASES: readonly Case[] = [...honestExports, ...honestProofs, ...honestRequests, ...honestChains]
