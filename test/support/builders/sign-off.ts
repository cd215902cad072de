import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Role } from '../../../src/identity/permissions.ts'
import type { Identity } from '../../../src/identity/principal.ts'
import type { Acting, SignOffActor, SignOffCommand } from '../../../src/workflow/model/commands.ts'
import { decide, start } from '../../../src/workflow/model/decide.ts'
import { evolve, replayed } from '../../../src/workflow/model/evolve.ts'
import { type Fact, type Route, routeKey } from '../../../src/workflow/model/route.ts'
import { chainOf, routeOf, type SignOff, stepOf } from '../../../src/workflow/model/sign-off.ts'

/** Monday morning. */
export const MONDAY = Date.parse('2026-11-02T10:00:00Z')
export const HASH = 'a'.repeat(64)
const ROUTES = resolve(import.meta.dirname, '../../../src/workflow/routes')

/** The routes that are shipped, as they stand in their files. */
export function shippedRoutes(): Route[] {
  return readdirSync(ROUTES)
    .filter((name) => name !== 'route.schema.json')
    .map((name) => JSON.parse(readFileSync(resolve(ROUTES, name), 'utf8')) as Route)
}

/** A shipped route by its code, with changes. */
export function aRoute(code: string, changes: Partial<Route> = {}): Route {
  const found = shippedRoutes().find((route) => route.code === code)
  assert(found, code)
  return { ...found, ...changes }
}

export interface PartyOf {
  readonly org: string
  readonly facts?: readonly Fact[]
  readonly requesters?: readonly Identity[]
}

/** A sign-off that has just been opened. Its keeper is the first party; each party is a controller unless it says otherwise. */
export function aSignOff({
  route = aRoute('STANDARD'),
  parties = [{ org: 'A' }, { org: 'B' }],
  facts = [],
  signingOrder = null,
  carried = [],
  now = MONDAY,
}: {
  readonly route?: Route
  readonly parties?: readonly PartyOf[]
  readonly facts?: readonly Fact[]
  readonly signingOrder?: readonly string[] | null
  /** Parties whose signature of version 1 holds for this one. */
  readonly carried?: readonly string[]
  readonly now?: number
} = {}): SignOff {
  const keeper = parties[0]?.org ?? 'A'
  const events = start(
    {
      ...{ type: 'start', id: 'sign-off-1', keeper, facts, signingOrder, routes: [route] },
      subject: { type: 'agreement', id: 'DSA-1', version: carried.length > 0 ? 2 : 1, hash: HASH },
      carried: new Map(carried.map((org) => [org, { version: 1, hash: 'c'.repeat(64) }])),
      parties: parties.map((party) => ({ facts: ['CONTROLLER'], requesters: [], route: routeKey(route), ...party })),
    },
    { actor: an('IG_OFFICER', keeper, 'opener'), now },
  )
  return replayed(events)
}

/** Somebody with one role in an organisation; without a name, the one person there who has it. */
export function an(role: Role, org: string, name = `${role}-${org}`): SignOffActor {
  return { issuer: 'test', sub: name, org, roles: [role] }
}

export const SERVICE: SignOffActor = { issuer: 'accord', sub: 'accord', org: 'A', roles: [], isService: true }

/** The state after commands, each of which must be accepted. @throws where one is not */
export function after(
  signOff: SignOff,
  ...commands: readonly (readonly [command: SignOffCommand, actor: SignOffActor, now?: number])[]
): SignOff {
  let state = signOff
  for (const [command, actor, now = MONDAY] of commands) {
    const decided = decide(command, state, { actor, now })
    assert(decided.ok, decided.ok ? '' : `${command.type} by ${actor.sub}: ${decided.refusal.rule}: ${decided.refusal.detail}`)
    for (const event of decided.value) state = evolve(state, event)
  }
  return state
}

/** `code rule` of the refusal of a command, or OK. */
export function answerTo(command: SignOffCommand, signOff: SignOff, acting: Acting): string {
  const decided = decide(command, signOff, acting)
  return decided.ok ? 'OK' : `${decided.refusal.code} ${decided.refusal.rule}`
}

/** Approves the step of a party by the one person who has its role. */
export function approval(signOff: SignOff, org: string | null, step: string, by?: SignOffActor): readonly [SignOffCommand, SignOffActor] {
  const chain = chainOf(signOff, org)
  assert(chain, String(org))
  const role = routeOf(signOff, chain).steps.find(({ id }) => id === step)?.role
  assert(role, step)
  const command = { type: 'approve', org, step, hash: HASH, comment: null, conditions: [] } as const
  return [command, by ?? an(role, org ?? 'A')]
}

/** Approves everything of a party that is open, until only its signature is. */
export function readied(signOff: SignOff, org: string): SignOff {
  let state = signOff
  for (;;) {
    const chain = chainOf(state, org)
    assert(chain, org)
    const open = chain.steps.find(({ id, state: is }) => is === 'OPEN' && id !== 'SIGNATURE')
    if (!open) return state
    state = after(state, approval(state, org, open.id))
  }
}

/** Readies and signs for a party. */
export function signed(signOff: SignOff, org: string): SignOff {
  const ready = readied(signOff, org)
  return after(ready, [{ type: 'sign', org, hash: HASH }, an('SIGNATORY', org)])
}

/** The states of a party's steps, by name. */
export function statesOf(signOff: SignOff, org: string | null): Record<string, string> {
  return Object.fromEntries((chainOf(signOff, org)?.steps ?? []).map(({ id, state }) => [id, state]))
}

export function step(signOff: SignOff, org: string | null, id: string) {
  const chain = chainOf(signOff, org)
  const found = chain && stepOf(chain, id)
  assert(found, id)
  return found
}

export function chainStatus(signOff: SignOff, org: string | null): string {
  return chainOf(signOff, org)?.status ?? 'none'
}
