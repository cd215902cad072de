-- 0064_breach_assessments.sql
--
-- What      What came of the assessment of a personal data breach, and how the people it is about were told.
-- Why       docs/decisions/0020-requests.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0045_emergencies.sql
-- Undo      forward only
-- Trust     read by the two organisations of the emergency and auditors; never changed, so that what was found stays as it was recorded

create table breach_assessment (
  emergency_id         uuid        primary key references emergency on delete restrict,
  at                   timestamptz not null,
  by_issuer            text        not null,
  by_sub               text        not null,
  deputy_for_issuer    text,
  deputy_for_sub       text,
  finding              text        not null check (finding in ('NO_BREACH', 'RISK_UNLIKELY', 'RISK', 'HIGH_RISK')),
  reason               text        not null,
  measures             text,
  notified_at          timestamptz,
  regulator_reference  text,
  late_reason          text,
  constraint what_is_a_risk_is_notified check (finding not in ('RISK', 'HIGH_RISK') or notified_at is not null),
  constraint what_was_done_about_a_breach_is_documented check (finding = 'NO_BREACH' or measures is not null),
  constraint assessment_in_the_place_of_one_person check ((deputy_for_issuer is null) = (deputy_for_sub is null))
);
comment on table public.breach_assessment is 'One for each breach (UK GDPR Art 33(5)).';

create table breach_communication (
  emergency_id         uuid        primary key references breach_assessment on delete restrict,
  at                   timestamptz not null,
  by_issuer            text        not null,
  by_sub               text        not null,
  deputy_for_issuer    text,
  deputy_for_sub       text,
  told_at              timestamptz,
  ground               text        check (ground in ('PROTECTED_DATA', 'RISK_REMOVED', 'DISPROPORTIONATE_EFFORT')),
  what                 text        not null,
  constraint people_are_told_or_a_ground_says_why_not check ((told_at is null) <> (ground is null)),
  constraint communication_in_the_place_of_one_person check ((deputy_for_issuer is null) = (deputy_for_sub is null))
);
comment on table public.breach_communication is 'One for each breach of which the people were told, or need not be (UK GDPR Art 34).';

create trigger breach_assessment_is_append_only before update or delete or truncate on breach_assessment
  for each statement execute function policy.refuse_change();
create trigger breach_communication_is_append_only before update or delete or truncate on breach_communication
  for each statement execute function policy.refuse_change();

alter table breach_assessment enable row level security;
alter table breach_communication enable row level security;
create policy breach_assessment_is_seen_with_its_emergency on breach_assessment using (may_see_emergency(emergency_id));
create policy breach_communication_is_seen_with_its_emergency on breach_communication using (may_see_emergency(emergency_id));
select public.grant_if_role('accord_app', 'grant select, insert on public.breach_assessment, public.breach_communication to accord_app');
