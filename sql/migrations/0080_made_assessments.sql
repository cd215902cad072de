-- 0080_made_assessments.sql
--
-- What      Data protection impact assessments that are made here: what is written, the versions that were sent for review as they were sent, who
--           has accepted the risk of which version for which controller, and the consultation of the regulator.
-- Why       docs/decisions/0030-assessments-made-here.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0041_assessments.sql, 0071_assessments_elsewhere.sql
-- Undo      forward only
-- Trust     written by the service alone; a version is as it was when it was sent, and its hash is in the log

-- The words by which one is found: its answers, why none is needed, its risks and measures; nobody's name and no code is among them.
-- Of 200,000 characters at most, which is less than the words of one row may take.
create function public.words_of_assessment(p_content jsonb) returns tsvector language sql immutable set search_path = '' as $$
  select pg_catalog.to_tsvector('pg_catalog.english'::regconfig, pg_catalog.left(coalesce(pg_catalog.string_agg(said.text #>> '{}', E' .\n'), ''), 200000))
    from (select pg_catalog.jsonb_path_query(p_content, '$.answers.*.text') union all
          select pg_catalog.jsonb_path_query(p_content, '$.screening.reasons') union all
          select pg_catalog.jsonb_path_query(p_content, '$.risks[*].source') union all
          select pg_catalog.jsonb_path_query(p_content, '$.risks[*].description') union all
          select pg_catalog.jsonb_path_query(p_content, '$.measures[*].measure')) as said (text)
$$;

create table made_assessment (
  id                uuid        primary key,
  assessment_id     text        not null unique references assessment on delete restrict,
  -- The agreement through which it was begun: its keeper writes.
  agreement_id      text        not null references agreement on delete restrict,
  state             text        not null check (state in ('DRAFT', 'DPO_ADVICE_REQUESTED', 'DPO_ADVICE_GIVEN', 'AWAITING_RISK_ACCEPTANCE', 'PRIOR_CONSULTATION',
                                  'APPROVED', 'REJECTED', 'IN_REVIEW', 'SUPERSEDED', 'SCREENED_OUT')),
  -- Of the version that is written, or was sent last; from 1.
  version           int         not null check (version > 0),
  -- The version whose risk the keeper has accepted last; null: none yet.
  approved_version  int         check (approved_version between 1 and version),
  -- When the keeper accepted the risk for the first time: from then on decisions ask each controller's acceptance; null: not yet.
  first_approved_at timestamptz,
  edition           text        not null check (edition <> ''),
  content           jsonb       not null,
  writers           jsonb       not null,
  sign_off_id       uuid,
  consultation      jsonb,
  reopened          jsonb,
  begun_at          timestamptz not null,
  changed_at        timestamptz not null,
  row_version       bigint      not null default 1 check (row_version > 0),
  act_count         bigint      not null default 0 check (act_count >= 0),
  words             tsvector    not null generated always as (public.words_of_assessment(content)) stored
);
create index made_assessment_by_words on made_assessment using gin (words);
comment on column public.made_assessment.writers is 'Everybody who wrote some of the version, [{issuer, sub}]: none of them advises on it or accepts it.';
create index made_assessment_by_agreement on made_assessment (agreement_id);
create index made_assessment_by_state on made_assessment (state, id desc);

create table assessment_version (
  made_id   uuid        not null references made_assessment on delete restrict,
  version   int         not null check (version > 0),
  sent_at   timestamptz not null,
  hash      text        not null check (hash ~ '^[0-9a-f]{64}$'),
  residual  text        not null check (residual in ('LOW', 'MEDIUM', 'HIGH')),
  review_due date       not null,
  document  text        not null check (document <> ''),
  primary key (made_id, version)
);
comment on column public.assessment_version.document is 'Canonical JSON (RFC 8785): the questions as they were asked, the answers as they were given, and what they are about.';
create trigger assessment_version_is_append_only before update or delete or truncate on assessment_version
  for each statement execute function policy.refuse_change();

-- What a data protection officer advised on a version, for which controller; an overruling is of the same row and comes after.
create table assessment_advice (
  made_id           uuid        not null,
  version           int         not null,
  org               text        not null references organisation on delete restrict,
  at                timestamptz not null,
  says              text        not null check (says in ('PROCEED', 'PROCEED_WITH_CONDITIONS', 'DO_NOT_PROCEED')),
  words             text,
  conditions        jsonb       not null,
  by_issuer         text        not null,
  by_sub            text        not null,
  overruled_at      timestamptz,
  overruled_issuer  text,
  overruled_sub     text,
  overruled_reason  text,
  position          bigint      generated always as identity,
  primary key (made_id, version, org, position),
  foreign key (made_id, version) references assessment_version on delete restrict,
  constraint whoever_overrules_says_why check ((overruled_at is null) = (overruled_reason is null) and (overruled_at is null) = (overruled_sub is null))
);

-- Each controller accepts the risk for itself (DP-7). From `at` to the end of `holds_to`, or until `until` where an incident ended it.
create table assessment_acceptance (
  made_id    uuid        not null,
  version    int         not null,
  org        text        not null references organisation on delete restrict,
  at         timestamptz not null,
  by_issuer  text        not null,
  by_sub     text        not null,
  -- Its review, as the version says: what is accepted holds until then.
  holds_to   date        not null,
  until      timestamptz check (until >= at),
  primary key (made_id, version, org),
  foreign key (made_id, version) references assessment_version on delete restrict
);

-- What a file of the CNIL PIA tool that was taken over says besides what is written here: given back by the export (docs/decisions/0031-cnil-exchange.md).
create table assessment_import (
  made_id    uuid        primary key references made_assessment on delete restrict,
  at         timestamptz not null,
  org        text        not null references organisation on delete restrict,
  says       jsonb       not null,
  -- `json`, so that members keep the order in which they came.
  carried    json        not null
);
comment on column public.assessment_import.says is 'What the file says of itself and against itself, as people read it.';

create function public.may_see_made_assessment(p_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce((select public.may_see_assessment(m.assessment_id) from public.made_assessment m where m.id = p_id), false)
$$;
-- Those that hold the words and that the reader may see, newest first. The index is read before it is asked who may see what, which no policy would do.
create function public.assessments_with_words(p_query tsquery, p_before uuid, p_limit int) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select found.id
    from (select m.id, m.assessment_id from public.made_assessment m
           where m.words @@ p_query and (p_before is null or m.id < p_before) order by m.id desc offset 0) as found
   where public.may_see_assessment(found.assessment_id) order by found.id desc limit p_limit
$$;
revoke all on function public.may_see_made_assessment(uuid), public.assessments_with_words(tsquery, uuid, int) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.may_see_made_assessment(uuid), public.assessments_with_words(tsquery, uuid, int) to accord_app');

alter table made_assessment enable row level security;
create policy made_assessment_is_seen_with_its_agreement on made_assessment for select using (may_see_assessment(assessment_id));
create policy made_assessment_is_begun_with_its_agreement on made_assessment for insert with check (may_see_assessment(assessment_id));
create policy made_assessment_is_changed_with_its_agreement on made_assessment for update using (may_see_assessment(assessment_id));
do $$
declare child text;
begin
  foreach child in array array['assessment_version', 'assessment_advice', 'assessment_acceptance', 'assessment_import'] loop
    execute format('alter table %I enable row level security', child);
    execute format('create policy %I on %I for select using (may_see_made_assessment(made_id))', child || '_is_seen_with_it', child);
    execute format('create policy %I on %I for insert with check (may_see_made_assessment(made_id))', child || '_is_added_with_it', child);
    execute format('create policy %I on %I for update using (may_see_made_assessment(made_id))', child || '_is_changed_with_it', child);
  end loop;
end $$;
select public.grant_if_role('accord_app', 'grant select, insert, update on public.made_assessment, public.assessment_advice, public.assessment_acceptance, public.assessment_import to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.assessment_version to accord_app');
