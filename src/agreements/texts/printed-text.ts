import type { Instant } from '../../platform/kernel/instant.ts'
import { londonDay, spokenDay, spokenInstant } from '../../platform/kernel/london-day.ts'
import type { SignatureRecord } from '../agreement-view.ts'
import type { Advice } from '../model/advice.ts'
import { NARRATIVE_LABELS } from '../model/field-labels.ts'
import type { Standing } from '../model/standing.ts'
import type { PrintedApprovals } from './printed-approvals.ts'
import { definitions, escapeHtml, list, record, STYLE, scalars, section, spoken, table, value } from './printed-html.ts'

/** What a printed version shows: the text as it was frozen, who signed it, and what whoever froze it could go on with. */
export interface PrintedVersion {
  readonly agreement: string
  readonly version: number
  readonly status: string
  readonly hash: string | null
  readonly frozen_at: string | null
  readonly warnings: readonly Advice[]
  readonly text: Readonly<Record<string, unknown>>
  readonly signatures: readonly SignatureRecord[]
  /** Signatures given elsewhere. */
  readonly stated: readonly PrintedStatement[]
  /** Null: its approvals stand as they were recorded elsewhere. */
  readonly approvals: PrintedApprovals | null
  readonly standings: PrintedStandings
}

/** What is stated of a signature that was given elsewhere, with the files that show it. */
export interface PrintedStatement {
  readonly org: string
  readonly held_by: string
  readonly signatory_name: string
  readonly signatory_post: string
  /** London day. */
  readonly signed_on: string
  readonly way: string
  readonly attested_at: string | null
  readonly disputed_at: string | null
  /** SHA-256 of each, hex. */
  readonly evidence: readonly string[]
}

/** How the parties stand when the page is printed; for a reader whose part is over, when it ended. */
export interface PrintedStandings {
  readonly at: Instant
  readonly parties: readonly {
    readonly org: string
    readonly standing: Standing
    /** Of one that has left or ended: since when. */
    readonly since: Instant | null
    /** Whether sharing is in force between it and another of them. */
    readonly isInForce: boolean
  }[]
}

const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  DRAFTING: 'named in a draft; it can sign once the text is frozen',
  INVITED: 'asked to sign; bound by nothing yet',
  ATTESTED: 'has signed elsewhere, as two people attest; has not confirmed it itself',
  BOUND: 'bound by its signature',
  LEFT: 'has left',
  ENDED: 'exists no more',
  SUCCESSOR: 'follows a party; bound by nothing yet',
  NONE: 'takes no part',
}

const WAY_WORDS: Readonly<Record<string, string>> = { PAPER: 'on paper', MINUTE: 'by a minute', E_SIGN_PRODUCT: 'in another product' }

/**
 * A version as plain HTML without script: the whole text in the order people read it, then a certificate with the
 * hash and every signature. Everything that was written by somebody is escaped. Pure.
 *
 * @param names what organisations are called, by code
 */
export function printedText(version: PrintedVersion, names: ReadonlyMap<string, string>): string {
  const { text } = version
  const terms = record(text['terms'])
  const nameOf = (org: unknown) => `${names.get(String(org)) ?? String(org)} (${String(org)})`
  const title = String(text['title'] ?? version.agreement)
  return [
    '<!doctype html>',
    '<html lang="en-GB">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(`${title}, version ${version.version}`)}</title><style>${STYLE}</style></head>`,
    '<body>',
    '<main>',
    `<h1>${escapeHtml(title)}</h1>`,
    `<p>Reference ${escapeHtml(version.agreement)}, version ${version.version} (${escapeHtml(version.status)}), ${escapeHtml(String(text['instrument_type'] ?? ''))}.`,
    `Text kept by ${escapeHtml(text['owner_org'] ? nameOf(text['owner_org']) : 'nobody named')}.`,
    `Runs from ${escapeHtml(spoken(text['effective_from'] ?? 'a day not set'))} to ${escapeHtml(spoken(text['effective_to'] ?? 'an open end'))}, both days included.</p>`,
    '<h2>Parties</h2>',
    table(
      'Parties',
      ['Organisation', 'Role', 'Capacities'],
      list(text['parties']).map((party) => [nameOf(party['org']), String(party['role']), scalars(party['capacities'])]),
    ),
    ...section('Sections', definitions(record(terms['narrative']), NARRATIVE_LABELS)),
    ...list(terms['flows']).flatMap((flow) => section(`Flow ${String(flow['id'])}`, definitions(flow))),
    ...section('When it starts to bind', value(terms['commencement'])),
    ...section('Uses ruled out', value(terms['prohibitions'])),
    ...section('Processors that act for a party', value(terms['agents'])),
    ...section('Contract with the processor', value(terms['processor_contract'])),
    ...section('Joint controller arrangement', value(terms['joint_controller_arrangement'])),
    ...(text['assessment'] === undefined ? [] : section('Data protection impact assessment, made elsewhere', value(text['assessment']))),
    ...warned(version),
    ...approvals(version, nameOf),
    ...certificate(version, nameOf),
    ...givenElsewhere(version, nameOf),
    ...standings(version.standings, nameOf),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

/** What whoever approved the text was told: part of the record, not of the text. */
function warned({ warnings }: PrintedVersion): string[] {
  if (warnings.length === 0) return []
  const rows = warnings.map(({ code, detail, citation, remedy_role }) => [code, withDays(detail), citation ?? '', remedy_role ?? ''])
  return section('Warnings when it was frozen', table('Warnings', ['Warning', 'What was found', 'Law', 'Who can remedy it'], rows))
}

/** Who approved which step, when and on what; nothing of it is the text. */
function approvals({ approvals: found, hash }: PrintedVersion, nameOf: (org: unknown) => string): string[] {
  if (hash === null) return []
  if (found === null) return section('Approvals', '<p>Recorded elsewhere.</p>')
  const rows = found.steps.map((step) => [
    nameOf(step.org),
    step.title,
    step.round > 1 ? `${step.outcome}, after it was returned` : step.outcome,
    step.deputyFor === null ? step.by : `${step.by}, deputy of ${step.deputyFor}`,
    spoken(step.at),
    [...step.conditions.map(withDays), ...(step.adopted === null ? [] : [`Adopted from ${step.adopted}`]), step.comment ?? []]
      .flat()
      .join('; '),
  ])
  const head = ['Organisation', 'Step', 'Outcome', 'By', 'When', 'Conditions and remarks']
  const remarks = found.remarks.map(
    ({ org, text, at }) => `<p>${escapeHtml(`${nameOf(org)}${at === null ? '' : `, ${spoken(at)}`}: ${text}`)}</p>`,
  )
  const by = `<p>By the route ${escapeHtml(found.route)}.</p>`
  return section(
    'Approvals',
    [by, rows.length > 0 ? table('Approvals', head, rows) : '<p>Nobody has approved it.</p>', ...remarks].join('\n'),
  )
}

function withDays(text: string): string {
  return text.replaceAll(/\b\d{4}-\d\d-\d\d\b/g, spoken)
}

function certificate(version: PrintedVersion, nameOf: (org: unknown) => string): string[] {
  const hash = version.hash
    ? `<p>SHA-256 of the canonical JSON (RFC 8785) of this text: <code>${escapeHtml(version.hash)}</code>. Frozen ${escapeHtml(spoken(version.frozen_at ?? 'elsewhere'))}.</p>`
    : '<p>A draft: it has no hash and nobody can sign it.</p>'
  const rows = version.signatures.map((signature) => [
    nameOf(signature.org),
    signature.signatory_name === null
      ? 'recorded elsewhere'
      : `${signature.signatory_name}${signature.deputy_for === null ? '' : ', deputy'}`,
    signature.signatory_post ?? '',
    signature.authority ?? '',
    knownHow(signature),
    signedWhen(signature),
    countsFrom(signature),
    signature.carried_from
      ? `${signature.carried_from.hash}, of version ${signature.carried_from.version}`
      : (signature.version_hash ?? 'recorded elsewhere'),
  ])
  const head = ['Organisation', 'Signed by', 'Post', 'Authority', 'Proved who they are', 'Signed', 'Counts from', 'Hash signed']
  return ['<h2>Certificate of signatures</h2>', hash, rows.length > 0 ? table('Signatures', head, rows) : '<p>Nobody has signed.</p>']
}

/** Signatures that were given elsewhere: none binds, and each counts for those alone who accept such. */
function givenElsewhere({ stated }: PrintedVersion, nameOf: (org: unknown) => string): string[] {
  if (stated.length === 0) return []
  const rows = stated.map((one) => [
    nameOf(one.org),
    `${one.signatory_name}, ${one.signatory_post}`,
    `${spoken(one.signed_on)}, ${WAY_WORDS[one.way] ?? one.way}`,
    nameOf(one.held_by),
    one.attested_at === null ? 'not yet: counts for nothing' : spoken(one.attested_at),
    one.disputed_at === null ? 'no' : `${spoken(one.disputed_at)}: counts for nothing from then on`,
    one.evidence.join(', '),
  ])
  const head = [
    'Organisation',
    'Signed by',
    'Signed',
    'Attested by two people of',
    'Attested',
    'Disputed by the organisation',
    'SHA-256 of the evidence',
  ]
  return section('Signatures given elsewhere', table('Signatures given elsewhere', head, rows))
}

/** What the issuer of the token said of how it knew the signatory. */
function knownHow({ authentication, signatory_name }: SignatureRecord): string {
  if (signatory_name === null) return 'recorded elsewhere'
  if (authentication === null) return 'not stated'
  const { at, level, methods } = authentication
  return [at === null ? [] : spoken(at), level ?? [], methods.length > 0 ? `by ${methods.join(', ')}` : []].flat().join('; ')
}

function countsFrom({ confirmed_at, carried_from, objected_at }: SignatureRecord): string {
  if (confirmed_at === null) return 'not confirmed: counts for nothing'
  if (objected_at !== null) return `the party objected to this version on ${spoken(objected_at)}: counts for nothing`
  return carried_from === null ? spoken(confirmed_at) : `${spoken(confirmed_at)}, carried over from version ${carried_from.version}`
}

/** A signature given here has an instant; one recorded elsewhere a day of London, or none. */
function signedWhen({ signed_at, version_hash }: PrintedVersion['signatures'][number]): string {
  if (signed_at === null) return 'not stated'
  return version_hash === null ? spokenDay(londonDay(Date.parse(signed_at))) : spoken(signed_at)
}

function standings({ at, parties }: PrintedStandings, nameOf: (org: unknown) => string): string[] {
  const words = (standing: Standing, since: Instant | null) =>
    since === null ? STANDING_WORDS[standing] : `${STANDING_WORDS[standing]}, since ${spokenInstant(since)}`
  const rows = parties.map(({ org, standing, since, isInForce }) => [nameOf(org), words(standing, since), isInForce ? 'yes' : 'no'])
  const when = `<p>As it was ${escapeHtml(spokenInstant(at))}, the last that whoever printed this may know.</p>`
  const head = ['Organisation', 'How it stands in the agreement', 'In force between it and others marked yes']
  return ['<h2>How each party stands</h2>', when, table('Standing of the parties', head, rows)]
}
