/**
 * For whom a transaction reads: the system itself, an auditor, or one organisation. PostgreSQL shows it the rows that
 * reader may see (row-level security); a transaction that does not say sees no agreement at all.
 */
export type Reader = { readonly kind: 'system' } | { readonly kind: 'auditor' } | { readonly kind: 'party'; readonly org: string }
