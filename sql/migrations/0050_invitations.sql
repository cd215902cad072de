-- 0050_invitations.sql
--
-- What      People without an account: contacts that a register administrator confirmed, what they are invited to, their sessions.
-- Why       docs/decisions/0026-people-without-accounts.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0043_workflow.sql, 0048_mail.sql
-- Undo      forward only
-- Trust     written by the service alone; a contact says who is let in, so only a register administrator confirms one

create table confirmed_contact (
  id           uuid        primary key,
  org          text        not null references organisation on delete restrict,
  name         text        not null,
  post         text        not null,
  address      text        not null check (length(address) between 3 and 254),
  roles        text[]      not null check (cardinality(roles) > 0),
  checked_how  text        not null,
  confirmed_at timestamptz not null,
  confirmed_by text        not null references organisation on delete restrict,
  withdrawn_at timestamptz,
  row_version  bigint      not null default 1 check (row_version > 0),
  act_count    bigint      not null default 0 check (act_count >= 0)
);
-- One address is one person, whose duties are kept apart as everybody's are.
create unique index one_contact_an_address on confirmed_contact (lower(address)) where withdrawn_at is null;
create index confirmed_contact_by_org on confirmed_contact (org, id);

create table outside_invitation (
  id              uuid        primary key,
  link            uuid        not null unique,
  agreement_id    text        not null references agreement on delete restrict,
  contact_id      uuid        not null references confirmed_contact on delete restrict,
  org             text        not null references organisation on delete restrict,
  invited_by      text        not null references organisation on delete restrict,
  created_at      timestamptz not null,
  expires_at      timestamptz not null,
  withdrawn_at    timestamptz,
  locked_at       timestamptz,
  wrong_codes     int         not null default 0 check (wrong_codes between 0 and 5),
  code_hash       text        check (code_hash ~ '^[0-9a-f]{64}$'),
  code_expires_at timestamptz,
  codes_sent      timestamptz[] not null default '{}',
  row_version     bigint      not null default 1 check (row_version > 0),
  act_count       bigint      not null default 0 check (act_count >= 0)
);
comment on column public.outside_invitation.link is 'Drawn at random: it stands in the mail alone, and names the invitation to its reader.';
comment on column public.outside_invitation.codes_sent is 'When codes were asked for in the last hour: no more than a few are sent.';
create index outside_invitation_by_agreement on outside_invitation (agreement_id, created_at);

create table outside_session (
  token_hash    text        primary key check (token_hash ~ '^[0-9a-f]{64}$'),
  invitation_id uuid        not null references outside_invitation on delete restrict,
  opened_at     timestamptz not null,
  expires_at    timestamptz not null
);
create index outside_session_by_invitation on outside_session (invitation_id);

-- Whether a sign-off is of an agreement.
create function public.sign_off_is_of(p_sign_off uuid, p_agreement text) returns boolean
language sql stable set search_path = '' as $$
  select exists (select from public.sign_off s where s.id = p_sign_off and s.subject_type = 'agreement' and s.subject_id = p_agreement)
$$;
revoke all on function public.sign_off_is_of(uuid, text) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.sign_off_is_of(uuid, text) to accord_app');

alter table confirmed_contact enable row level security;
create policy contact_is_kept_by_the_service on confirmed_contact using (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table outside_invitation enable row level security;
create policy invitation_is_kept_by_the_service on outside_invitation using (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table outside_session enable row level security;
create policy session_is_kept_by_the_service on outside_session using (coalesce(current_setting('accord.reader', true), '') = 'system');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.confirmed_contact, public.outside_invitation to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, delete on public.outside_session to accord_app');
