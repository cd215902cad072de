import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyPluginAsync } from 'fastify'

/**
 * `/docs`: the contract to read and try, served from this process with nothing fetched from elsewhere; `/docs/json` is the document.
 * Public: the contract is no secret. The page's own content security policy allows its scripts and styles only.
 */
export const docs: FastifyPluginAsync = async (app) => {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, access: 'public' }
  })
  const document = JSON.parse(readFileSync(new URL('./openapi.gen.json', import.meta.url), 'utf8'))
  await app.register(swagger, { mode: 'static', specification: { document } })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { validatorUrl: null, docExpansion: 'list' },
    // The bar on top is another project's name and a box to load other documents.
    theme: { title: 'Accord: the contract', css: [{ filename: 'accord.css', content: '.swagger-ui .topbar { display: none }' }] },
  })
}
