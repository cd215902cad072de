import type { Compatibility, Flow, LegalSide, RestrictionOverride, Transfer } from '../agreements/agreement.ts'
import { asObject, type Json, numberOrNull, textOrNull, texts } from './case-json.ts'

/** A flow of a case file; members it lacks are the ones the domain reference names as their defaults. */
export function toFlow(source: Json): Flow {
  const legal = asObject(source['legal'] ?? {}, 'legal')
  const volume = source['volume_limit'] as Json | null | undefined
  return {
    id: String(source['id']),
    providers: texts(source['providers']),
    recipients: texts(source['recipients']),
    purpose: String(source['purpose']),
    data_items: texts(source['data_items']),
    data_subjects: texts(source['data_subjects']),
    category_grant: texts(source['category_grant']),
    data_form: String(source['data_form'] ?? 'IDENTIFIABLE'),
    methods: texts(source['methods']),
    countries: texts(source['countries']),
    transfers: Object.fromEntries(
      Object.entries((source['transfers'] ?? {}) as Json).flatMap(([country, found]) =>
        found ? [[country, toTransfer(found as Json)]] : [],
      ),
    ),
    legal: {
      // No side recorded is a side that records nothing: no rule accepts it.
      provider: toSide(asObject(legal['provider'] ?? {}, 'legal.provider')),
      recipient: legal['recipient'] ? toSide(legal['recipient'] as Json) : null,
    },
    compatibility: source['compatibility'] ? toCompatibility(source['compatibility'] as Json) : null,
    confidentiality: textOrNull(source['confidentiality']),
    exemptions: texts(source['exemptions']),
    retention_days: numberOrNull(source['retention_days']),
    retention_rule: textOrNull(source['retention_rule']),
    onward: String(source['onward'] ?? 'PROHIBITED'),
    frequency: textOrNull(source['frequency']),
    volume_limit: volume ? { subjects: numberOrNull(volume['subjects']), records: numberOrNull(volume['records']) } : null,
    honours_objection: source['honours_objection'] === true,
    consent_required: source['consent_required'] === true,
    restriction_override: source['restriction_override'] ? toRestrictionOverride(source['restriction_override'] as Json) : null,
    standing_request_ref: textOrNull(source['standing_request_ref']),
  }
}

function toSide(source: Json): LegalSide {
  const part3 = (source['part3'] ?? {}) as Json
  return {
    regime: source['regime'] === 'PART_3' ? 'PART_3' : 'UK_GDPR',
    performing_task: source['performing_task'] !== false,
    art6: texts(source['art6']),
    annex1: texts(source['annex1']),
    gateways: texts(source['gateways']),
    art9: texts(source['art9']),
    sch1: texts(source['sch1']),
    criminal: texts(source['criminal']),
    part3: {
      sch8: texts(part3['sch8']),
      strictly_necessary: part3['strictly_necessary'] === true,
      reuse_authority: textOrNull(part3['reuse_authority']),
    },
  }
}

function toTransfer(source: Json): Transfer {
  return {
    mechanism: String(source['mechanism'] ?? ''),
    scope_confirmed: source['scope_confirmed'] === true,
    dp_test_done: source['dp_test_done'] === true || source['tra_completed'] === true,
  }
}

/** A ground or a reason that is not a text is none: the rules take no such override. */
function toRestrictionOverride(source: Json): RestrictionOverride {
  return { ground: textOrNull(source['ground']) ?? '', reason: textOrNull(source['reason']) ?? '' }
}

function toCompatibility(source: Json): Compatibility {
  return {
    new_purpose: source['new_purpose'] === true,
    ground: textOrNull(source['ground']),
    annex2: textOrNull(source['annex2']),
    collected_on_consent: source['collected_on_consent'] === true,
    consent_unobtainable: source['consent_unobtainable'] === true,
    assessed_at: textOrNull(source['assessed_at']),
  }
}
