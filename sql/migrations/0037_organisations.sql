-- 0037_organisations.sql
--
-- What      Organisations that somebody proposes, their identifiers, departments and contacts; mergers; groups; what was done to each
-- Why       docs/decisions/0015-anyone-has-a-name.md
-- Phase     expand
-- Locks     organisation, agreement_version, briefly
-- Needs     0005_acts.sql
-- Undo      forward only
-- Trust     a body that nobody confirmed is in no policy; a merger is the only way in which a name in a record changes, and never in a text that was frozen here

alter table organisation
  add column status         text   not null default 'CONFIRMED' check (status in ('UNCONFIRMED', 'CONFIRMED', 'MERGED')),
  add column company_number text,
  add column charity_number text,
  add column departments    text[] not null default '{}',
  add column merged_into    text   references organisation on delete restrict,
  add column row_version    bigint not null default 1 check (row_version > 0),
  add column act_count      bigint not null default 0 check (act_count >= 0),
  add constraint organisation_is_merged_into_another check ((status = 'MERGED') = (merged_into is not null) and merged_into <> code);
comment on column organisation.contacts is 'Not used: see organisation_contacts.';

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

-- Posts and mailboxes, kept once for every agreement that does not say otherwise.
create table organisation_contacts (
  org      text        primary key references organisation on delete restrict,
  contacts jsonb       not null,
  kept_by  text        not null,  -- the organisation whose person wrote them
  at       timestamptz not null
);
alter table organisation_contacts enable row level security;
-- Whoever is a party with it in some agreement reads them; the parties of an agreement are seen by its parties only (0005).
create policy contacts_are_read_by_partners on organisation_contacts for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true)
  or kept_by = current_setting('accord.org', true)
  or exists (select from agreement_party mine join agreement_party theirs using (agreement_id)
              where mine.org = current_setting('accord.org', true) and theirs.org = organisation_contacts.org));
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
  subject   text        not null check (subject in ('ORGANISATION', 'GROUP')),
  code      text        not null,
  sequence  bigint      not null check (sequence > 0),
  at        timestamptz not null,
  act       text        not null,
  actor_sub text        not null,
  actor_org text        not null,
  detail    jsonb       not null,
  leaf_id   uuid        not null,
  primary key (subject, code, sequence)
);
create index organisation_act_by_actor on organisation_act (actor_org, act);
alter table organisation_act enable row level security;
create policy organisation_act_is_seen_by_who_did_it_and_whom_it_is_about on organisation_act using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
  or actor_org = current_setting('accord.org', true) or (subject = 'ORGANISATION' and code = current_setting('accord.org', true)))
  with check (coalesce(current_setting('accord.reader', true), '') = 'system');

select public.grant_if_role('accord_app', 'grant select, insert, update on public.organisation_contacts, public.organisation_group to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, delete on public.organisation_group_member to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.organisation_act to accord_app');

-- Which contacts applied when a version was frozen. They are outside its text (LC-7), and stay readable beside it.
create table version_contacts (
  agreement_id text  not null,
  version      int   not null,
  org          text  not null,
  contacts     jsonb not null,
  primary key (agreement_id, version, org),
  foreign key (agreement_id, version) references agreement_version on delete restrict
);
alter table version_contacts enable row level security;
create policy version_contacts_follow_their_agreement on version_contacts using (may_see_agreement(agreement_id)) with check (may_see_agreement(agreement_id));
select public.grant_if_role('accord_app', 'grant select, insert on public.version_contacts to accord_app');
