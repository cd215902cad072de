-- 0061_signature_addresses.sql
--
-- What      From which address a signature was given, for 90 days.
-- Why       docs/decisions/0009-acts-and-visibility.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0007_agreements.sql
-- Undo      drop it: nothing rests on it
-- Trust     read for the organisation that signed alone, by its auditors and register administrators; in no leaf, text or export

create table signature_address (
  signature_id uuid        primary key references signature on delete cascade,
  org          text        not null references organisation on delete restrict,
  agreement_id text        not null references agreement on delete restrict,
  address      inet        not null,
  kept_until   timestamptz not null
);
create index signature_address_by_agreement on signature_address (agreement_id, org);
comment on table public.signature_address is 'Personal data of whoever signed; erased when its time is over.';

alter table signature_address enable row level security;
create policy signature_address_is_seen_by_its_organisation on signature_address for select using (
  coalesce(current_setting('accord.reader', true), '') = 'system' or org = current_setting('accord.org', true));
create policy signature_address_is_added_by_whoever_signs on signature_address for insert with check (org = current_setting('accord.org', true));
create policy signature_address_is_erased_by_the_service on signature_address for delete
  using (coalesce(current_setting('accord.reader', true), '') = 'system');
select public.grant_if_role('accord_app', 'grant select, insert, delete on public.signature_address to accord_app');
