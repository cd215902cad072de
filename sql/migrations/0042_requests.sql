-- 0042_requests.sql
--
-- What      Requests for shares that no agreement covers yet, and what was done to them.
-- Why       docs/decisions/0020-requests.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0007_agreements.sql, 0011_notifications.sql
-- Undo      forward only
-- Trust     read by the two organisations of the share, whoever keeps an agreement that is to be joined, and auditors; permits nothing

create table share_request (
  id               uuid        primary key,
  origin           text        not null check (origin in ('PERSON', 'BREAK_GLASS', 'ONE_OFF')),
  asked_by_org     text        not null references organisation on delete restrict,
  asked_by_issuer  text        not null,
  asked_by_sub     text        not null,
  asked_at         timestamptz not null,
  provider         text        not null references organisation on delete restrict,
  recipient        text        not null references organisation on delete restrict,
  purpose          text        not null,
  question         jsonb       not null,
  decision_id      text,
  why              text        not null check (length(why) between 1 and 2000),
  needed_by        date,
  status           text        not null check (status in ('OPEN', 'PICKED_UP', 'AWAITING_KEEPER', 'CLOSED')),
  answer           text        check (answer in ('DRAFT_BEGUN', 'JOIN_AGREEMENT', 'ONE_OFF', 'REFUSED', 'WITHDRAWN')),
  join_agreement   text,
  agreement        text        references agreement on delete restrict,
  picked_up_org    text,
  picked_up_issuer text,
  picked_up_sub    text,
  row_version      bigint      not null default 1 check (row_version > 0),
  act_count        bigint      not null default 0 check (act_count >= 0),
  -- The words by which it is found, beside its codes.
  words            tsvector    not null generated always as (to_tsvector('english'::regconfig, why)) stored,
  constraint request_is_between_two_organisations check (provider <> recipient),
  constraint request_is_asked_by_one_of_the_two check (asked_by_org in (provider, recipient)),
  constraint closed_request_has_an_answer check ((status = 'CLOSED') = (answer is not null)),
  constraint picked_up_request_has_an_officer check (status <> 'PICKED_UP' or picked_up_sub is not null),
  constraint request_to_a_keeper_names_an_agreement check (status <> 'AWAITING_KEEPER' or join_agreement is not null)
);
comment on column public.share_request.join_agreement is 'As it was named by whoever asked: there may be no such agreement.';
create index share_request_by_provider on share_request (provider, id desc);
create index share_request_by_recipient on share_request (recipient, id desc);
create index share_request_by_agreement on share_request (join_agreement) where join_agreement is not null;
create index share_request_by_what_it_came_to on share_request (agreement) where agreement is not null;
-- What the service itself asks for is asked once until it is answered.
create unique index open_request_of_the_service on share_request (origin, provider, recipient, purpose) where origin <> 'PERSON' and status <> 'CLOSED';

-- What was done to it, in order; never changed.
create table share_request_act (
  request_id   uuid        not null references share_request on delete restrict,
  sequence     bigint      not null check (sequence > 0),
  at           timestamptz not null,
  act          text        not null,
  actor_issuer text        not null,
  actor_sub    text        not null,
  actor_org    text        not null,
  reason       text,
  detail       jsonb       not null,
  leaf_id      uuid        not null,
  primary key (request_id, sequence)
);
create trigger share_request_act_is_append_only before update or delete or truncate on share_request_act
  for each statement execute function policy.refuse_change();

-- Who keeps the text of an agreement at this moment; null: nobody, or there is none.
create function public.keeper_of_agreement(p_id text) returns text
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select k.to_org from public.keeper_change k where k.agreement_id = p_id and k.at <= pg_catalog.clock_timestamp() order by k.position desc limit 1),
    (select a.owner_org from public.agreement a where a.id = p_id))
$$;

-- Whoever keeps an agreement sees who asks to join it while that is asked, and what came of it where the two were invited.
create function public.may_see_share(p_provider text, p_recipient text, p_join text) returns boolean
language sql stable set search_path = '' as $$
  select coalesce(current_setting('accord.reader', true), '') in ('system', 'auditor')
      or coalesce(nullif(current_setting('accord.org', true), '') in (p_provider, p_recipient), false)
      or (p_join is not null and coalesce(nullif(current_setting('accord.org', true), '') = public.keeper_of_agreement(p_join), false))
$$;
create function public.may_see_request(p_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce((select public.may_see_share(r.provider, r.recipient, r.join_agreement) from public.share_request r where r.id = p_id), false)
$$;
revoke all on function public.keeper_of_agreement(text), public.may_see_share(text, text, text), public.may_see_request(uuid) from public;

alter table share_request enable row level security;
create policy share_request_is_seen_by_those_it_concerns on share_request for select using (may_see_share(provider, recipient, join_agreement));
create policy share_request_is_added_by_those_who_share on share_request for insert with check (may_see_share(provider, recipient, null));
create policy share_request_is_changed_by_those_it_concerns on share_request for update using (may_see_share(provider, recipient, join_agreement)) with check (true);
alter table share_request_act enable row level security;
create policy share_request_act_is_seen_with_its_request on share_request_act for select using (may_see_request(request_id));
create policy share_request_act_is_added_with_its_request on share_request_act for insert with check (may_see_request(request_id));

select public.grant_if_role('accord_app', 'grant execute on function public.keeper_of_agreement(text), public.may_see_share(text, text, text), public.may_see_request(uuid) to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update on public.share_request to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.share_request_act to accord_app');
