-- 0040_people.sql
--
-- What      Persons, and who holds which role in which organisation on which days.
-- Why       docs/decisions/0017-rooms.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0005_parties.sql
-- Undo      forward only
-- Trust     read by the organisation it is about, register administrators and auditors; whoever writes here says who may act

-- A person is whom an issuer of tokens calls so: the same subject of another issuer is somebody else.
create table person (
  id      uuid primary key,
  issuer  text not null check (length(issuer) between 1 and 500),
  subject text not null check (length(subject) between 1 and 500),
  unique (issuer, subject)
);

-- London days, both included. An end that counts at once is an instant, whatever day was the last.
create table held_role (
  id          uuid        primary key,
  person_id   uuid        not null references person on delete restrict,
  org         text        not null references organisation on delete restrict,
  role        text        not null check (role ~ '^[A-Z][A-Z_]{0,63}$' and role <> 'API_CLIENT'),
  from_day    date        not null,
  to_day      date,
  ended_at    timestamptz,
  row_version bigint      not null default 1 check (row_version > 0),
  act_count   bigint      not null default 0 check (act_count >= 0),
  constraint role_begins_before_it_ends check (from_day <= to_day)
);
create index held_role_by_person on held_role (person_id, org);
create index held_role_by_organisation on held_role (org, id);

-- What was done to it, in order; never changed.
create table held_role_act (
  held_role_id uuid        not null references held_role on delete restrict,
  sequence     bigint      not null check (sequence > 0),
  at           timestamptz not null,
  act          text        not null,
  actor_issuer text        not null,
  actor_sub    text        not null,
  actor_org    text        not null,
  reason       text        not null,
  last_day     date,
  leaf_id      uuid        not null,
  primary key (held_role_id, sequence)
);
create trigger held_role_act_is_append_only before update or delete or truncate on held_role_act
  for each statement execute function policy.refuse_change();

-- What a role is of never changes: another person, organisation or role is another row, and what has ended does not begin again.
create function public.refuse_change_of_held_role() returns trigger language plpgsql set search_path = '' as $$
begin
  if row (old.id, old.person_id, old.org, old.role, old.from_day) is distinct from row (new.id, new.person_id, new.org, new.role, new.from_day)
    or (old.ended_at is not null and new.ended_at is distinct from old.ended_at) then
    raise exception 'role % keeps its person, organisation, role and first day, and stays ended', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger held_role_keeps_what_it_is before update on held_role for each row execute function public.refuse_change_of_held_role();

-- Who stands in for somebody in one of their roles, on London days, both included. It gives no other right of the role.
create table deputy (
  id           uuid        primary key,
  org          text        not null references organisation on delete restrict,
  role         text        not null check (role ~ '^[A-Z][A-Z_]{0,63}$' and role <> 'API_CLIENT'),
  person_id    uuid        not null references person on delete restrict,
  deputy_id    uuid        not null references person on delete restrict,
  first_day    date        not null,
  last_day     date        not null,
  reason       text        not null,
  named_at     timestamptz not null,
  named_by     jsonb       not null,
  ended_at     timestamptz,
  ended_by     jsonb,
  end_reason   text,
  row_version  bigint      not null default 1 check (row_version > 0),
  constraint deputy_begins_before_it_ends check (first_day <= last_day),
  constraint nobody_is_their_own_deputy check (person_id <> deputy_id)
);
create index deputy_by_organisation on deputy (org, id);
create index deputy_by_deputy on deputy (deputy_id, org);
create function public.refuse_change_of_deputy() returns trigger language plpgsql set search_path = '' as $$
begin
  if row (old.id, old.org, old.role, old.person_id, old.deputy_id, old.first_day, old.last_day, old.reason, old.named_at, old.named_by)
    is distinct from row (new.id, new.org, new.role, new.person_id, new.deputy_id, new.first_day, new.last_day, new.reason, new.named_at, new.named_by)
    or (old.ended_at is not null and new.ended_at is distinct from old.ended_at) then
    raise exception 'deputy % keeps what it is, and stays ended', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger deputy_keeps_what_it_is before update on deputy for each row execute function public.refuse_change_of_deputy();

-- Whoever signs in as staff of an organisation, and has no other role there, is a practitioner on these London days, both included.
create table staff_role (
  id           uuid        primary key,
  org          text        not null references organisation on delete restrict,
  from_day     date        not null,
  to_day       date,
  reason       text        not null,
  recorded_at  timestamptz not null,
  recorded_by  jsonb       not null,
  ended_at     timestamptz,
  ended_by     jsonb,
  end_reason   text,
  row_version  bigint      not null default 1 check (row_version > 0),
  constraint staff_role_begins_before_it_ends check (from_day <= to_day)
);
create index staff_role_by_organisation on staff_role (org, id);
create function public.refuse_change_of_staff_role() returns trigger language plpgsql set search_path = '' as $$
begin
  if row (old.id, old.org, old.from_day, old.reason, old.recorded_at, old.recorded_by)
    is distinct from row (new.id, new.org, new.from_day, new.reason, new.recorded_at, new.recorded_by)
    or (old.ended_at is not null and new.ended_at is distinct from old.ended_at) then
    raise exception 'staff role % keeps what it is, and stays ended', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger staff_role_keeps_what_it_is before update on staff_role for each row execute function public.refuse_change_of_staff_role();

alter table staff_role enable row level security;
create policy staff_role_is_seen_by_its_organisation on staff_role for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true));
create policy staff_role_is_added_by_the_register on staff_role for insert
  with check (coalesce(current_setting('accord.reader', true), '') = 'system');
create policy staff_role_is_changed_by_the_register on staff_role for update
  using (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table deputy enable row level security;
create policy deputy_is_seen_by_its_organisation on deputy for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true));
create policy deputy_is_added_by_the_register on deputy for insert
  with check (coalesce(current_setting('accord.reader', true), '') = 'system');
create policy deputy_is_changed_by_the_register on deputy for update
  using (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table held_role enable row level security;
create policy held_role_is_seen_by_its_organisation on held_role for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true));
create policy held_role_is_added_by_the_register on held_role for insert
  with check (coalesce(current_setting('accord.reader', true), '') = 'system');
create policy held_role_is_changed_by_the_register on held_role for update
  using (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table held_role_act enable row level security;
create policy held_role_act_is_seen_with_its_role on held_role_act for select using (
  exists (select from held_role r where r.id = held_role_id));
create policy held_role_act_is_added_by_the_register on held_role_act for insert
  with check (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table person enable row level security;
create policy person_is_seen_where_a_role_is_held on person for select using (
  coalesce(current_setting('accord.reader', true), '') = 'system' or exists (select from held_role r where r.person_id = person.id)
  or exists (select from deputy d where person.id in (d.person_id, d.deputy_id)));
create policy person_is_added_by_the_register on person for insert
  with check (coalesce(current_setting('accord.reader', true), '') = 'system');
create policy person_is_locked_by_the_register on person for update
  using (coalesce(current_setting('accord.reader', true), '') = 'system');

-- What somebody is let in with: asked at every call of a person, before anybody reads for an organisation.
create function public.roles_held(p_issuer text, p_subject text, p_org text, p_day date) returns text[]
language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(distinct r.role order by r.role), '{}')
    from public.person p join public.held_role r on r.person_id = p.id
   where p.issuer = p_issuer and p.subject = p_subject and r.org = p_org
     and r.from_day <= p_day and (r.to_day is null or p_day <= r.to_day) and r.ended_at is null
$$;
-- For which organisations somebody may act on a day.
create function public.organisations_held(p_issuer text, p_subject text, p_day date) returns text[]
language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(distinct r.org order by r.org), '{}')
    from public.person p join public.held_role r on r.person_id = p.id
   where p.issuer = p_issuer and p.subject = p_subject
     and r.from_day <= p_day and (r.to_day is null or p_day <= r.to_day) and r.ended_at is null
$$;
-- Whether the staff of an organisation are practitioners on a day: asked at every call of somebody of it who has no other role.
create function public.is_staff_role_held(p_org text, p_day date) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from public.staff_role s
    where s.org = p_org and s.from_day <= p_day and (s.to_day is null or p_day <= s.to_day) and s.ended_at is null)
$$;
revoke all on function public.is_staff_role_held(text, date) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.is_staff_role_held(text, date) to accord_app');
revoke all on function public.roles_held(text, text, text, date), public.organisations_held(text, text, date) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.organisations_held(text, text, date) to accord_app');
select public.grant_if_role('accord_app', 'grant execute on function public.roles_held(text, text, text, date) to accord_app');
-- A lock on a person needs the right to update it; no column of it is ever changed.
select public.grant_if_role('accord_app', 'grant select, insert, update (id) on public.person to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.held_role to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.held_role_act to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.deputy to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.staff_role to accord_app');
