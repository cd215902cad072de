-- 0084_standing_permits.sql
--
-- What      Flows that may stand in a signed manifest, for when the service cannot be reached: who opted in, for how long, and when that ended.
-- Why       docs/decisions/0034-manifests.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0009_agreement_readers.sql
-- Undo      forward only
-- Trust     trusted for what a manifest may hold, within what is permitted anyway; the log of acts shows who opted in and who ended it

create table standing_permit (
  id             uuid        primary key,
  agreement_id   text        not null,
  version        int         not null,
  flow           text        not null,
  -- SHA-256 of the canonical JSON of the flow as it was opted in: another text of it is another share.
  flow_hash      text        not null check (flow_hash ~ '^[0-9a-f]{64}$'),
  org            text        not null,
  hours          int         not null check (hours between 1 and 24),
  statement      text        not null,
  reason         text        check (length(reason) between 1 and 2000),
  allowed_at     timestamptz not null,
  allowed_issuer text        not null,
  allowed_by     text        not null,
  ended_at       timestamptz check (ended_at >= allowed_at),
  ended_issuer   text,
  ended_by       text,
  end_reason     text        check (length(end_reason) between 1 and 2000),
  foreign key (agreement_id, org) references agreement_party on delete restrict on update cascade,
  foreign key (agreement_id, version) references agreement_version on delete restrict,
  constraint end_of_standing_permit_says_who_and_why check ((ended_at is null) = (ended_issuer is null) and (ended_at is null) = (ended_by is null)
    and (ended_at is null) = (end_reason is null))
);
create unique index one_standing_permit_a_flow_and_provider on standing_permit (agreement_id, flow, org) where ended_at is null;
create index standing_permit_by_agreement on standing_permit (agreement_id, id);

-- What was opted in never changes; it ends once.
create function public.refuse_change_of_standing_permit() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'DELETE' or old.ended_at is not null
    or row (new.id, new.agreement_id, new.version, new.flow, new.flow_hash, new.hours, new.statement, new.reason, new.allowed_at, new.allowed_issuer, new.allowed_by)
    is distinct from row (old.id, old.agreement_id, old.version, old.flow, old.flow_hash, old.hours, old.statement, old.reason, old.allowed_at, old.allowed_issuer, old.allowed_by) then
    raise exception 'standing permit % stands as it was allowed', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger standing_permit_stands before update or delete on standing_permit for each row execute function public.refuse_change_of_standing_permit();

alter table standing_permit enable row level security;
create policy standing_permit_follows_its_version on standing_permit
  using (may_see_version(agreement_id, version)) with check (may_see_version(agreement_id, version));
select public.grant_if_role('accord_app', 'grant select, insert, update on public.standing_permit to accord_app');
