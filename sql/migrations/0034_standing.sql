-- 0034_standing.sql
--
-- What      From when to when what the lifecycle is worked out from holds: texts that were dropped, parts that ended, who kept the
--           text, review dates and assessments of before; the first of two who let a suspension go; who may know what until when.
-- Why       docs/decisions/0014-standing.md
-- Phase     expand
-- Locks     agreement_version, agreement_party and suspension, for a moment
-- Needs     0007_acts.sql
-- Undo      forward only
-- Trust     the service may write these columns; each act that does is a leaf of the governance log

alter table agreement_version
  add column dropped_at timestamptz,
  add constraint only_what_is_dropped_has_its_instant check (dropped_at is null or status in ('SUPERSEDED', 'ABANDONED'));
-- What was replaced before it began was replaced by the next text that was frozen; what was given up, by that act.
update agreement_version v set dropped_at = (
    select min(n.frozen_at) from agreement_version n where n.agreement_id = v.agreement_id and n.version > v.version and n.frozen_at is not null)
  where v.status = 'SUPERSEDED' and v.frozen_at is not null;
update agreement_version v set dropped_at = (
    select max(a.at) from agreement_act a where a.agreement_id = v.agreement_id and a.act in ('reject', 'withdraw_draft'))
  where v.status = 'ABANDONED' and v.frozen_at is not null;

alter table agreement_party
  add column left_how      text   check (left_how in ('LEFT', 'DECLINED', 'UNINVITED')),
  add column left_version  int,
  add column left_sequence bigint,
  add constraint how_it_left_goes_with_leaving check (left_how is null or left_at is not null);
comment on column agreement_party.left_version is 'The last version that was frozen when it left by an act of that instant: of later ones it knows nothing.';
comment on column agreement_party.left_sequence is 'That act: of later ones it knows nothing. Null: it leaves at left_at, by an act of before.';

create table earlier_part (
  agreement_id text        not null,
  org          text        not null,
  invited_at   timestamptz,
  left_at      timestamptz not null,
  left_how     text        not null check (left_how in ('LEFT', 'DECLINED', 'UNINVITED')),
  primary key (agreement_id, org, left_at),
  foreign key (agreement_id, org) references agreement_party on delete restrict
);
comment on table earlier_part is 'Parts that an organisation took before it was invited anew.';

create table keeper_change (
  agreement_id text        not null references agreement on delete restrict,
  at           timestamptz not null,
  from_org     text        references organisation on delete restrict,
  to_org       text        not null references organisation on delete restrict,
  position     bigint      generated always as identity,
  primary key (agreement_id, position)
);
comment on table keeper_change is 'The keeping of a text passes on; one that lies ahead is arranged, and agreement.owner_org does not say it yet.';

create table review_date_change (
  agreement_id text        not null references agreement on delete restrict,
  at           timestamptz not null,
  before       date,
  position     bigint      generated always as identity,
  primary key (agreement_id, position)
);
comment on table review_date_change is 'Until that instant the review was due on that day.';

create table earlier_dpia (
  agreement_id       text        not null references agreement on delete restrict,
  until              timestamptz not null,
  required           boolean     not null,
  residual           text,
  prior_consultation text,
  review_due         date,
  position           bigint      generated always as identity,
  primary key (agreement_id, position)
);
comment on table earlier_dpia is 'What was recorded of the assessment until that instant; its status has a table of its own.';

-- LC-6: two persons of two parties let a whole agreement go on.
alter table suspension
  add column agreed_by  text,
  add column agreed_org text,
  add column agreed_at  timestamptz,
  add constraint agreement_to_lift_is_whole check ((agreed_by is null) = (agreed_org is null) and (agreed_by is null) = (agreed_at is null)),
  add constraint suspender_does_not_agree check (agreed_by is null or agreed_by is distinct from suspended_by),
  add constraint nobody_agrees_twice check (agreed_by is null or lifted_by is null or (agreed_by <> lifted_by and agreed_org is distinct from lifted_org));

-- Until when the reader of this transaction may know what becomes of an agreement: for ever while it takes part or keeps the text,
-- until its part ended afterwards; null: not at all. The service says the same, to the act (src/agreements/model/standing.ts).
create function public.knows_agreement_until(p_id text) returns timestamptz
language sql stable security definer set search_path = '' as $$
  select case when coalesce(pg_catalog.current_setting('accord.reader', true), '') in ('system', 'auditor') then 'infinity'::timestamptz
  else (
    select case
      when p.org is null then case when keeps.now then 'infinity'::timestamptz end
      when p.left_at is not null and p.left_how = 'UNINVITED' then (
        select max(e.left_at) from public.earlier_part e where e.agreement_id = p_id and e.org = me.org and e.left_how <> 'UNINVITED')
      else least(coalesce(p.left_at, 'infinity'), coalesce(o.active_to, 'infinity')) end
    from (select pg_catalog.current_setting('accord.org', true) as org) me
    left join public.organisation o on o.code = me.org
    left join public.agreement_party p on p.agreement_id = p_id and p.org = me.org
    cross join lateral (select (
      exists (select from public.agreement a where a.id = p_id and a.owner_org = me.org)
      or coalesce((select k.to_org = me.org from public.keeper_change k where k.agreement_id = p_id and k.at <= pg_catalog.clock_timestamp()
                    order by k.position desc limit 1), false))
      and (o.active_to is null or o.active_to > pg_catalog.clock_timestamp()) as now) keeps)
  end
$$;

create or replace function public.may_see_agreement(p_id text) returns boolean
language sql stable security definer set search_path = '' as $$ select public.knows_agreement_until(p_id) is not null $$;

-- A draft is seen while one takes part; a frozen text by whoever took part when it was.
create function public.may_see_version(p_id text, p_version int) returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce(pg_catalog.current_setting('accord.reader', true), '') in ('system', 'auditor')
    or exists (
      select from (select public.knows_agreement_until(p_id) as until) known, public.agreement_version v
      left join public.agreement_party p on p.agreement_id = v.agreement_id and p.org = pg_catalog.current_setting('accord.org', true)
      where v.agreement_id = p_id and v.version = p_version and (
        known.until = 'infinity'
        or (v.frozen_at is null and v.status = 'DRAFT' and known.until > pg_catalog.clock_timestamp())
        or (v.frozen_at <= known.until and v.version <= coalesce(p.left_version, v.version))))
$$;

create function public.may_see_act(p_id text, p_sequence bigint, p_at timestamptz) returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce(pg_catalog.current_setting('accord.reader', true), '') in ('system', 'auditor')
    or (p_at <= public.knows_agreement_until(p_id)
      and not exists (select from public.agreement_party p
        where p.agreement_id = p_id and p.org = pg_catalog.current_setting('accord.org', true) and p.left_sequence < p_sequence))
$$;

do $$
declare child text;
begin
  foreach child in array array['flow', 'flow_side', 'prohibition', 'agent', 'signature', 'approval'] loop
    execute format('drop policy %I on %I', child || '_follows_its_agreement', child);
    execute format('create policy %I on %I using (may_see_version(agreement_id, version)) with check (may_see_version(agreement_id, version))',
      child || '_follows_its_version', child);
  end loop;
  -- A version that is being added is seen by whoever may see the agreement.
  drop policy agreement_version_follows_its_agreement on agreement_version;
  create policy agreement_version_is_seen_by_its_parties on agreement_version for select using (may_see_version(agreement_id, version));
  create policy agreement_version_is_added_with_its_agreement on agreement_version for insert with check (may_see_agreement(agreement_id));
  create policy agreement_version_is_changed_by_its_parties on agreement_version for update
    using (may_see_version(agreement_id, version)) with check (may_see_agreement(agreement_id));
  drop policy agreement_act_follows_its_agreement on agreement_act;
  create policy agreement_act_is_seen_by_its_parties on agreement_act for select using (may_see_act(agreement_id, sequence, at));
  create policy agreement_act_is_added_with_its_agreement on agreement_act for insert with check (may_see_agreement(agreement_id));
  foreach child in array array['earlier_part', 'keeper_change', 'review_date_change', 'earlier_dpia'] loop
    execute format('alter table %I enable row level security', child);
    execute format('create policy %I on %I using (may_see_agreement(agreement_id)) with check (may_see_agreement(agreement_id))', child || '_follows_its_agreement', child);
    execute format('create trigger %I before update or delete or truncate on %I for each statement execute function policy.refuse_change()', child || '_is_append_only', child);
  end loop;
end $$;

revoke all on function public.knows_agreement_until(text), public.may_see_version(text, int), public.may_see_act(text, bigint, timestamptz) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.knows_agreement_until(text), public.may_see_version(text, int), public.may_see_act(text, bigint, timestamptz) to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.earlier_part, public.keeper_change, public.review_date_change, public.earlier_dpia to accord_app');
