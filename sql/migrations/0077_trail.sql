-- 0077_trail.sql
--
-- What      The trail of acts and of reads of the log, to be searched: filled from leaf and payload of the governance log, behind the acts.
-- Why       docs/decisions/0006-tamper-evident-log.md: appending stays one statement, looking things up is not its business
-- Phase     expand
-- Locks     share row exclusive on audit.payload for an instant
-- Needs     0009_agreement_readers.sql, 0014_decisions.sql, 0042_requests.sql, 0045_emergencies.sql
-- Undo      drop it: everything in it is made again from the log
-- Trust     a row proves nothing, the leaf does: whoever owns the table can hide an act from a search, not from the log

create table trail_entry (
  log_id      int         not null,
  idx         bigint      not null,
  leaf_id     uuid        not null unique,
  at          timestamptz not null,
  -- What the leaf is, without its prefix: agreement.signed, log.read.
  event       text        not null,
  act         text,
  org         text,
  actor       text,
  issuer      text,
  record_type text,
  record      text,
  -- Number of the act among those on its agreement.
  sequence    bigint,
  from_status text,
  to_status   text,
  refused     boolean     not null,
  -- Others whom it concerns, besides those who may know the agreement.
  concerns    text[]      not null,
  -- Of a read: what was shown, of which log, from which entry on, and how many.
  what        text,
  of_log      text,
  first_entry bigint,
  entries     bigint,
  primary key (log_id, idx)
);
comment on table trail_entry is 'One row an entry of the governance log, by whom and of what. Null members: the payload was gone, or the log wrote it by itself.';
create index trail_entry_by_time on trail_entry (at);
create index trail_entry_by_org on trail_entry (org, log_id, idx);
create index trail_entry_by_actor on trail_entry (actor, log_id, idx);
create index trail_entry_by_record on trail_entry (record, log_id, idx);
create index trail_entry_by_event on trail_entry (event, log_id, idx);
create index trail_entry_of_reads on trail_entry (log_id, idx) where event = 'log.read';
create index trail_entry_of_refusals on trail_entry (log_id, idx) where refused;

-- Who may see each entry, or might: who acted, whom else it concerns, and of an agreement whoever takes part in it or keeps it, or did. An
-- index finds theirs in their order, however long the trail of others is; what of it they may know is asked of each.
create table trail_concern (
  org    text   not null,
  log_id int    not null,
  idx    bigint not null,
  primary key (org, log_id, idx)
);

-- How far each log has been read.
create table trail_progress (
  log_id   int    primary key,
  next_idx bigint not null check (next_idx >= 0)
);

-- The two that a one-off disclosure, an emergency or a request is between.
create function public.between_whom(p_type text, p_record text) returns text[]
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_record !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then return '{}'; end if;
  return coalesce(case p_type
    when 'disclosure' then (select array[r.provider, r.recipient] from public.disclosure_request r where r.id = p_record::uuid)
    when 'emergency' then (select array[e.provider, e.recipient] from public.emergency e where e.id = p_record::uuid)
    when 'request' then (select array[s.provider, s.recipient] from public.share_request s where s.id = p_record::uuid)
  end, '{}');
end $$;

-- The rows of the leaves from p_from to p_to of a log. Who acted, and on which record, is read out of a recorded payload alone; entries that
-- say nothing (canaries) are left out. A refusal concerns whoever was refused and nobody else.
create function public.trail_rows(p_log int, p_from bigint, p_to bigint) returns setof public.trail_entry
language sql stable set search_path = '' as $$
  select l.log_id, l.idx, l.event_id, to_timestamp(j.ts / 1000.0), e.event, j.act,
      coalesce(substring(j.org from '^urn:accord:organisation:(.+)$'), b.body ->> 'org', b.body #>> '{reader,org}'),
      coalesce(b.body ->> 'actor', b.body #>> '{reader,sub}'), coalesce(b.body ->> 'issuer', b.body #>> '{reader,issuer}'),
      t.type, r.record, j.cseq, j."from", j."to", j.st is not distinct from 'Refused',
      array(select distinct c.org from (
          select unnest(public.between_whom(t.type, r.record)) as org where j.st is distinct from 'Refused'
          union all select r.record where t.type = 'organisation' and j.st is distinct from 'Refused'
          union all select b.body #>> '{detail,org}' where j.st is distinct from 'Refused' and t.type <> 'agreement'
          union all select jsonb_array_elements_text(case when jsonb_typeof(b.body -> 'concerns') = 'array' then b.body -> 'concerns' end)) c
        where c.org is not null),
      j.what, case when j.what is not null then substring(j.origin from '[^/]+$') end, j.first, case when j.what is not null then j.n end
    from audit.leaf l
    cross join lateral (
      select x.* from jsonb_to_record(convert_from(l.leaf, 'UTF8')::jsonb) as x(
        t text, ts bigint, act text, org text, ctr text, cseq bigint, "from" text, "to" text, st text, what text, origin text, first jsonb, n bigint)
      offset 0) k
    cross join lateral (select k.t, k.ts, k.act, k.org, k.ctr, k.cseq, k."from", k."to", k.st, k.what, k.origin, k.n,
        case when k.what is not null then (k.first #>> '{}')::bigint end as first) j
    left join lateral (
      select public.as_jsonb(convert_from(p.body, 'UTF8')) as body
        from audit.payload p
       where p.event_id = l.event_id
         and p.day between (to_timestamp(j.ts / 1000.0) at time zone 'UTC')::date - 1 and (to_timestamp(j.ts / 1000.0) at time zone 'UTC')::date + 1
         and audit.is_recorded(l.event_id, l.leaf, p.salt, p.body)
       limit 1 offset 0) b on true
    cross join lateral (select case when j.t = 'audit.read' then 'log.read' else regexp_replace(j.t, '^(gov|audit)\.', '') end as event) e
    cross join lateral (select case when j.t like 'gov.%' then split_part(e.event, '.', 1) end as type) t
    -- A record stands in the payload under the name of its kind, or the last word of it.
    cross join lateral (select coalesce(substring(j.ctr from '^urn:accord:agreement:(.+)$'), b.body ->> t.type,
        b.body ->> substring(t.type from '[^_]+$'), case when t.type = 'client' then b.body ->> 'client_id' end) as record) r
   where l.log_id = p_log and l.idx between p_from and p_to and j.t <> 'audit.canary'
$$;

-- Reads the next leaves of every governance log into the table; answers how many leaves it read. Done twice is done once, and of two nodes
-- one does it and the other goes on.
create function public.fill_trail(p_limit int) returns int
language plpgsql security definer set search_path = '' as $$
declare v_log int; v_next bigint; v_last bigint; v_read int; v_all int := 0;
begin
  for v_log in select l.log_id from audit.log l where l.kind = 'governance' order by l.log_id loop
    insert into public.trail_progress (log_id, next_idx) values (v_log, 0) on conflict do nothing;
    select p.next_idx into v_next from public.trail_progress p where p.log_id = v_log for update skip locked;
    continue when not found;
    select count(*), max(l.idx) into v_read, v_last
      from (select idx from audit.leaf where log_id = v_log and idx >= v_next order by idx limit p_limit - v_all) l;
    continue when v_read = 0;
    insert into public.trail_entry select * from public.trail_rows(v_log, v_next, v_last) on conflict do nothing;
    update public.trail_progress set next_idx = v_last + 1 where log_id = v_log;
    v_all := v_all + v_read;
    exit when v_all >= p_limit;
  end loop;
  return v_all;
end $$;

-- Whoever comes to an agreement comes by an act on it: the rows of that act take along the earlier ones for whom they are new.
create function public.note_concerns() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into public.trail_concern (org, log_id, idx)
    with act as (select distinct a.record from added a where a.sequence is not null),
         taking_part as (
           select p.agreement_id as record, p.org from act join public.agreement_party p on p.agreement_id = act.record
           union select g.id, g.owner_org from act join public.agreement g on g.id = act.record
           union select k.agreement_id, k.to_org from act join public.keeper_change k on k.agreement_id = act.record)
    select c.org, a.log_id, a.idx from added a cross join lateral unnest(a.org || a.concerns) as c(org) where c.org is not null
    union select t.org, a.log_id, a.idx from added a join taking_part t using (record) where a.sequence is not null
    union select t.org, e.log_id, e.idx
      from taking_part t
      cross join lateral (select f.log_id, f.idx from public.trail_entry f where f.record = t.record and f.sequence is not null
        order by f.log_id, f.idx limit 1) first
      join public.trail_entry e on e.record = t.record and e.sequence is not null
     where not exists (select from public.trail_concern c where (c.org, c.log_id, c.idx) = (t.org, first.log_id, first.idx))
    on conflict do nothing;
  return null;
end $$;
create trigger entry_is_found_by_those_it_concerns after insert on trail_entry
  referencing new table as added for each statement execute function public.note_concerns();

-- How many leaves of governance logs no search finds yet.
create function public.unsearched_acts() returns bigint
language sql stable security definer set search_path = '' as $$
  select coalesce(sum(h.size - coalesce(p.next_idx, 0)), 0)::bigint
    from audit.log l join audit.head h on h.log_id = l.log_id left join public.trail_progress p on p.log_id = l.log_id
   where l.kind = 'governance'
$$;

-- What is erased of an act takes along who it was; that it was done stays, as in the log.
create function public.forget_actor() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  update public.trail_entry set actor = null, issuer = null where leaf_id = old.event_id;
  return null;
end $$;
create trigger payload_takes_its_actor_along after delete on audit.payload for each row execute function public.forget_actor();

-- The agreements that the reader takes part in or keeps, or did: whether it may know an act on one is may_see_act's to say. Looked up once a search.
create function public.agreements_ever_known() returns table (id text)
language sql stable security definer set search_path = '' as $$
  select p.agreement_id from public.agreement_party p where p.org = current_setting('accord.org', true)
  union select a.id from public.agreement a where a.owner_org = current_setting('accord.org', true)
  union select k.agreement_id from public.keeper_change k where k.to_org = current_setting('accord.org', true)
$$;

-- Whoever acted and whom it concerns, and of an agreement who may know the act. The service says the same of every search; the agreements are
-- looked up once, and before each is asked what its reader may know.
alter table trail_entry enable row level security;
create policy entry_is_seen_by_those_it_concerns on trail_entry for select using (
  coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
  or org = nullif(current_setting('accord.org', true), '')
  or concerns @> array[nullif(current_setting('accord.org', true), '')]
  or (sequence is not null and record in (select k.id from public.agreements_ever_known() k) and public.may_see_act(record, sequence, at)));

alter table trail_concern enable row level security;
create policy concern_is_seen_by_its_organisation on trail_concern for select using (org = current_setting('accord.org', true));

revoke all on function public.note_concerns(), public.between_whom(text, text), public.trail_rows(int, bigint, bigint), public.fill_trail(int), public.unsearched_acts(),
  public.forget_actor(), public.agreements_ever_known() from public;
select public.grant_if_role('accord_app', 'grant select on public.trail_entry, public.trail_concern, public.trail_progress to accord_app');
select public.grant_if_role('accord_app', 'grant execute on function public.fill_trail(int), public.unsearched_acts(), public.agreements_ever_known() to accord_app');
