-- 0012_imports.sql
--
-- What      Registers that organisations bring along: the file line by line, what it asks, what people answered, what became of each line.
-- Why       docs/decisions/0009-acts-and-visibility.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0007_agreements.sql
-- Undo      forward only
-- Trust     seen by the importing organisation alone; a line is evidence of what its register said, not of what was agreed

create table register_import (
  id            uuid        primary key,
  org           text        not null references organisation on delete restrict,
  -- COMMITTING: some lines are in, the rest follows with the next call.
  status        text        not null check (status in ('READY', 'COMMITTING', 'COMMITTED', 'UNDONE')),
  file_hash     text        not null check (file_hash ~ '^[0-9a-f]{64}$'),
  header        jsonb       not null,
  -- 0: the file has no header line.
  header_row    int         not null check (header_row >= 0),
  mapping       jsonb       not null,
  -- What people said of cells that nobody could read, remembered answers among them.
  answers       jsonb       not null default '[]',
  date_order    text        not null default 'DMY' check (date_order in ('DMY', 'MDY', 'YMD')),
  row_version   bigint      not null default 1 check (row_version > 0),
  uploaded_at   timestamptz not null,
  uploaded_by   text        not null,
  committed_at  timestamptz,
  committed_by  text,
  undone_at     timestamptz,
  undone_by     text,
  constraint import_is_committed_by_somebody check ((committed_at is null) = (committed_by is null) and (committed_at is null) = (status = 'READY')),
  constraint import_is_undone_after_commit check ((undone_at is null) = (status <> 'UNDONE') and (undone_at is null) = (undone_by is null))
);
create index register_import_by_org on register_import (org, id desc);

create table register_import_row (
  import_id    uuid  not null references register_import on delete restrict,
  org          text  not null,
  row          int   not null check (row > 0),
  cells        jsonb not null,
  plan         jsonb not null,
  agreement_id text  references agreement on delete restrict,
  -- The record that this line replaced, as it stood, and whether it is withdrawn at present.
  replaced     jsonb,
  done_at      timestamptz,
  undone_at    timestamptz,
  primary key (import_id, row),
  constraint line_that_is_done_made_a_record check ((done_at is null) = (agreement_id is null)),
  constraint line_is_undone_after_it_was_done check (undone_at is null or done_at is not null)
);
comment on column register_import_row.cells is 'The line as it stood in the file: evidence, never changed.';

create function refuse_change_of_import_line() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (new.import_id, new.org, new.row, new.cells) is distinct from (old.import_id, old.org, old.row, old.cells) then
    raise exception 'a line of a register is evidence' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger import_line_is_evidence before update or delete on register_import_row for each row execute function refuse_change_of_import_line();

-- Each cell that nobody can read, once for the whole file. A table of its own, since a file can hold more names than one value of jsonb.
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

-- Which record a line of a register is at present: by this an import that comes twice changes nothing.
create table imported_record (
  org          text   not null references organisation on delete restrict,
  source_key   text   not null check (source_key ~ '^[0-9a-f]{64}$'),
  agreement_id text   not null references agreement on delete restrict,
  row_hash     text   not null check (row_hash ~ '^[0-9a-f]{64}$'),
  -- Acts on the agreement when the import was done with it: any more, and somebody has worked on it.
  act_count    bigint not null check (act_count > 0),
  import_id    uuid   not null,
  row          int    not null,
  primary key (org, source_key),
  foreign key (import_id, row) references register_import_row on delete restrict
);

do $$
declare mine text;
begin
  foreach mine in array array['register_import', 'register_import_row', 'register_import_question', 'register_answer', 'imported_record'] loop
    execute format('alter table %I enable row level security', mine);
    execute format($policy$create policy %I on %I using (
      coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true))
      with check (coalesce(current_setting('accord.reader', true), '') = 'system' or org = current_setting('accord.org', true))$policy$,
      mine || '_is_of_its_organisation', mine);
  end loop;
end $$;

select public.grant_if_role('accord_app', 'grant select, insert, update on public.register_import, public.register_import_row, public.register_answer to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, delete on public.register_import_question to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.imported_record to accord_app');
