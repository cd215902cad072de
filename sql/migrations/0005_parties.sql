-- 0005_parties.sql
--
-- What      Organisations with their identifiers, departments and contacts; successions and mergers; groups; what was done to each.
-- Why       docs/decisions/0015-anyone-has-a-name.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql
-- Undo      forward only
-- Trust     the service may write these tables; what it wrote is provable from the governance log. A body that nobody confirmed is
--           in no policy

create table organisation (
  code                            text        primary key check (code <> ''),
  legal_name                      text        not null,
  short_name                      text        not null,
  type                            text        not null,
  gss                             text        unique check (gss ~ '^[A-Z][0-9]{8}$'),
  ods                             text,
  company_number                  text,
  charity_number                  text,
  ico_registration_no             text,
  public_authority                boolean     not null,
  competent_authority             text        not null check (competent_authority in ('SCHEDULE_7', 'STATUTORY_FUNCTIONS', 'NONE')),
  health_or_social_care_authority boolean     not null,
  active_from                     timestamptz,
  active_to                       timestamptz,
  aliases                         text[]      not null,
  departments                     text[]      not null default '{}',
  verified                        boolean     not null,
  -- From when it accepts signatures of others that are only attested (0047_attested_signatures.sql); null: it does not.
  accepts_attested_since          timestamptz,
  status                          text        not null default 'CONFIRMED' check (status in ('UNCONFIRMED', 'CONFIRMED', 'MERGED')),
  merged_into                     text        references organisation on delete restrict,
  row_version                     bigint      not null default 1 check (row_version > 0),
  act_count                       bigint      not null default 0 check (act_count >= 0),
  constraint organisation_begins_before_it_ends check (active_from < active_to),
  constraint organisation_is_merged_into_another check ((status = 'MERGED') = (merged_into is not null) and merged_into <> code)
);

-- One body, one number: also of a body that was merged, so that its number still leads to the one that it is.
create unique index organisation_by_ods on organisation (ods) where ods is not null;
create unique index organisation_by_company_number on organisation (company_number) where company_number is not null;
create unique index organisation_by_charity_number on organisation (charity_number) where charity_number is not null;
create unique index organisation_by_ico on organisation (ico_registration_no) where ico_registration_no is not null;

create function refuse_return_of_organisation() returns trigger language plpgsql as $$
begin
  if old.code <> new.code or (old.status = 'MERGED' and new.status <> 'MERGED') or (old.status = 'CONFIRMED' and new.status = 'UNCONFIRMED') then
    raise exception 'organisation % keeps its code, stays confirmed and stays merged', old.code using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger organisation_never_returns before update on organisation for each row execute function refuse_return_of_organisation();

create table organisation_succession (
  successor   text not null references organisation on delete restrict,
  predecessor text not null references organisation on delete restrict,
  primary key (successor, predecessor),
  constraint organisation_does_not_succeed_itself check (successor <> predecessor)
);

-- Posts and mailboxes, kept once for every agreement that does not say otherwise. Who reads them: 0009_agreement_readers.sql.
create table organisation_contacts (
  org      text        primary key references organisation on delete restrict,
  contacts jsonb       not null,
  kept_by  text        not null,  -- the organisation whose person wrote them
  at       timestamptz not null
);
alter table organisation_contacts enable row level security;
create policy contacts_are_written_by_the_register on organisation_contacts using (coalesce(current_setting('accord.reader', true), '') = 'system')
  with check (coalesce(current_setting('accord.reader', true), '') = 'system');

-- A name for several bodies, such as "Camden GPs". Who is a member is said with London days, both included.
create table organisation_group (
  code        text   primary key check (code ~ '^[A-Z][A-Z0-9_]{0,63}$'),
  name        text   not null check (name <> ''),
  other_names text[] not null,
  kept_by     text   not null references organisation on delete restrict,
  row_version bigint not null default 1 check (row_version > 0),
  act_count   bigint not null default 0 check (act_count >= 0)
);
create table organisation_group_member (
  group_code text not null references organisation_group on delete restrict,
  position   int  not null check (position >= 0),
  org        text not null references organisation on delete restrict,
  from_day   date,
  to_day     date,
  primary key (group_code, position),
  constraint membership_begins_before_it_ends check (from_day <= to_day)
);

-- What was done to an organisation or a group, in order; never changed.
create table organisation_act (
  subject      text        not null check (subject in ('ORGANISATION', 'GROUP')),
  code         text        not null,
  sequence     bigint      not null check (sequence > 0),
  at           timestamptz not null,
  act          text        not null,
  actor_issuer text     not null,
  actor_sub    text        not null,
  actor_org    text        not null,
  detail       jsonb       not null,
  leaf_id      uuid        not null,
  primary key (subject, code, sequence)
);
create index organisation_act_by_actor on organisation_act (actor_org, act);
alter table organisation_act enable row level security;
create policy organisation_act_is_seen_by_who_did_it_and_whom_it_is_about on organisation_act using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
  or actor_org = current_setting('accord.org', true) or (subject = 'ORGANISATION' and code = current_setting('accord.org', true)))
  with check (coalesce(current_setting('accord.reader', true), '') = 'system');

-- A merger is the only way in which a name in a record changes, and never in a text that was frozen here. The code or codes
-- (text or array) as they are called now.
create function public.current_names(p_names jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select case jsonb_typeof(p_names)
    when 'string' then to_jsonb(coalesce((select o.merged_into from public.organisation o where o.code = p_names #>> '{}'), p_names #>> '{}'))
    when 'array' then (select coalesce(jsonb_agg(coalesce(o.merged_into, n.name) order by n.place), '[]')
                         from jsonb_array_elements_text(p_names) with ordinality n(name, place) left join public.organisation o on o.code = n.name)
    else p_names
  end
$$;

-- Whether a row changed in nothing but that bodies are called as they are called now.
create function public.is_only_renamed(p_old jsonb, p_new jsonb) returns boolean
language sql stable set search_path = '' as $$
  select p_new - n.names = p_old - n.names
     and (select bool_and(p_new -> name is not distinct from public.current_names(p_old -> name)) from unnest(n.names) name)
    from (select array['providers', 'recipients', 'org', 'for_party', 'from_org', 'to_org'] as names) n
$$;

revoke all on function public.current_names(jsonb), public.is_only_renamed(jsonb, jsonb) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.current_names(jsonb), public.is_only_renamed(jsonb, jsonb) to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.organisation, public.organisation_contacts, public.organisation_group to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, delete on public.organisation_group_member to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.organisation_succession, public.organisation_act to accord_app');
