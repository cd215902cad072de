-- 0049_webhooks.sql
--
-- What      Webhooks: where an organisation has what it is told sent to, and what is sent there.
-- Why       docs/decisions/0023-webhooks.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0011_notifications.sql
-- Undo      forward only
-- Trust     read and written by the organisation whose it is, and by the service; secrets are sealed by a key that is not in the database

create table webhook (
  id            uuid        primary key,
  org           text        not null references organisation on delete restrict,
  url           text        not null check (length(url) between 1 and 2000),
  kinds         text[],
  state         text        not null check (state in ('ACTIVE', 'PAUSED', 'STOPPED')),
  failing_since timestamptz,
  created_at    timestamptz not null,
  row_version   bigint      not null default 1 check (row_version > 0),
  act_count     bigint      not null default 0 check (act_count >= 0)
);
comment on column public.webhook.kinds is 'Of which kinds of notification; null: of all.';
comment on column public.webhook.failing_since is 'The first failure after the last success; null: the last attempt was taken.';
create index webhook_by_org on webhook (org, id);

-- Each rotation adds one; the former ones sign besides until their time is over.
create table webhook_secret (
  webhook_id uuid        not null references webhook on delete cascade,
  generation integer     not null check (generation > 0),
  sealed     bytea       not null,
  ends_at    timestamptz,
  primary key (webhook_id, generation)
);

-- What is sent to a webhook. `position` is drawn while the lock on its subject is held, so that of one subject it grows in the order
-- in which things happened, whatever the clocks of the nodes say.
create table webhook_delivery (
  webhook_id      uuid        not null references webhook on delete cascade,
  event_id        uuid        not null,
  notification_id uuid        references notification on delete cascade,
  kind            text        not null,
  subject_type    text        not null,
  subject_id      text        not null,
  position        bigint      not null generated always as identity,
  at              timestamptz not null,
  state           text        not null default 'WAITING' check (state in ('WAITING', 'DELIVERED', 'GIVEN_UP', 'WITHHELD')),
  attempts        integer     not null default 0 check (attempts >= 0),
  due_at          timestamptz,
  claim           uuid,
  claimed_until   timestamptz,
  attempted_at    timestamptz,
  status_code     integer,
  failure         text,
  primary key (webhook_id, event_id)
);
comment on column public.webhook_delivery.notification_id is 'What it tells; null: a test.';
comment on column public.webhook_delivery.due_at is 'When it is tried again, by the clock of the service; null: at once.';
comment on column public.webhook_delivery.claimed_until is 'By the clock of the database: until then whoever claimed it may be sending it.';
create index webhook_delivery_that_waits on webhook_delivery (webhook_id, subject_type, subject_id, position) where state = 'WAITING';
create index webhook_delivery_by_position on webhook_delivery (webhook_id, position);

-- Wakes whoever sends, in the transaction that leaves something to be sent: a job of the worker, where the worker has its tables.
create function public.wake_for_webhooks(p_at timestamptz) returns void language plpgsql security definer set search_path = '' as $$
begin
  if to_regclass('graphile_worker.jobs') is not null then
    perform graphile_worker.add_job('send_webhooks', '{}'::json, run_at := p_at);
  end if;
end $$;
revoke all on function public.wake_for_webhooks(timestamptz) from public;

-- What an organisation is told is queued for each of its webhooks that asks for it, in the same transaction. The lock makes whoever
-- tells of one subject wait for each other until they are committed, also where they do not hold the subject itself.
create function public.queue_for_webhooks() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_subject record;
begin
  for v_subject in
    select distinct n.subject_type, n.subject_id from new_notifications n
      join public.webhook w on w.org = n.org and (w.kinds is null or n.kind = any (w.kinds))
     order by 1, 2
  loop
    perform pg_advisory_xact_lock(4112049, hashtext(v_subject.subject_type || '/' || v_subject.subject_id));
    insert into public.webhook_delivery (webhook_id, event_id, notification_id, kind, subject_type, subject_id, at)
      select w.id, n.id, n.id, n.kind, n.subject_type, n.subject_id, n.at from new_notifications n
        join public.webhook w on w.org = n.org and (w.kinds is null or n.kind = any (w.kinds))
       where n.subject_type = v_subject.subject_type and n.subject_id = v_subject.subject_id
       order by n.id;
    perform public.wake_for_webhooks(now());
  end loop;
  return null;
end $$;
revoke all on function public.queue_for_webhooks() from public;
create trigger notification_is_queued_for_webhooks after insert on notification referencing new table as new_notifications
  for each statement execute function public.queue_for_webhooks();

-- What waits again, later, has a job for its time; a second later, so that the clock of the service is not behind that of the database.
create function public.wake_when_due() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform public.wake_for_webhooks(new.due_at + interval '1 second');
  return null;
end $$;
revoke all on function public.wake_when_due() from public;
create trigger webhook_delivery_wakes_when_due after update of due_at on webhook_delivery
  for each row when (new.state = 'WAITING' and new.due_at is not null) execute function public.wake_when_due();

alter table webhook enable row level security;
create policy webhook_is_of_its_organisation on webhook using (
  coalesce(current_setting('accord.reader', true), '') = 'system' or org = current_setting('accord.org', true));
alter table webhook_secret enable row level security;
create policy secret_is_of_its_webhook on webhook_secret using (exists (select from webhook w where w.id = webhook_id));
alter table webhook_delivery enable row level security;
create policy delivery_is_of_its_webhook on webhook_delivery using (exists (select from webhook w where w.id = webhook_id));
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.webhook, public.webhook_secret, public.webhook_delivery to accord_app');
select public.grant_if_role('accord_app', 'grant execute on function public.wake_for_webhooks(timestamptz) to accord_app');
