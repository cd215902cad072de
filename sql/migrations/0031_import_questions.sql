-- 0031_import_questions.sql
--
-- What      What an import asks: each cell that nobody can read, once for the whole file.
-- Why       docs/decisions/0009-acts-and-visibility.md
-- Phase     expand
-- Locks     none on existing tables beyond a moment for the column
-- Needs     0008_imports.sql
-- Undo      forward only
-- Trust     seen by the importing organisation alone

-- Kept in a table of its own, since a file can hold more names than one value of jsonb.
alter table register_import alter column open_partners set default '[]';

create table register_import_question (
  import_id uuid    not null references register_import on delete restrict,
  org       text    not null,
  field     text    not null,
  -- What the cell says, in plain letters; the same for every way of writing it.
  term      text    not null check (length(term) <= 300),
  -- As the file has it first.
  text      text    not null check (length(text) <= 300),
  -- What it was taken for without being exactly known; none: a person has to say.
  taken_for jsonb   not null,
  rows      int     not null check (rows > 0),
  place     int     not null check (place >= 0),
  primary key (import_id, field, term)
);
create index register_import_question_in_order on register_import_question (import_id, field, place);

alter table register_import_question enable row level security;
create policy register_import_question_is_of_its_organisation on register_import_question using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true))
  with check (coalesce(current_setting('accord.reader', true), '') = 'system' or org = current_setting('accord.org', true));
select public.grant_if_role('accord_app', 'grant select, insert, delete on public.register_import_question to accord_app');
