-- 0046_files.sql
--
-- What      Evidence files: what is known of each, and its bytes in chunks.
-- Why       docs/decisions/0022-evidence-files.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0009_agreement_readers.sql
-- Undo      forward only
-- Trust     the service may write it; the hash of every file stands in the governance log

create table evidence_file (
  id                 uuid        primary key,
  -- Who sent it, and answers for it.
  org                text        not null references organisation on delete restrict,
  uploaded_by_issuer text        not null,
  uploaded_by_sub    text        not null,
  uploaded_at        timestamptz not null,
  -- null: erased with the bytes.
  name               text        check (length(name) between 1 and 200),
  media_type         text        not null,
  status             text        not null check (status in ('RECEIVING', 'KEPT', 'ERASED')),
  size               int         check (size between 1 and 20971520),
  sha256             text        check (sha256 ~ '^[0-9a-f]{64}$'),
  scan               text        not null check (scan in ('UNSCANNED', 'PENDING', 'CLEAN', 'INFECTED')),
  scanned_at         timestamptz,
  -- The record that names it; null: none does yet.
  owner_type         text,
  owner_id           text,
  attached_at        timestamptz,
  note               text        check (length(note) between 1 and 1000),
  erased_at          timestamptz,
  erased_why         text        check (erased_why in ('NOT_NAMED', 'RETENTION', 'ASKED_FOR', 'INFECTED')),
  erased_by_org      text,
  erased_by_issuer   text,
  erased_by_sub      text,
  row_version        bigint      not null default 1 check (row_version > 0),
  act_count          bigint      not null default 0 check (act_count >= 0),
  constraint file_that_arrived_has_its_hash check ((status = 'RECEIVING') = (sha256 is null) and (sha256 is null) = (size is null)),
  constraint file_is_named_by_one_record check ((owner_type is null) = (owner_id is null) and (owner_type is null) = (attached_at is null)),
  constraint erasure_says_who_and_why check ((status = 'ERASED') = (erased_at is not null) and (erased_at is null) = (erased_why is null)
    and (erased_at is null) = (erased_by_org is null) and (erased_at is null or name is null))
);
create index evidence_file_by_owner on evidence_file (owner_type, owner_id, attached_at, id) where owner_type is not null;
create index evidence_file_by_org on evidence_file (org) where status <> 'ERASED';

create table evidence_chunk (
  file_id  uuid  not null references evidence_file on delete cascade,
  position int   not null check (position between 0 and 79),
  bytes    bytea not null check (octet_length(bytes) between 1 and 262144),
  primary key (file_id, position)
);
-- What people send is compressed already.
alter table evidence_chunk alter column bytes set storage external;

-- What arrived is evidence: what it is never changes, and its row outlives its bytes.
create function public.refuse_change_of_file() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.status <> 'RECEIVING' and (tg_op = 'DELETE'
    or row (new.id, new.org, new.uploaded_by_issuer, new.uploaded_by_sub, new.uploaded_at, new.media_type, new.size, new.sha256)
      is distinct from row (old.id, old.org, old.uploaded_by_issuer, old.uploaded_by_sub, old.uploaded_at, old.media_type, old.size, old.sha256)
    or (old.owner_type is not null and row (new.owner_type, new.owner_id, new.attached_at) is distinct from row (old.owner_type, old.owner_id, old.attached_at))
    or (old.status = 'ERASED' and new.status <> 'ERASED')) then
    raise exception 'file % is evidence', old.id using errcode = 'restrict_violation';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger file_is_evidence before update or delete on evidence_file for each row execute function public.refuse_change_of_file();

-- A file is seen as the record that names it is, from when it was named on; before that by whoever sent it. A type of record that is not
-- here shows its files to nobody.
create function public.may_see_file(p_org text, p_owner_type text, p_owner_id text, p_attached_at timestamptz) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return coalesce(current_setting('accord.reader', true), '') = 'system' or case
    when p_owner_type is null then coalesce(current_setting('accord.reader', true), '') = 'party' and p_org = current_setting('accord.org', true)
    when p_owner_type = 'agreement' then coalesce(p_attached_at <= public.knows_agreement_until(p_owner_id), false)
    else false end;
end $$;
revoke all on function public.may_see_file(text, text, text, timestamptz) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.may_see_file(text, text, text, timestamptz) to accord_app');

-- The kept files whose names hold all of these (patterns of `ilike`), the last sent first, that the reader may see: the names are looked at
-- before that is asked, which takes longer.
create function public.files_named(p_patterns text[], p_before uuid, p_limit int) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select f.id from public.evidence_file f
   where f.status = 'KEPT' and f.name ilike all (p_patterns) and (p_before is null or f.id < p_before)
     and public.may_see_file(f.org, f.owner_type, f.owner_id, f.attached_at)
   order by f.id desc limit p_limit
$$;
revoke all on function public.files_named(text[], uuid, int) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.files_named(text[], uuid, int) to accord_app');

alter table evidence_file enable row level security;
create policy evidence_file_is_seen_as_its_record_is on evidence_file using (may_see_file(org, owner_type, owner_id, attached_at));
alter table evidence_chunk enable row level security;
create policy evidence_chunk_follows_its_file on evidence_chunk using (exists (select from evidence_file f where f.id = file_id))
  with check (exists (select from evidence_file f where f.id = file_id and f.status = 'RECEIVING'));
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.evidence_file to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, delete on public.evidence_chunk to accord_app');
