-- 0014_decisions.sql
--
-- What      API clients that are answered no more; search over recorded decisions, filled from leaf and payload behind the answers.
-- Why       docs/decisions/0007-never-stale.md: a revocation must be as quick as a suspension, so it makes a revision.
--           docs/decisions/0006-tamper-evident-log.md: appending stays one statement, looking things up is not its business
-- Phase     expand
-- Locks     share row exclusive on audit.payload for an instant
-- Needs     0002_policy.sql, 0004_audit_retention.sql
-- Undo      drop the search: everything in it is made again from the log
-- Trust     whoever may publish policy can revoke a client; nobody can take it back. A row of the search proves nothing, the leaf
--           does: whoever owns it can hide a decision from a search, not from the log

create table api_client_revocation (
  client_id  text        primary key check (length(client_id) between 1 and 200),
  revoked_at timestamptz not null,
  revoked_by text        not null,
  reason     text,
  leaf_id    uuid        not null
);
comment on table api_client_revocation is 'One row a revoked client_id, for ever. What nodes act on is the policy record of the same id.';
create trigger api_client_revocation_is_append_only before update or delete or truncate on api_client_revocation
  for each statement execute function policy.refuse_change();

create table decision_search (
  log_id         int         not null,
  idx            bigint      not null,
  decision_id    uuid        not null,
  evaluation     int         not null check (evaluation >= 0),
  evaluations    int         not null check (evaluations > evaluation),
  at             timestamptz not null,
  outcome        text        not null check (outcome in ('PERMIT', 'DENY', 'ERROR', 'SEARCH')),
  simulated      boolean     not null,
  reasons        text[]      not null,
  revision       bigint      not null,
  via            text,
  mode           text,
  provider       text,
  recipient      text,
  purpose        text,
  agreement      text,  -- relied on: for its parties
  told_agreement text,  -- named in the answer: for whoever asked
  caller_org     text,
  caller_client  text,
  primary key (log_id, idx, evaluation),
  unique (decision_id, evaluation)
);
comment on table decision_search is 'One row an evaluation of a call. Codes only, no person. Null members: the payload was gone, or the call could not be read.';
create index decision_search_by_time on decision_search (at);
create index decision_search_by_provider on decision_search (provider, log_id, idx);
create index decision_search_by_recipient on decision_search (recipient, log_id, idx);
create index decision_search_by_caller on decision_search (caller_org, log_id, idx);
create index decision_search_by_agreement on decision_search (agreement, log_id, idx);
create index decision_search_without_agreement on decision_search (at) where outcome = 'DENY' and not simulated and 'NO_AGREEMENT' = any (reasons);
create index decision_search_break_glass on decision_search (log_id, idx) where via = 'BREAK_GLASS';

-- How far each log has been read: indices are gapless and become visible in order, so one number is enough.
create table decision_search_progress (
  log_id   int    primary key,
  next_idx bigint not null check (next_idx >= 0)
);

create function public.may_see_decision(p_provider text, p_recipient text, p_caller text) returns boolean
language sql stable set search_path = '' as $$
  select coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
      or coalesce(nullif(current_setting('accord.org', true), '') in (p_provider, p_recipient, p_caller), false)
$$;

alter table decision_search enable row level security;
create policy decision_is_seen_by_its_parties on decision_search for select
  using (may_see_decision(provider, recipient, caller_org));

-- jsonb knows neither NUL nor half a surrogate pair. A caller must not be able to hide its decision behind one.
create function public.as_jsonb(p_text text) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  return p_text::jsonb;
exception when others then
  begin
    return regexp_replace(p_text, '\\u(0000|d[89a-f][0-9a-f]{2})', '\\ufffd', 'gi')::jsonb;
  exception when others then
    return null;
  end;
end $$;

-- What a search needs of a payload, all of which stands before the answer in it. No text in a payload can end with what is looked
-- for, since a quote within a text is written behind a backslash. Null: it is no JSON up to there.
create function public.before_the_answer(p_body bytea) returns text
language sql immutable set search_path = '' as $$
  select case when a.at > 1 then convert_from(substring(p_body for a.at - 1), 'UTF8') || '}' else convert_from(p_body, 'UTF8') end
    from (select position('\x2c22726573706f6e7365223a'::bytea in p_body) as at) a
$$;

-- The rows of the leaves from p_from to p_to of a log, one an evaluation; a search, whose n counts what it found, is one row. A payload that is not the recorded one is not copied: its
-- evaluations are then found by what the leaf says of all of them. An AGREEMENT was told where the leaf, or of several the answer,
-- names one. p_careful: texts that jsonb does not know are made such that it does; it costs, so it is done for those stretches alone
-- that have one.
create function public.searched_rows(p_log int, p_from bigint, p_to bigint, p_careful boolean) returns setof public.decision_search
language sql stable set search_path = '' as $$
  select l.log_id, l.idx, l.event_id, coalesce(k.k, 0), greatest(j.n, 1), to_timestamp(j.ts / 1000.0),
      case when e.d then 'PERMIT' when not e.d then 'DENY' when j.st = 'Ok' then 'SEARCH' else 'ERROR' end, coalesce(j.sim, false),
      case when k.is_read then array(select r.reason ->> 'code' from json_array_elements(k.reasons) as r(reason)) else j.rc end,
      j.rev,
      case when not e.d then null
           when e.d and q.mode = 'AD_HOC' then 'AD_HOC' when e.d and e.is_read and e.relied_on is null then 'BREAK_GLASS'
           when e.d and e.is_read then 'AGREEMENT' end,
      q.mode, q.provider, q.recipient, q.purpose, e.relied_on, e.told, c.org, c.client_id
    from audit.leaf l
    -- Read once: what is not fenced off is worked out again for every member that is asked for.
    cross join lateral (
      select r.t, r.ts, r.d, r.sim, r.rc, r.rev, r.ctr, r.st, case when r.t like 'adl.search%' then 1 else r.n end as n
        from jsonb_to_record(convert_from(l.leaf, 'UTF8')::jsonb) as r(t text, ts bigint, d boolean, sim boolean, rc text[], rev bigint, ctr text, n int, st text)
      offset 0) j
    left join lateral (
      select p.body
        from audit.payload p
       where p.event_id = l.event_id
         -- The day is that of the append, the instant that of the leaf: they may lie on two sides of midnight.
         and p.day between (to_timestamp(j.ts / 1000.0) at time zone 'UTC')::date - 1 and (to_timestamp(j.ts / 1000.0) at time zone 'UTC')::date + 1
         and audit.is_recorded(l.event_id, l.leaf, p.salt, p.body)
       limit 1 offset 0) p on true
    -- Of one evaluation what stands before the answer. Of several, which stand at the end, only the members that are asked for are read
    -- out of their text: to make jsonb of a thousand answers takes ten times as long.
    left join lateral (
      select case when j.n > 1 then null
                  when p_careful then coalesce(public.as_jsonb(public.before_the_answer(p.body)), v.whole)
                  else public.before_the_answer(p.body)::jsonb end as body,
          case when p_careful then v.whole -> 'caller'
               when v.at > 1 then (convert_from(substring(p.body for v.at - 1), 'UTF8') || '}')::jsonb -> 'caller' end as caller,
          case when j.n > 1 and p_careful then (v.whole -> 'evaluations')::json
               when v.at > 1 then convert_from(substring(p.body from v.at + 15 for octet_length(p.body) - v.at - 15), 'UTF8')::json end as evaluations
        from (select case when j.n > 1 then position('\x2c226576616c756174696f6e73223a'::bytea in p.body) end as at,
                  case when p_careful then public.as_jsonb(convert_from(p.body, 'UTF8')) end as whole offset 0) v
      offset 0) b on true
    left join lateral (
      select i.n - 1 as k, true as is_read, r.request, r.relied_on, a.decision, a.agreement, a.reasons
        from json_array_elements(b.evaluations) with ordinality as i(item, n)
        cross join lateral json_to_record(i.item) as r(request jsonb, relied_on text, response json)
        left join lateral json_to_record(r.response) as a(decision text, agreement text, reasons json) on true
      union all
      select g.k, null, null, null, null, null, null
        from generate_series(0, case when j.n > 1 and b.evaluations is null then j.n - 1 end) as g(k)) k on true
    cross join lateral (
      select case when k.is_read then k.decision = 'PERMIT' else j.d end as d,
          case when k.is_read then k.request else b.body -> 'request' end as request,
          case when k.is_read then k.relied_on else b.body ->> 'relied_on' end as relied_on,
          case when k.is_read then k.agreement when j.ctr is not null then b.body ->> 'relied_on' end as told,
          coalesce(k.is_read, b.body is not null) as is_read
      offset 0) e
    left join lateral jsonb_to_record(e.request) as q(mode text, provider text, recipient text, purpose text) on jsonb_typeof(e.request) = 'object'
    left join lateral jsonb_to_record(coalesce(b.caller, b.body -> 'caller')) as c(org text, client_id text) on true
   where l.log_id = p_log and l.idx between p_from and p_to and j.t like 'adl.%'
$$;

-- Reads the next leaves of every decisions log into the table; answers how many leaves it read. Done twice is done once,
-- and of two nodes one does it and the other goes on.
create function public.fill_decision_search(p_limit int) returns int
language plpgsql security definer set search_path = '' as $$
declare v_log int; v_next bigint; v_last bigint; v_read int; v_all int := 0;
begin
  for v_log in select l.log_id from audit.log l where l.kind = 'decisions' order by l.log_id loop
    insert into public.decision_search_progress (log_id, next_idx) values (v_log, 0) on conflict do nothing;
    select p.next_idx into v_next from public.decision_search_progress p where p.log_id = v_log for update skip locked;
    continue when not found;
    select count(*), max(l.idx) into v_read, v_last
      from (select idx from audit.leaf where log_id = v_log and idx >= v_next order by idx limit p_limit - v_all) l;
    continue when v_read = 0;
    begin
      insert into public.decision_search select * from public.searched_rows(v_log, v_next, v_last, false) on conflict (log_id, idx, evaluation) do nothing;
    exception when data_exception then
      insert into public.decision_search select * from public.searched_rows(v_log, v_next, v_last, true) on conflict (log_id, idx, evaluation) do nothing;
    end;
    update public.decision_search_progress set next_idx = v_last + 1 where log_id = v_log;
    v_all := v_all + v_read;
    exit when v_all >= p_limit;
  end loop;
  return v_all;
end $$;

-- How many leaves of decisions logs no search finds yet.
create function public.unsearched_decisions() returns bigint
language sql stable security definer set search_path = '' as $$
  select coalesce(sum(h.size - coalesce(p.next_idx, 0)), 0)::bigint
    from audit.log l join audit.head h on h.log_id = l.log_id left join public.decision_search_progress p on p.log_id = l.log_id
   where l.kind = 'decisions'
$$;

-- Retention takes the row along (its time is over); an erasure takes request and answer, and leaves the codes, which say nothing
-- of a person: whoever erases a payload must not thereby hide a decision, least of all a broken glass, from those who review it.
create function public.forget_decision() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if coalesce(current_setting('accord.erasing', true), '') <> 'on' then
    delete from public.decision_search where decision_id = old.event_id;
  end if;
  return null;
end $$;
create trigger payload_takes_its_search_row_along after delete on audit.payload
  for each row execute function public.forget_decision();

-- What has not been copied yet is copied first. Whoever is copying at this moment is waited for: the lock is not skipped here.
create function public.remember_decisions() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if coalesce(current_setting('accord.erasing', true), '') = 'on' then
    perform from public.decision_search_progress order by log_id for update;
    while public.fill_decision_search(1000) > 0 loop end loop;
  end if;
  return null;
end $$;
create trigger payload_is_searchable_before_it_is_erased before delete on audit.payload
  for each statement execute function public.remember_decisions();

-- Leaf, salt and payload of calls as stored, for whoever may see one of their evaluations, and which of them (from 0). Whom one is
-- about is read out of a recorded payload alone, else out of the search; where neither says, the system and auditors alone see it.
create function public.recorded_decisions(p_ids uuid[])
returns table (decision_id uuid, log_id int, idx bigint, leaf text, salt bytea, body bytea, seen int[])
language sql stable security definer set search_path = '' as $$
  select l.event_id, l.log_id, l.idx, convert_from(l.leaf, 'UTF8'), b.salt, b.body, k.seen
    from unnest(p_ids) with ordinality as i(id, n)
    join audit.leaf l on l.event_id = i.id and l.log_id in (select g.log_id from audit.log g where g.kind = 'decisions')
    cross join lateral (
      select r.ts, case when r.t like 'adl.search%' then 1 else r.n end as n from json_to_record(convert_from(l.leaf, 'UTF8')::json) as r(t text, ts bigint, n int)) j
    cross join lateral (select (to_timestamp(j.ts / 1000.0) at time zone 'UTC')::date as day) t
    left join lateral (
      select p.salt, p.body, audit.is_recorded(l.event_id, l.leaf, p.salt, p.body) as is_recorded
        from audit.payload p where p.event_id = l.event_id and p.day between t.day - 1 and t.day + 1 limit 1) b on true
    cross join lateral (select case when b.is_recorded then public.as_jsonb(convert_from(b.body, 'UTF8')) end as json) v
    cross join lateral (
      select array_agg(w.k order by w.k) as seen
        from generate_series(0, greatest(j.n, 1) - 1) as w(k)
        left join public.decision_search s on s.decision_id = l.event_id and s.evaluation = w.k and b.is_recorded is not true
        left join jsonb_array_elements(case when j.n > 1 then v.json -> 'evaluations' end) with ordinality as i(item, n) on i.n = w.k + 1
        cross join lateral (select case when j.n > 1 then i.item else v.json end as item) e
       where public.may_see_decision(
         coalesce(e.item #>> '{request,provider}', s.provider), coalesce(e.item #>> '{request,recipient}', s.recipient),
         coalesce(v.json #>> '{caller,org}', s.caller_org))) k
   where k.seen is not null
   order by i.n
$$;

revoke all on function public.as_jsonb(text), public.before_the_answer(bytea), public.searched_rows(int, bigint, bigint, boolean), public.may_see_decision(text, text, text), public.fill_decision_search(int),
  public.unsearched_decisions(), public.forget_decision(), public.remember_decisions(), public.recorded_decisions(uuid[]) from public;
select public.grant_if_role('accord_app', 'grant select, insert on public.api_client_revocation to accord_app');
select public.grant_if_role('accord_app', 'grant select on public.decision_search, public.decision_search_progress to accord_app');
select public.grant_if_role('accord_app', 'grant execute on function public.may_see_decision(text, text, text), public.fill_decision_search(int), public.unsearched_decisions(), public.recorded_decisions(uuid[]) to accord_app');
