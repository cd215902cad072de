-- 0032_import_answers.sql
--
-- What      What people answered about the words of registers; how a file is read; facts that a register does not state
-- Why       docs/decisions/0009-acts-and-visibility.md
-- Phase     expand
-- Locks     register_import, agreement_version, signature for a moment each
-- Needs     0031_import_questions.sql
-- Undo      forward only
-- Trust     an answer is seen by the organisation that gave it alone

alter table register_import
  -- What people said of cells that nobody could read, remembered answers among them.
  add column answers    jsonb not null default '[]',
  add column date_order text  not null default 'DMY' check (date_order in ('DMY', 'MDY', 'YMD')),
  drop constraint register_import_header_row_check,
  -- 0: the file has no header line.
  add constraint register_import_header_row_check check (header_row >= 0);

-- What an organisation answered, for the next file that asks the same.
create table register_answer (
  org         text        not null references organisation on delete restrict,
  field       text        not null,
  term        text        not null check (length(term) <= 300),
  text        text        not null check (length(text) <= 300),
  answer      jsonb       not null,
  import_id   uuid        not null references register_import on delete restrict,
  answered_at timestamptz not null,
  answered_by text        not null,
  primary key (org, field, term)
);
alter table register_answer enable row level security;
create policy register_answer_is_of_its_organisation on register_answer using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true))
  with check (coalesce(current_setting('accord.reader', true), '') = 'system' or org = current_setting('accord.org', true));
select public.grant_if_role('accord_app', 'grant select, insert, update on public.register_answer to accord_app');

-- A register of elsewhere may not state the first day: such a version governs on no day.
alter table agreement_version drop constraint approved_version_has_a_start;
create function require_a_start() returns trigger language plpgsql as $$
begin
  if new.effective_from is null and new.status not in ('DRAFT', 'ABANDONED')
     and not exists (select from agreement a where a.id = new.agreement_id and a.origin = 'ELSEWHERE') then
    raise exception 'an approved version has a start' using errcode = 'check_violation', constraint = 'approved_version_has_a_start';
  end if;
  return new;
end $$;
create trigger approved_version_has_a_start before insert or update on agreement_version for each row execute function require_a_start();

-- Nor when it was signed: such a signature has no instant, and counts from its confirmation on.
alter table signature alter column signed_at drop not null;
alter table signature add constraint signature_has_an_instant check (signed_at is not null or signatory_sub is null);
create or replace function refuse_change_of_signature() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.confirmed_at is null and new.confirmed_at is not null
     and (new.agreement_id, new.version, new.org, new.signed_at) is not distinct from (old.agreement_id, old.version, old.org, old.signed_at) then
    return new;
  end if;
  raise exception 'a signature is never changed' using errcode = 'restrict_violation';
end $$;
