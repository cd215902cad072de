// Left to right: a module may import itself and what stands to its left. Nothing else. Why: docs/decisions (module order).
const order = [
  'platform', 'audit', 'identity', 'commands', 'files', 'notifications', 'reference', 'parties', 'people', 'workflow', 'assessments',
  'agreements', 'disclosures', 'decisions', 'requests', 'insight', 'search', 'register', 'web',
]
const modules = order.join('|')
const domain = order.slice(1, -1).join('|')
/** Files that wire: app.ts, main.ts, cli.ts and their neighbours, and the commands in src/cli. */
const root = '^src/[a-z-]+\\.ts$|^src/cli/'
/** A file without a role suffix, in a module or a folder of it, is pure; data in JSON is pure too. */
const pure = `^src/(${domain})/[a-z0-9/-]+\\.(ts|json)$`
const edge = '\\.(routes|pages|plugin)\\.ts$'
/** Folders of agreements in which something is done. */
const useCases = 'acts|drafting|texts|finding|register-import'
const rule = (name, from, to) => ({ name, severity: 'error', from, to })
/** Folders of a module in their order: one imports itself and what stands to its left, and nothing of what stands `above` all of them. */
const oneWay = (module, folders, above) => folders.map((folder, i) =>
  rule(`${module}-${folder}-looks-down`, { path: `^src/${module}/${folder}/` }, {
    path: `^src/${module}/(${[...folders.slice(i + 1), ...above.split('|')].join('|')})/|^src/${module}/[a-z-]+\\.(service|routes)\\.ts$`,
  }),
)

module.exports = {
  forbidden: [
    ...order.map((module, i) =>
      rule(`${module}-imports-leftwards`, { path: `^src/${module}/` }, { path: `${root}|^src/(${order.slice(i + 1).join('|') || '-'})/` }),
    ),
    rule('pure-core', { path: pure }, { pathNot: [pure, '^src/platform/kernel/', '^(node:)?(assert(/strict)?|crypto|zlib)$'] }),
    rule('kernel-imports-nothing', { path: '^src/platform/kernel/' }, { pathNot: '^src/platform/kernel/' }),
    rule('repository-is-lowest', { path: '\\.repository\\.ts$' }, { path: '\\.(service|routes|pages|plugin)\\.ts$' }),
    rule('repository-is-private', { path: '^src/([^/]+)/' }, { path: '\\.repository\\.ts$', pathNot: '^src/$1/' }),
    rule('repository-is-not-wired', { path: '^src/[a-z-]+\\.ts$' }, { path: '\\.repository\\.ts$' }),
    rule('service-below-edge', { path: '\\.service\\.ts$' }, { path: edge }),
    rule('edge-through-service', { path: edge }, { path: '\\.repository\\.ts$' }),
    rule('sql-in-repositories', { path: `^src/(${modules})/`, pathNot: '\\.repository\\.ts$|^src/platform/database/' }, {
      path: 'node_modules/(kysely|pg|@types/pg)/',
    }),
    rule('http-at-the-edge', { path: `^src/(${domain})/`, pathNot: edge }, { path: 'node_modules/(fastify|@fastify)/' }),
    // Problems, statuses and the contract's types are words of the edge: everybody else answers in those of the domain.
    rule('http-words-at-the-edge', { path: `^src/(${modules})/`, pathNot: `${edge}|^src/platform/http/` }, {
      // Pure readers that configuration and tokens share with it.
      path: '^src/platform/http/', pathNot: '/(addresses|repeated-member)\\.ts$',
    }),
    // Inside agreements one way only: the model, what is stored, what every use case stands on, the use cases side by side.
    rule('agreements-model-is-lowest', { path: '^src/agreements/(model/|[a-z-]+\\.ts$)' }, { path: `^src/agreements/(store|${useCases})/|\\.service\\.ts$` }),
    rule('agreements-store-below-use-cases', { path: '^src/agreements/(store/|[a-z-]+\\.service\\.ts$)' }, { path: `^src/agreements/(${useCases})/` }),
    rule('agreements-store-below-services', { path: '^src/agreements/store/' }, { path: '^src/agreements/[a-z-]+\\.service\\.ts$' }),
    rule('agreements-use-cases-side-by-side', { path: `^src/agreements/(${useCases})/` }, { path: `^src/agreements/(${useCases})/`, pathNot: '^src/agreements/$1/' }),
    // Inside audit: formats, what is stored, the tree, appending, watching; the service and what reads stand on top. Inside decisions: the
    // policy, the rules, their evaluation, remedies.
    ...oneWay('audit', ['format', 'store', 'tree', 'append', 'watch'], 'reading|retention'),
    ...oneWay('decisions', ['policy', 'rules', 'evaluation', 'remedies'], 'advice|history|local-codes|clients|authzen|not-shared'),
    // The verifier must share no code with the writer, or the same fault would hide itself.
    rule('verifier-stands-alone', { path: '^src/verifier/' }, { pathNot: '^src/verifier/|^node:|^(fs|fs/promises|path|crypto|util|url|buffer)$' }),
    // The page of a decision checks it as a stranger would.
    rule('verifier-is-for-readers', { path: '^src/', pathNot: '^src/(verifier|cli|web/log)/|^src/cli\\.ts$' }, { path: '^src/verifier/' }),
    rule('demo-is-data', { path: `^src/(${modules}|verifier)/` }, { path: '^src/demo/' }),
    rule('no-circular', {}, { circular: true }),
    rule('no-dev-dependency', { path: '^src/' }, { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] }),
    rule('no-test-in-src', { path: '^src/' }, { path: '^test/' }),
    rule('nothing-unresolvable', { path: '^src/' }, { couldNotResolve: true }),
  ],
  options: {
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' },
  },
}
