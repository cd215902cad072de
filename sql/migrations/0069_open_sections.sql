-- 0069_open_sections.sql
--
-- What      Who has which section of a draft open now, so that two people do not write the same unawares.
-- Why       docs/decisions/0025-pages.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0009_agreement_readers.sql
-- Undo      drop it: nobody is told who else writes
-- Trust     seen by whoever may read the draft; says who looked, not that they wrote, and holds up nobody

-- No foreign key: a page that is opened must not wait for an act that holds the agreement. Who may add a row knows the agreement.
create table open_section (
  agreement_id text        not null,
  -- Below the address of the draft.
  section      text        not null check (length(section) between 1 and 400),
  issuer       text        not null,
  subject      text        not null,
  org          text        not null,
  name         text        not null,
  opened_at    timestamptz not null,
  primary key (agreement_id, section, issuer, subject)
);
create index open_section_by_age on open_section (opened_at);

-- A draft is read by whoever takes part in the agreement now, or keeps it.
alter table open_section enable row level security;
create policy open_section_is_seen_by_whoever_reads_the_draft on open_section for select
  using (knows_agreement_until(agreement_id) > pg_catalog.clock_timestamp());
create policy open_section_is_added_by_its_organisation on open_section for insert
  with check (org = current_setting('accord.org', true) and knows_agreement_until(agreement_id) > pg_catalog.clock_timestamp());
create policy open_section_is_opened_anew_by_its_organisation on open_section for update
  using (knows_agreement_until(agreement_id) > pg_catalog.clock_timestamp()) with check (org = current_setting('accord.org', true));
create policy open_section_is_left_by_its_organisation on open_section for delete
  using (coalesce(current_setting('accord.reader', true), '') = 'system' or org = current_setting('accord.org', true));
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.open_section to accord_app');
