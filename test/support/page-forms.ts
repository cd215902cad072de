import type { Browser, Page } from 'playwright-core'
import { cnilSample } from './cnil-sample.ts'
import { PDF } from './sample-files.ts'
import type { Visited } from './visitor.ts'

// Pages as a browser reads them, without drawing them, and their forms as they are found there: one that is made tomorrow is filled in tomorrow.

/** A form of a page. */
export interface FoundForm {
  /** Its place among the forms of the page. */
  readonly index: number
  readonly method: 'get' | 'post'
  /** Where it sends and what it asks, without what names one agreement or person: the same form of another agreement has the same one. */
  readonly key: string
  /** Its fields for text that somebody thinks of: no numbers, parts of days or files. */
  readonly texts: readonly string[]
  /** Whether its button warns. */
  readonly isHarmful: boolean
}

/** What a page holds. */
export interface ReadPage {
  readonly links: readonly string[]
  readonly forms: readonly FoundForm[]
  /** What it shows and what its fields hold, with single blanks. */
  readonly text: string
  /** What no page of this service is made of: pictures, scripts and styles in the text, handlers. */
  readonly foreign: number
  /** Fields that were refused. */
  readonly refused: readonly string[]
  readonly errors: readonly string[]
}

/** How a form is filled in: its texts, which of its choices, and which day. */
export interface Filling {
  readonly texts: Readonly<Record<string, string>>
  readonly choice: number
  readonly day: string
}

/** A form as it is sent. */
export interface FilledForm {
  readonly action: string
  readonly type: string
  readonly body: string | Buffer
}

/** An address without what is another one each time: references, keys, organisations, numbers. */
export function shapeOf(address: string): string {
  const { pathname, searchParams } = new URL(address, 'http://here')
  const words = pathname.split('/').map((word, place, all) => {
    if (/^[0-9a-f]{8}-[0-9a-f-]{27}(\.\d+)?$/.test(word)) return ':key'
    if (/^(DSA|DEMO|SAMPLE)-/.test(word)) return ':id'
    if (/^\d+$/.test(word) || (word === 'new' && all.includes('draft'))) return ':n'
    if (/^(F|flow-)\d+$/.test(word)) return ':flow'
    if (/^(parties|organisations|organisation-groups|disposals|steps|hands|routes)$/.test(all[place - 1] ?? '') && /^[A-Z]/.test(word))
      return ':org'
    return word.length > 40 ? ':link' : word
  })
  const names = [...new Set(searchParams.keys())].sort()
  return `${words.join('/')}${names.length > 0 ? `?${names.join('&')}` : ''}`
}

/** A field without the number or key of the entry that it is of. */
export function fieldShape(name: string): string {
  return name.replace(/-([0-9a-f]{8}-[0-9a-f-]{27}|\d+)\b/, '-#')
}

const CONTROLS = `
  const page = new DOMParser().parseFromString(html, 'text/html')
  const forms = [...page.querySelectorAll('main form')]
  const controls = (form) => [...form.elements].filter((one) => one.name && one.type !== 'hidden' && one.localName !== 'button')
  const isText = (one) => one.localName === 'textarea' || (one.localName === 'input' && ['text', 'search', 'email', 'tel', 'url'].includes(one.type) && one.inputMode !== 'numeric' && !one.name.endsWith('-time'))
`
const READ = new Function(
  'html',
  `${CONTROLS}
  return {
    links: [...page.querySelectorAll('a[href]:not([download])')].map((one) => one.getAttribute('href')),
    forms: forms.map((form, index) => ({
      index, method: (form.getAttribute('method') ?? 'get').toLowerCase(), action: form.getAttribute('action'), isHarmful: form.querySelector('.govuk-button--warning') !== null,
      names: controls(form).map(({ name }) => name), texts: controls(form).filter(isText).map(({ name }) => name),
    })),
    text: [page.body.textContent, ...[...page.querySelectorAll('input, textarea')].map(({ value }) => value)].join(' ').replaceAll(/\\s+/g, ' '),
    foreign: [...page.querySelectorAll('*')].filter((one) => one.localName === 'img' || (one.localName === 'style' && !one.closest('head')) || (one.localName === 'script' && !one.src) || one.getAttributeNames().some((name) => name.startsWith('on') || name === 'style')).length,
    refused: [...page.querySelectorAll('.govuk-form-group--error')].flatMap((group) => [...group.querySelectorAll('input, textarea')]).map(({ name }) => name),
    errors: [...page.querySelectorAll('.govuk-error-summary__list li')].map((one) => one.textContent.trim()),
  }`,
) as (html: string) => Parsed
const FILL = new Function(
  'asked',
  `const { html, index, filling } = asked
  ${CONTROLS}
  const form = forms[index]
  const groups = new Map()
  for (const one of controls(form)) {
    if (one.type === 'radio' || one.type === 'checkbox') groups.set(one.name, [...(groups.get(one.name) ?? []), one])
    else if (one.localName === 'select') {
      const options = [...one.options].filter(({ value }) => value !== '')
      if (one.value === '' || filling.choice > 0) one.value = options[filling.choice % options.length]?.value ?? ''
    }
    else if (isText(one)) one.value = filling.texts[one.name] ?? ''
    else if (one.type !== 'file') {
      const part = /-(year|month|day)$/.exec(one.name)?.[1]
      one.value = part ? filling.day.split('-')[['year', 'month', 'day'].indexOf(part)] : one.name.endsWith('-time') ? '12:00' : '12'
    }
  }
  for (const ones of groups.values())
    if (filling.choice > 0 || !ones.some((one) => one.checked))
      ones.forEach((one, place) => { one.checked = place === filling.choice % ones.length || (one.type === 'checkbox' && filling.choice % 2 === 1) })
  const entries = [...new FormData(form)]
  return { action: form.getAttribute('action'), type: form.getAttribute('enctype') ?? 'application/x-www-form-urlencoded', entries: entries.map(([name, value]) => [name, typeof value === 'string' ? value : { accept: form.elements[name].accept }]) }`,
) as (asked: { readonly html: string; readonly index: number; readonly filling: Filling }) => Omit<FilledForm, 'body'> & {
  readonly entries: readonly Entry[]
}

const EMPTY = new Function(
  'index',
  `const form = document.querySelectorAll('main form')[index]
  for (const one of form.elements) {
    if (one.type === 'radio' || one.type === 'checkbox') one.checked = false
    else if (one.name && one.type !== 'hidden' && one.localName !== 'button') one.value = ''
  }
  form.noValidate = true
  form.requestSubmit()`,
) as (index: number) => void

/** Sends a form of a page that is open with nothing in it. */
export async function sendEmpty(page: Page, { index }: FoundForm): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.evaluate(EMPTY, index)])
}

interface Parsed extends Omit<ReadPage, 'forms'> {
  readonly forms: readonly (Omit<FoundForm, 'key'> & { readonly action: string; readonly names: readonly string[] })[]
}

/** Reads pages and fills in their forms in a window that is never shown one. */
export async function pageReader(browser: Browser) {
  const window = await (await browser.newContext()).newPage()
  return {
    async read({ text }: Pick<Visited, 'text'>): Promise<ReadPage> {
      const found = await window.evaluate(READ, text)
      const forms = found.forms.filter(({ names }) => names.length > 0)
      const keyed = forms.map(({ action, names, ...form }) => ({
        ...form,
        key: `${form.method} ${shapeOf(action)} ${[...new Set(names.map(fieldShape))].join(' ')}`,
      }))
      return { ...found, forms: keyed }
    },
    /** The form of a page with what somebody fills in. */
    async fill({ text: html }: Pick<Visited, 'text'>, { index, method }: FoundForm, filling: Filling): Promise<FilledForm> {
      const { action, type, entries } = await window.evaluate(FILL, { html, index, filling })
      const query = new URLSearchParams(entries.map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : '']))
      if (method === 'get') return { action: `${action}?${query}`, type, body: '' }
      return type === 'multipart/form-data' ? { action, ...(await withFile(entries)) } : { action, type, body: query.toString() }
    },
  }
}

/** What a field holds; of one for a file, which kinds it asks for. */
type Entry = readonly [name: string, value: string | { readonly accept: string }]

const CSV = 'Title,Partners\n"Placements <img src=x onerror=alert(1)>","Camden, Hackney"\n'
const PIA = JSON.stringify(cnilSample({ pia: { name: 'Keyless <img src=x onerror=alert(1)>', rejection_reason: 'Report incomplete' } }))

async function withFile(entries: readonly Entry[]): Promise<Pick<FilledForm, 'type' | 'body'>> {
  const form = new FormData()
  for (const [name, value] of entries) {
    if (typeof value === 'string') form.append(name, value)
    else if (value.accept.includes('text/csv')) form.append(name, new File([CSV], 'register <img src=x>.csv', { type: 'text/csv' }))
    else if (value.accept.includes('application/json'))
      form.append(name, new File([PIA], 'pia <img src=x>.json', { type: 'application/json' }))
    else form.append(name, new File([new Uint8Array(PDF)], 'evidence <img src=x>.pdf', { type: 'application/pdf' }))
  }
  const written = new Response(form)
  return { type: written.headers.get('content-type') ?? '', body: Buffer.from(await written.arrayBuffer()) }
}
