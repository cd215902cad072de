/** Pages of the service itself that somebody may look for, with the words that people have for what is on them. */
const PAGES: readonly { readonly title: string; readonly href: string; readonly words: string }[] = [
  { title: 'Privacy: what is kept of you', href: '/privacy', words: 'privacy personal data notice rights kept erase' },
  { title: 'Accessibility statement', href: '/accessibility', words: 'accessibility wcag screen reader keyboard statement' },
  { title: 'Cookies', href: '/cookies', words: 'cookies' },
  { title: 'Contact: whom to ask', href: '/contact', words: 'contact help support report problem' },
  { title: 'Settings: mail and calendar', href: '/settings', words: 'settings mail notifications email calendar reminders address' },
  { title: 'May I share this?', href: '/may-i-share', words: 'share ask permit deny question check' },
  { title: 'For developers: the API', href: '/docs', words: 'api developers documentation openapi' },
]

/** The pages that hold every word. Pure. */
export function helpFor(q: string): { readonly title: string; readonly href: string }[] {
  const words = q.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  if (words.length === 0) return []
  const said = (page: (typeof PAGES)[number]) => `${page.title} ${page.words}`.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  return PAGES.filter((page) => words.every((word) => said(page).some((known) => known.startsWith(word)))).map(({ title, href }) => ({
    ...{ title, href },
  }))
}
