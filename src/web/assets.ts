import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** A file that pages load: its name changes with its bytes, so that browsers may keep it for ever. */
export interface Asset {
  readonly path: string
  readonly type: string
  readonly bytes: string
}

/** Brand of the service: a colour with 9:1 against white and 6.7:1 against the yellow of the focus (screens, B1). */
const BRAND = '#1f4e5f'
/** Of a link under the pointer. */
const BRAND_HOVER = '#0f2d38'
const FONTS = '"Helvetica Neue",Helvetica,Arial,sans-serif'

/** Where the templates and files of govuk-frontend lie. */
export const GOVUK = join(dirname(createRequire(import.meta.url).resolve('govuk-frontend/package.json')), 'dist')

/** The style sheet and the script of every page, made once when the service starts. */
export function pageAssets(): { readonly style: Asset; readonly script: Asset; readonly icon: Asset; readonly all: readonly Asset[] } {
  const style = asset('pages', 'css', 'text/css; charset=utf-8', `${unbranded(read('govuk/govuk-frontend.min.css'))}\n${OWN_STYLE}`)
  const library = asset('govuk-frontend', 'js', 'text/javascript; charset=utf-8', read('govuk/govuk-frontend.min.js'))
  const script = asset(
    'pages',
    'js',
    'text/javascript; charset=utf-8',
    `import { initAll } from ${JSON.stringify(library.path)}\ndocument.body.classList.add('js-enabled', 'govuk-frontend-supported')\ninitAll()\n`,
  )
  const icon = asset(
    'icon',
    'svg',
    'image/svg+xml',
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="4" fill="${BRAND}"/><path d="M7 20h12l-4 4M25 12H13l4-4" fill="none" stroke="#fff" stroke-width="3"/></svg>`,
  )
  return { style, script, icon, all: [style, library, script, icon] }
}

/**
 * The style sheet without what belongs to gov.uk domains alone: its typeface and its blue (govuk-frontend, "Using GOV.UK Frontend without
 * GOV.UK branding").
 */
function unbranded(css: string): string {
  return css
    .replace(/@font-face\{[^}]*\}/g, '')
    .replaceAll(/"?GDS Transport"?,\s*arial,\s*sans-serif/gi, FONTS)
    .replaceAll(/#1d70b8|#1a65a6/gi, BRAND)
    .replaceAll(/#0f385c/gi, BRAND_HOVER)
    .replace(/\/\*# sourceMappingURL=.*\*\/\s*$/, '')
}

const OWN_STYLE = `
main{overflow-wrap:anywhere}
main table{overflow-wrap:normal}
.app-hash{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:1rem;overflow-wrap:anywhere}
.app-written{white-space:pre-wrap;overflow-wrap:anywhere}
.app-scroll{overflow-x:auto;position:relative}
.app-columns{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr));gap:0 30px}
.app-columns .govuk-select{width:100%}
.app-footer{border-top:1px solid #b1b4b6;padding:30px 0;margin-top:40px}
.app-footer ul{list-style:none;padding:0;margin:0;display:flex;flex-wrap:wrap;gap:10px 24px}
.govuk-generic-header{background:${BRAND}}
.govuk-tag+.govuk-tag{margin-top:5px}
.app-person{display:flex;flex-wrap:wrap;gap:0 20px;align-items:baseline;font-family:${FONTS};font-size:1rem;line-height:1.5;padding-top:10px}
.app-person form{margin:0}
.app-find{display:flex;gap:5px;margin-left:auto!important;flex:0 1 20rem}
.app-find .govuk-input{height:2.25rem;font-size:1rem;min-width:0}
.app-find .govuk-button{margin:0;padding:5px 12px;font-size:1rem;width:auto}
.app-why{margin:0 0 10px;font-size:1rem}
.app-why mark{background:#fff2b3;color:inherit;font-weight:bold}
.app-field{color:#505a5f}
@media screen and (min-width:40.0625em){.govuk-service-navigation{font-size:1rem}.govuk-service-navigation__item:not(:last-child){margin-right:18px}}
.app-link-button{background:none;border:0;padding:0;font:inherit;color:${BRAND};text-decoration:underline;text-align:left;cursor:pointer}
.app-link-button:focus-visible{outline:3px solid transparent;background:#fd0;box-shadow:0 -2px #fd0,0 4px #0b0c0c;color:#0b0c0c}
.app-cards>li{border-top:1px solid #b1b4b6;padding:15px 0 10px;margin:0}
.app-actions{display:flex;flex-wrap:wrap;gap:5px 20px;align-items:baseline}
.app-actions form{margin:0}
.app-parts{border-bottom:1px solid #b1b4b6;padding-bottom:10px;margin-bottom:20px}
.app-parts [aria-current]{font-weight:bold;color:#0b0c0c;text-decoration:none;border-bottom:4px solid ${BRAND}}
.app-typed{white-space:pre-line;overflow-wrap:anywhere}
.app-answers{margin:0}
.app-answers dt{font-weight:bold}
.app-answers dd{margin:0 0 10px}
.app-inline{display:inline;margin:0}
.app-permitted{border-left:5px solid #b1b4b6;padding-left:15px;margin-bottom:20px}
.app-group{margin:0 0 20px}
.govuk-task-list__status{overflow-wrap:normal}
.govuk-task-list__status .govuk-tag{white-space:nowrap}
.app-choices{margin-bottom:15px}
.app-select{max-width:100%}
.app-answer{border-bottom:1px solid #b1b4b6;margin-bottom:20px}
.app-answer>.govuk-form-group,.app-answer>.govuk-details{margin-bottom:10px}
.app-answer legend.govuk-visually-hidden{white-space:normal!important}
.app-said{white-space:pre-line;overflow-wrap:anywhere}
.app-thread{border-left:5px solid #b1b4b6;padding-left:15px;margin-bottom:20px}
.app-quiet{margin-bottom:5px;color:#505a5f}
.app-said del{color:#942514}
.app-gap{color:#942514;font-weight:bold}
.app-said ins{color:#005a30}
@media screen and (max-width:40.0525em){
.app-stacked thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.app-stacked,.app-stacked caption,.app-stacked tbody,.app-stacked tr,.app-stacked tbody th,.app-stacked td{display:block}
.app-stacked tr{border-bottom:1px solid #b1b4b6;padding:10px 0}
.app-stacked tbody th,.app-stacked td{border:0;padding:0 0 5px;overflow-wrap:anywhere}
.app-stacked td::before{content:attr(data-label) ": ";content:attr(data-label) ": " / "";font-weight:bold}
.app-stacked td:empty{display:none}
.app-map td,.app-map th{font-size:.875rem;padding:6px 3px}
}
.app-map td{border-left:1px solid #b1b4b6;vertical-align:top}
.app-map td,.app-map th{font-size:1rem;padding:8px}
.app-map-low{background:#e7f3ec}
.app-map-medium{background:#fff7d6}
.app-map-high{background:#fbe5e1}
@media print{.app-footer,.govuk-service-navigation,.govuk-button,form{display:none}}
`

function asset(name: string, extension: string, type: string, bytes: string): Asset {
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  return { path: `/assets/${name}-${digest}.${extension}`, type, bytes }
}

function read(path: string): string {
  return readFileSync(join(GOVUK, path), 'utf8')
}
