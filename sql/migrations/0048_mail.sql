-- 0048_mail.sql
--
-- What      Mail: where persons get it, what is to be sent of what organisations are told, and what became of it.
-- Why       docs/decisions/0027-mail.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0011_notifications.sql
-- Undo      forward only
-- Trust     written by the service alone; read by the organisation whose people it is about. No words of an agreement stand here

-- Where somebody who acts for an organisation gets mail, and how they want it. An address counts once its reader has named the code
-- that was sent there, or as long as none does, where whoever keeps the roles of the organisation has recorded it.
create table mail_settings (
  id              uuid        primary key,
  org             text        not null references organisation on delete restrict,
  issuer          text        not null check (length(issuer) between 1 and 500),
  subject         text        not null check (length(subject) between 1 and 500),
  confirmed       text        check (length(confirmed) between 3 and 254),
  recorded        text        check (length(recorded) between 3 and 254),
  pending         text        check (length(pending) between 3 and 254),
  code_hash       text        check (code_hash ~ '^[0-9a-f]{64}$'),
  code_expires_at timestamptz,
  code_tries      int         not null default 0 check (code_tries >= 0),
  codes_sent      jsonb       not null default '[]',
  single          text[]      not null default '{}',
  row_version     bigint      not null default 1 check (row_version > 0),
  act_count       bigint      not null default 0 check (act_count >= 0),
  unique (org, issuer, subject)
);
comment on column public.mail_settings.pending is 'Given by its reader, and not confirmed: nothing but the code is sent there.';
comment on column public.mail_settings.single is 'Groups of kinds that are mailed one by one; of the others one mail a working day tells.';
comment on column public.mail_settings.codes_sent is 'When codes were asked for in the last day: no more than a few are sent.';

-- Notifications of which no mail was made yet.
create table mail_outbox (
  notification_id uuid primary key references notification on delete restrict
);
create function public.post_notifications() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into public.mail_outbox (notification_id) select n.id from new_notifications n;
  return null;
end $$;
revoke all on function public.post_notifications() from public;
create trigger notification_is_posted after insert on notification referencing new table as new_notifications
  for each statement execute function public.post_notifications();

create function public.wake_for_mail() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  -- A job of its own for each transaction: nobody waits for the job of another, and none runs before the rows are there.
  if to_regclass('graphile_worker.jobs') is not null then
    perform graphile_worker.add_job('send_mail', '{}'::json, job_key := 'send_mail:' || pg_catalog.pg_current_xact_id()::text);
  end if;
  return null;
end $$;
revoke all on function public.wake_for_mail() from public;
create trigger mail_wakes_the_worker after insert on mail_outbox for each statement execute function public.wake_for_mail();

-- One mail to one reader: a person of an organisation, its mailbox (neither issuer nor subject), or an address.
create table mail (
  id            uuid        primary key,
  org           text        not null references organisation on delete restrict,
  issuer        text,
  subject       text,
  address       text        check (length(address) between 3 and 254),
  form          text        not null check (form in ('SINGLE', 'DIGEST', 'ADDRESSED')),
  -- Of what is sent to an address and stands in no notification (a code): its text, and what it is filled with until it is sent.
  text          text,
  filled        jsonb,
  day           date,
  state         text        not null check (state in ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'WITHDRAWN', 'FAILED', 'BOUNCED')),
  attempts      int         not null default 0 check (attempts >= 0),
  next_at       timestamptz not null,
  claimed_until timestamptz,
  title         text,
  last_error    text,
  created_at    timestamptz not null,
  ended_at      timestamptz,
  constraint a_person_has_issuer_and_subject check ((issuer is null) = (subject is null))
);
comment on column public.mail.id is 'Stands in the mail as its reference and message id, so that whoever gets it twice can tell.';
comment on column public.mail.title is 'The subject line as it was last sent.';
create trigger addressed_mail_wakes_the_worker after insert on mail for each row when (new.form = 'ADDRESSED') execute function public.wake_for_mail();
create index mail_to_be_sent on mail (next_at, id) where state in ('QUEUED', 'SENDING');
create index mail_to_be_forgotten on mail (ended_at) where address is not null or last_error is not null;
create index mail_by_organisation on mail (org, id desc);
create unique index one_digest_a_day on mail (org, issuer, subject, day) nulls not distinct where form = 'DIGEST';

-- Of which notification which reader is mailed; without a mail it waits for the digest. At most one a notification and reader.
create table mail_item (
  notification_id uuid        not null references notification on delete restrict,
  org             text        not null,
  issuer          text        not null default '',
  subject         text        not null default '',
  mail_id         uuid        references mail on delete restrict,
  created_at      timestamptz not null,
  primary key (notification_id, issuer, subject)
);
create index mail_item_that_waits on mail_item (org, issuer, subject) where mail_id is null;
create index mail_item_by_mail on mail_item (mail_id);

-- What nobody could be mailed of.
create table mail_unreached (
  notification_id uuid        primary key references notification on delete restrict,
  org             text        not null,
  told_by         text,
  at              timestamptz not null
);
create index mail_unreached_by_organisation on mail_unreached (org, notification_id desc);

do $$
declare kept text;
begin
  foreach kept in array array['mail_settings', 'mail_outbox', 'mail', 'mail_item', 'mail_unreached'] loop
    execute format('alter table %I enable row level security', kept);
    execute format('create policy %I on %I using (coalesce(current_setting(''accord.reader'', true), '''') = ''system'')', kept || '_is_kept_by_the_service', kept);
    perform public.grant_if_role('accord_app', format('grant select, insert, update, delete on public.%I to accord_app', kept));
  end loop;
end $$;
