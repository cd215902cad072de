-- 0043_workflow.sql
--
-- What      Sign-off: routes, what happened in each sign-off, lists made from that, and timers.
-- Why       docs/decisions/0019-sign-off.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0011_notifications.sql
-- Undo      forward only
-- Trust     written by the service alone; read by whoever may see what is signed off, private words by the organisation that wrote them

-- Until when the reader of this transaction may know what becomes of a subject; null: not at all.
create function public.knows_subject_until(p_type text, p_id text) returns timestamptz
language sql stable set search_path = '' as $$
  select case when p_type = 'agreement' then public.knows_agreement_until(p_id)
              when public.may_see_subject(p_type, p_id) then 'infinity'::timestamptz end
$$;

-- A version of a route never changes: a sign-off keeps those that it began with.
create table sign_off_route (
  key     text        primary key check (key ~ '^([A-Z0-9_]{1,64}/)?[A-Z][A-Z0-9_]{0,63}/[1-9][0-9]{0,5}$'),
  owner   text        references organisation on delete restrict,
  code    text        not null,
  version int         not null check (version > 0),
  route   jsonb       not null,
  at      timestamptz not null,
  constraint route_has_one_row_a_version unique nulls not distinct (code, owner, version)
);
create trigger sign_off_route_is_append_only before update or delete or truncate on sign_off_route
  for each statement execute function policy.refuse_change();

-- The next version of a route while its organisation writes it: nothing goes by it.
create table sign_off_route_draft (
  owner      text        not null references organisation on delete restrict,
  code       text        not null check (code ~ '^[A-Z][A-Z0-9_]{0,63}$'),
  route      jsonb       not null,
  based_on   int         check (based_on > 0),
  state      uuid        not null,
  issuer     text        not null,
  subject    text        not null,
  changed_at timestamptz not null,
  primary key (owner, code)
);
comment on column public.sign_off_route_draft.state is 'Another one each time it is saved, also after a draft was given up.';
comment on column public.sign_off_route_draft.issuer is 'With the subject: who saved it last.';

create table sign_off (
  id              uuid        primary key,
  subject_type    text        not null,
  subject_id      text        not null,
  subject_version int         not null check (subject_version >= 0),
  subject_hash    text        not null check (subject_hash ~ '^[0-9a-f]{64}$'),
  keeper          text        not null references organisation on delete restrict,
  route           text        not null references sign_off_route on delete restrict,
  status          text        not null,
  row_version     bigint      not null default 1 check (row_version > 0),
  act_count       bigint      not null default 0 check (act_count >= 0),
  event_count     bigint      not null check (event_count > 0),
  started_at      timestamptz not null
);
create index sign_off_by_subject on sign_off (subject_type, subject_id, subject_version);
create unique index content_is_signed_off_once_at_a_time on sign_off (subject_type, subject_id, subject_version)
  where status in ('OPEN', 'HELD', 'COMPLETE');
create function public.refuse_change_of_sign_off() returns trigger language plpgsql set search_path = '' as $$
begin
  if row (old.id, old.subject_type, old.subject_id, old.subject_version, old.subject_hash, old.route, old.started_at)
    is distinct from row (new.id, new.subject_type, new.subject_id, new.subject_version, new.subject_hash, new.route, new.started_at) then
    raise exception 'sign-off % keeps its subject and its route', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger sign_off_keeps_what_it_is_of before update on sign_off for each row execute function public.refuse_change_of_sign_off();

-- What happened, in order: the state of a sign-off is this and nothing else. Routes stand here by their keys.
create table sign_off_event (
  sign_off_id uuid        not null references sign_off on delete restrict,
  sequence    bigint      not null check (sequence > 0),
  at          timestamptz not null,
  type        text        not null,
  only_org    text,
  data        jsonb       not null,
  -- The words by which a comment, or what was said with a decision, is found; null: nothing is said in it.
  words       tsvector    generated always as (nullif(case
                when type = 'COMMENTED' then to_tsvector('english'::regconfig, coalesce(data ->> 'text', ''))
                when type = 'RETURNED' then to_tsvector('english'::regconfig, coalesce(data ->> 'reasons', ''))
                when type in ('RETURN_TAKEN_BACK', 'STEP_REFUSED', 'OVERRULED', 'CHAIN_ENDED')
                  then to_tsvector('english'::regconfig, coalesce(data ->> 'reason', ''))
                when type = 'TASK_DONE'
                  then to_tsvector('english'::regconfig, coalesce(jsonb_path_query_array(data, '$.result.conditions[*].text'), '[]'))
                    || to_tsvector('english'::regconfig, coalesce(data #>> '{result,comment}', ''))
                    || to_tsvector('english'::regconfig, coalesce(data #>> '{result,adopted,reason}', ''))
              end, ''::tsvector)) stored,
  primary key (sign_off_id, sequence)
);
create index sign_off_event_by_words on sign_off_event using gin (words) where words is not null;
comment on column sign_off_event.only_org is 'The organisation that keeps these words to itself; null: whoever sees the sign-off reads them.';
create trigger sign_off_event_is_append_only before update or delete or truncate on sign_off_event
  for each statement execute function policy.refuse_change();

-- Lists, made from the events; both can be thrown away and made again. `org` and `chain_org` are empty for the steps of the whole.
create table sign_off_chain (
  sign_off_id uuid not null references sign_off on delete restrict,
  org         text not null,
  route       text not null,
  status      text not null,
  primary key (sign_off_id, org)
);
-- What a task is of stands in its row, so that a list reads one table.
create table sign_off_task (
  sign_off_id     uuid        not null references sign_off on delete restrict,
  sign_off_status text        not null,
  subject_type    text        not null,
  subject_id      text        not null,
  subject_version int         not null,
  subject_hash    text        not null,
  chain_org       text        not null,
  step            text        not null,
  task            int         not null,
  org             text        not null,
  role            text        not null,
  kind            text        not null,
  state           text        not null check (state in ('OPEN', 'DONE')),
  assignee_issuer text,
  assignee_sub    text,
  deputy_issuer   text,
  deputy_sub      text,
  deputy_first    date,
  deputy_last     date,
  due_day         date,
  opened_at       timestamptz not null,
  done_issuer     text,
  done_sub        text,
  done_at         timestamptz,
  outcome         text,
  primary key (sign_off_id, chain_org, step, task)
);
create index open_task_by_due_day on sign_off_task (org, due_day, sign_off_id, chain_org, step, task) where state = 'OPEN';
create index open_task_by_subject on sign_off_task (org, subject_id) where state = 'OPEN';
create index task_done_at on sign_off_task (org, done_at desc) where state = 'DONE';
create index task_done_by on sign_off_task (org, done_sub, done_at desc) where state = 'DONE';

-- Instants at which something falls due by the clock of the service: of a sign-off, or of what another room keeps.
create table timer (
  room       text        not null,
  subject_id text        not null,
  name       text        not null,
  due_at     timestamptz not null,
  fired_at   timestamptz,
  primary key (room, subject_id, name)
);
create index timer_that_runs on timer (due_at, room, subject_id, name) where fired_at is null;

-- Wakes whoever fires timers, in the transaction that sets one: a job of the worker for each instant, where the worker has its tables.
-- A second later, so that the clock of the service is not behind that of the database when it looks.
create function public.wake_for_timers() returns trigger language plpgsql security definer set search_path = '' as $$
declare v_at timestamptz;
begin
  if to_regclass('graphile_worker.jobs') is null then return null; end if;
  for v_at in select distinct n.due_at from new_timers n where n.fired_at is null loop
    -- Looked for first, so that whoever sets a timer for a day that has one waits for nobody.
    if not exists (select from graphile_worker.jobs j where j.key = 'fire_timers:' || v_at::text and j.locked_at is null) then
      perform graphile_worker.add_job('fire_timers', '{}'::json, run_at := v_at + interval '1 second', job_key := 'fire_timers:' || v_at::text);
    end if;
  end loop;
  return null;
end $$;
revoke all on function public.wake_for_timers() from public;
create trigger timer_wakes_the_worker after insert on timer referencing new table as new_timers for each statement execute function public.wake_for_timers();

alter table sign_off_route enable row level security;
create policy route_is_read_by_everybody on sign_off_route for select using (true);
create policy route_is_added_by_the_service on sign_off_route for insert with check (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table sign_off_route_draft enable row level security;
create policy route_draft_is_seen_by_its_organisation on sign_off_route_draft for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or owner = current_setting('accord.org', true));
create policy route_draft_is_kept_by_the_service on sign_off_route_draft using (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table sign_off enable row level security;
-- Whoever left is shown what had begun by then, and of that what had happened.
create policy sign_off_is_seen_with_its_subject on sign_off for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or started_at <= public.knows_subject_until(subject_type, subject_id));
create policy sign_off_is_added_by_the_service on sign_off for insert with check (coalesce(current_setting('accord.reader', true), '') = 'system');
create policy sign_off_is_changed_by_the_service on sign_off for update using (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table sign_off_event enable row level security;
create policy event_is_seen_with_its_sign_off on sign_off_event for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
  or ((only_org is null or only_org = current_setting('accord.org', true))
    and at <= (select public.knows_subject_until(s.subject_type, s.subject_id) from sign_off s where s.id = sign_off_id)));
create policy event_is_added_by_the_service on sign_off_event for insert with check (coalesce(current_setting('accord.reader', true), '') = 'system');
-- How the parties stand by now is seen by whoever may still know what becomes of the subject; a leaving that is announced has not come.
alter table sign_off_chain enable row level security;
create policy chain_is_seen_with_its_sign_off on sign_off_chain for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
  or clock_timestamp() < (select public.knows_subject_until(s.subject_type, s.subject_id) from sign_off s where s.id = sign_off_id));
create policy chain_is_kept_by_the_service on sign_off_chain using (coalesce(current_setting('accord.reader', true), '') = 'system');
-- A task is its organisation's own: once that takes no part any longer, it has none here.
alter table sign_off_task enable row level security;
create policy task_is_seen_by_its_organisation on sign_off_task for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor') or org = current_setting('accord.org', true));
create policy task_is_kept_by_the_service on sign_off_task using (coalesce(current_setting('accord.reader', true), '') = 'system');
alter table timer enable row level security;
create policy timer_is_kept_by_the_service on timer using (coalesce(current_setting('accord.reader', true), '') = 'system');

-- The sign-offs in which somebody said the words, as the reader may read it, the last begun first: with the latest such events of each.
-- The index is read before it is asked who may read what, which no policy would do; what is said here is what the policies above say.
create function public.said_with_words(p_query tsquery, p_before uuid, p_limit int, p_events int)
returns table (sign_off_id uuid, sequences bigint[]) language plpgsql stable security definer set search_path = '' as $$
declare
  v_org text := pg_catalog.current_setting('accord.org', true);
  v_all boolean := coalesce(pg_catalog.current_setting('accord.reader', true), '') in ('system', 'auditor');
begin
  return query
    with said as materialized (
      select e.sign_off_id, e.sequence, e.at from public.sign_off_event e
       where e.words is not null and e.words @@ p_query and (v_all or e.only_org is null or e.only_org = v_org)
         and (p_before is null or e.sign_off_id < p_before))
    select s.id, (array_agg(said.sequence order by said.sequence desc))[1:p_events]
      from (select distinct d.sign_off_id from said d) as found
      join public.sign_off s on s.id = found.sign_off_id
      cross join lateral (select case when v_all then 'infinity'::timestamptz else public.knows_subject_until(s.subject_type, s.subject_id) end as until offset 0) as known
      join said on said.sign_off_id = s.id and said.at <= known.until
     where s.started_at <= known.until
     group by s.id order by s.id desc limit p_limit;
end $$;

revoke all on function public.knows_subject_until(text, text), public.said_with_words(tsquery, uuid, int, int) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.knows_subject_until(text, text), public.said_with_words(tsquery, uuid, int, int) to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.sign_off_route, public.sign_off_event to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.sign_off to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.sign_off_chain, public.sign_off_task, public.timer, public.sign_off_route_draft to accord_app');
