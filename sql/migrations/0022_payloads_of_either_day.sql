-- 0022_payloads_of_either_day.sql
--
-- What      Altered payloads are looked for around the day of the leaf's instant too, not of its identifier alone
-- Why       identifiers never go back: after a clock that was days ahead is put right they stay there, while payloads lie on the real days
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0014_altered_payloads.sql
-- Undo      forward only
-- Trust     as 0014: a changed leaf can shift its instant, not its identifier, so both days are looked at

-- The instant is read out of the bytes, which need be no leaf any more. Each day is asked for by itself, so that every payload is
-- one look into the index of one day.
create or replace function audit.altered_payloads(p_log int, p_first bigint, p_count int) returns table (idx bigint, event_id uuid)
language sql stable security definer set search_path = '' as $$
  select l.idx, l.event_id
    from audit.leaf l
    cross join lateral (values
      (('x' || translate(left(l.event_id::text, 13), '-', ''))::bit(48)::bigint),
      (substring(encode(l.leaf, 'escape') from '"ts":([0-9]{1,14})')::bigint)) as i(ms)
    cross join lateral (select (to_timestamp(i.ms / 1000.0) at time zone 'UTC')::date + o.days as day from unnest(array[-1, 0, 1]) as o(days)) t
    join audit.payload p on p.day = t.day and p.event_id = l.event_id
   where l.log_id = p_log and l.idx >= p_first and l.idx < p_first + p_count
     and not audit.is_recorded(l.event_id, l.leaf, p.salt, p.body)
   group by l.idx, l.event_id
   order by l.idx
$$;
