-- 0051_calendars.sql
--
-- What      Calendars that people and organisations subscribe to, and the events that were shown in each.
-- Why       docs/decisions/0024-calendars.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0005_parties.sql
-- Undo      forward only
-- Trust     kept by the service alone; whoever has the token of a calendar reads it, and a token is kept as its hash

create table calendar (
  id         uuid        primary key,
  org        text        not null references organisation on delete restrict,
  issuer     text        not null,
  subject    text        not null,
  scope      text        not null check (scope in ('MINE', 'ORGANISATION')),
  roles      text[]      not null,
  token_hash text        not null unique check (token_hash ~ '^[0-9a-f]{64}$'),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
comment on column public.calendar.issuer is 'With the subject: who made it; of an organisation it is shown whoever that is.';
comment on column public.calendar.roles is 'Claimed by the token of whoever made it, where its issuer is authoritative for roles: those that are recorded are asked each time.';
create index calendar_by_organisation on calendar (org, id);

-- What a calendar has shown, so that a change and a removal are told to whoever holds a copy.
create table calendar_event (
  calendar_id uuid        not null references calendar on delete restrict,
  uid         text        not null check (length(uid) <= 400),
  day         date        not null,
  sequence    int         not null default 0 check (sequence >= 0),
  cancelled   boolean     not null default false,
  modified_at timestamptz not null,
  primary key (calendar_id, uid)
);

do $$
declare kept text;
begin
  foreach kept in array array['calendar', 'calendar_event'] loop
    execute format('alter table %I enable row level security', kept);
    execute format('create policy %I on %I using (coalesce(current_setting(''accord.reader'', true), '''') = ''system'')', kept || '_is_kept_by_the_service', kept);
    perform public.grant_if_role('accord_app', format('grant select, insert, update, delete on public.%I to accord_app', kept));
  end loop;
end $$;
