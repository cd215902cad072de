-- 0006_drafting.sql
--
-- What      The words by which an agreement is found.
-- Why       docs/decisions/0009-acts-and-visibility.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0004_register.sql, 0005_acts.sql
-- Undo      forward only
-- Trust     derived from other tables by the service after every act; nothing is decided on it

-- No index on the words: under row-level security they are compared after the policy, so one would never be used.
create table agreement_search (
  agreement_id text     primary key references agreement on delete restrict,
  words        tsvector not null
);
comment on table agreement_search is
  'Reference and title (weight A), parties with every name they are known by (B), purposes (C), sections in words (D).';

alter table agreement_search enable row level security;
create policy agreement_search_follows_its_agreement on agreement_search
  using (may_see_agreement(agreement_id)) with check (may_see_agreement(agreement_id));
select public.grant_if_role('accord_app', 'grant select, insert, update on public.agreement_search to accord_app');
