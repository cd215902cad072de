-- 0007_agreements.sql
--
-- What      Agreements with all that a decision depends on, what was done to them, from when to when each part of it held.
-- Why       docs/decisions/0004-one-agreement-model.md, 0009-acts-and-visibility.md, 0014-standing.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0005_parties.sql
-- Undo      forward only
-- Trust     the service may write these tables; each act that does is a leaf of the governance log

create table agreement (
  id                  text        primary key check (length(id) between 1 and 200),
  title               text        not null check (title <> ''),
  instrument_type     text        not null,
  owner_org           text        references organisation on delete restrict,
  status              text        not null check (status in ('DRAFT', 'IN_REVIEW', 'AWAITING_SIGNATURE', 'ACTIVE', 'TERMINATED', 'REJECTED', 'WITHDRAWN')),
  origin              text        not null check (origin in ('ACCORD', 'ELSEWHERE')),
  sample              boolean     not null,
  provenance          jsonb,
  terminated_at       timestamptz,
  review_due          date,
  review_policy       text        not null check (review_policy in ('WARN', 'BLOCK_AFTER_GRACE')),
  review_grace_days   int         not null check (review_grace_days >= 0),
  review_cycle_months int         check (review_cycle_months > 0),
  assessment_id       text        not null,  -- 0041_assessments.sql
  row_version         bigint      not null default 1 check (row_version > 0),
  act_count           bigint      not null default 0 check (act_count >= 0),  -- acts in the governance log, without gaps
  created_at          timestamptz not null,
  created_by          text        not null,
  updated_at          timestamptz not null
);
-- The orders of the lists: a page is the first rows of one, and a row's reader is asked about for those alone.
create index agreement_by_update on agreement (updated_at desc, id collate "C");
create index agreement_by_title on agreement ((left(lower(title), 80) collate "C"), id collate "C");
create index agreement_by_reference on agreement (id collate "C");
create index agreement_by_any_case on agreement (upper(id));
create index agreement_by_reference_elsewhere on agreement (upper(provenance ->> 'reference'));


create table agreement_act (
  agreement_id text        not null references agreement on delete restrict,
  sequence     bigint      not null check (sequence > 0),
  at           timestamptz not null,
  act          text        not null,
  actor_issuer text        not null,
  actor_sub    text        not null,
  actor_org    text        not null,
  from_status  text,
  to_status    text,
  version      int,
  version_hash text        check (version_hash ~ '^[0-9a-f]{64}$'),
  detail       jsonb       not null,
  leaf_id      uuid        not null,
  primary key (agreement_id, sequence)
);
create index agreement_act_by_actor on agreement_act (agreement_id, actor_sub);
comment on column agreement_act.actor_issuer is 'With actor_sub the person: the same subject of another issuer of tokens is somebody else. So everywhere.';
comment on table agreement_act is 'History of an agreement: one row an act, in step with the governance log (leaf_id).';

create table agreement_party (
  agreement_id  text        not null references agreement on delete restrict,
  org           text        not null references organisation on delete restrict,
  position      int         not null,
  role          text        not null,
  capacities    text[]      not null,
  contacts      jsonb       not null,
  -- From the invitation to its own signature (joined_at) an organisation is named, but bound by nothing (LC-4).
  invited_at    timestamptz,
  joined_at     timestamptz,
  left_at       timestamptz,
  left_how      text        check (left_how in ('LEFT', 'DECLINED', 'UNINVITED')),
  left_version  int,
  left_sequence bigint,
  primary key (agreement_id, org),
  constraint party_joins_after_it_was_invited check (joined_at is null or invited_at is null or invited_at <= joined_at),
  constraint how_it_left_goes_with_leaving check (left_how is null or left_at is not null)
);
create index agreement_party_by_org on agreement_party (org);
comment on column agreement_party.left_version is 'The last version that was frozen when it left by an act of that instant: of later ones it knows nothing.';
comment on column agreement_party.left_sequence is 'That act: of later ones it knows nothing. Null: it leaves at left_at, by an act of before.';

-- What hangs on a party follows its name (on update cascade): see 0005_parties.sql on mergers.
create table earlier_part (
  agreement_id text        not null,
  org          text        not null,
  invited_at   timestamptz,
  left_at      timestamptz not null,
  left_how     text        not null check (left_how in ('LEFT', 'DECLINED', 'UNINVITED')),
  primary key (agreement_id, org, left_at),
  foreign key (agreement_id, org) references agreement_party on delete restrict on update cascade
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

create table agreement_version (
  agreement_id                 text        not null references agreement on delete restrict,
  version                      int         not null check (version > 0),
  status                       text        not null check (status in ('DRAFT', 'APPROVED', 'SUPERSEDED', 'ABANDONED')),
  effective_from               date,
  effective_to                 date,
  commencement_rule            text        not null check (commencement_rule in ('ALL_SIGNED', 'PAIRWISE', 'THRESHOLD')),
  commencement_threshold       int         check (commencement_threshold > 0),
  narrative                    jsonb       not null,
  processor_contract           jsonb,
  joint_controller_arrangement jsonb,
  agents_recorded              boolean     not null,
  recorded_elsewhere           boolean     not null,
  change_class                 text        check (change_class in ('MINOR', 'MATERIAL')),
  document                     bytea,
  hash                         text        check (hash ~ '^[0-9a-f]{64}$'),
  frozen_at                    timestamptz,
  -- What whoever froze it was warned of; written once with the text.
  warnings                     jsonb       not null default '[]' check (jsonb_typeof(warnings) = 'array'),
  dropped_at                   timestamptz,
  -- Which groups of organisations its parties and flows were filled in with; the text holds the members, this decides nothing.
  filled_groups                jsonb       not null default '[]',
  -- Each party approves it here before it signs (0043_workflow.sql). Null: its approvals stand as they were recorded.
  sign_off_id                  uuid,
  primary key (agreement_id, version),
  constraint version_begins_before_it_ends check (effective_from <= effective_to),
  constraint threshold_has_its_number check ((commencement_rule = 'THRESHOLD') = (commencement_threshold is not null)),
  constraint hash_is_of_the_document check (document is null or hash = encode(sha256(document), 'hex')),
  constraint only_what_is_dropped_has_its_instant check (dropped_at is null or status in ('SUPERSEDED', 'ABANDONED'))
);
create unique index agreement_has_one_draft on agreement_version (agreement_id) where status = 'DRAFT' and not recorded_elsewhere;

-- Which contacts applied when a version was frozen. They are outside its text (LC-7), and stay readable beside it.
create table version_contacts (
  agreement_id text  not null,
  version      int   not null,
  org          text  not null,
  contacts     jsonb not null,
  primary key (agreement_id, version, org),
  foreign key (agreement_id, version) references agreement_version on delete restrict
);

create table flow (
  agreement_id         text    not null,
  version              int     not null,
  id                   text    not null check (id <> ''),
  position             int     not null,
  providers            text[]  not null,
  recipients           text[]  not null,
  purpose              text    not null,
  data_items           text[]  not null,
  data_subjects        text[]  not null,
  category_grant       text[]  not null,
  data_form            text    not null,
  methods              text[]  not null,
  countries            text[]  not null,
  transfers            jsonb   not null,
  compatibility        jsonb,
  confidentiality      text,
  exemptions           text[]  not null,
  retention_days       int     check (retention_days >= 0),
  retention_rule       text,
  onward               text    not null,
  frequency            text,
  volume_subjects      int     check (volume_subjects >= 0),
  volume_records       int     check (volume_records >= 0),
  honours_objection    boolean not null,
  consent_required     boolean not null,
  -- Why restricted data still goes: a restriction is not absolute (UK GDPR Art 18(2)).
  restriction_override jsonb   check (jsonb_typeof(restriction_override -> 'ground') = 'string' and jsonb_typeof(restriction_override -> 'reason') = 'string'),
  standing_request_ref text    check (standing_request_ref ~ '\S'),
  primary key (agreement_id, version, id),
  foreign key (agreement_id, version) references agreement_version on delete restrict
);

create table flow_side (
  agreement_id       text    not null,
  version            int     not null,
  flow_id            text    not null,
  side               text    not null check (side in ('PROVIDER', 'RECIPIENT')),
  regime             text    not null,
  performing_task    boolean not null,
  art6               text[]  not null,
  annex1             text[]  not null,
  gateways           text[]  not null,
  art9               text[]  not null,
  sch1               text[]  not null,
  criminal           text[]  not null,
  sch8               text[]  not null,
  strictly_necessary boolean not null,
  reuse_authority    text,
  primary key (agreement_id, version, flow_id, side),
  foreign key (agreement_id, version, flow_id) references flow on delete restrict,
  constraint part_4_cannot_be_recorded check (regime in ('UK_GDPR', 'PART_3'))
);

create table prohibition (
  agreement_id text   not null,
  version      int    not null,
  position     int    not null,
  purposes     text[] not null check (cardinality(purposes) > 0),
  note         text,
  primary key (agreement_id, version, position),
  foreign key (agreement_id, version) references agreement_version on delete restrict
);

create table agent (
  agreement_id text not null,
  version      int  not null,
  position     int  not null,
  org          text not null,
  for_party    text not null,
  contract_ref text,
  valid_from   date,
  valid_to     date,
  primary key (agreement_id, version, position),
  foreign key (agreement_id, version) references agreement_version on delete restrict,
  constraint agent_begins_before_it_ends check (valid_from <= valid_to)
);

create table approval (
  agreement_id text        not null,
  version      int         not null,
  org          text        not null,
  complete_at  timestamptz,
  primary key (agreement_id, version, org),
  foreign key (agreement_id, org) references agreement_party on delete restrict on update cascade,
  foreign key (agreement_id, version) references agreement_version on delete restrict
);

create table approval_condition (
  agreement_id text not null,
  version      int  not null,
  org          text not null,
  position     int  not null,
  text         text not null check (text ~ '\S'),
  bearer       text not null check (bearer in ('PROVIDER', 'RECIPIENT', 'BOTH')),
  due          date,
  primary key (agreement_id, version, org, position),
  foreign key (agreement_id, version, org) references approval on delete restrict on update cascade
);
comment on table approval_condition is 'What a party approved a version on: an obligation of every permit that rests on its approval (6.5).';

create table overruled_advice (
  agreement_id text        not null,
  version      int         not null,
  org          text        not null,
  at           timestamptz not null,
  primary key (agreement_id, version, org),
  foreign key (agreement_id, org) references agreement_party on delete restrict on update cascade,
  foreign key (agreement_id, version) references agreement_version on delete restrict
);
comment on table overruled_advice is 'The SIRO of a party went on against the refusal of its data protection officer: shown for ever.';

create table signature (
  id               uuid        primary key,
  agreement_id     text        not null,
  version          int         not null,
  org              text        not null,
  -- null: a register of elsewhere does not say when it was signed; such a signature counts from its confirmation on.
  signed_at        timestamptz,
  -- null: recorded elsewhere and not yet confirmed by a person; such a signature counts for nothing.
  confirmed_at     timestamptz,
  confirmed_issuer text,
  confirmed_by     text,
  version_hash     text        check (version_hash ~ '^[0-9a-f]{64}$'),
  signatory_issuer text,
  signatory_sub    text,
  signatory_name   text,
  signatory_post   text,
  authority        text,
  statements       jsonb,
  statements_edition int,
  -- When and how the issuer of the token says that it knew the person (OpenID Connect auth_time, acr, amr); null: it did not say.
  authenticated_at       timestamptz,
  authentication_level   text,
  authentication_methods text[],
  -- Whom the signatory stood in for.
  deputy_for_issuer text,
  deputy_for_sub    text,
  -- AFFECTED_RE_SIGN: the version that was signed, whose hash is the one above, where it counts for this one too; and when the party objected.
  carried_from_version int,
  objected_at          timestamptz,
  unique (agreement_id, version, org),
  foreign key (agreement_id, org) references agreement_party on delete restrict on update cascade,
  foreign key (agreement_id, version) references agreement_version on delete restrict,
  constraint only_what_was_signed_is_carried check (carried_from_version is null or (carried_from_version < version and version_hash is not null and confirmed_at is not null)),
  constraint only_what_is_carried_is_objected_to check (objected_at is null or carried_from_version is not null),
  constraint signature_has_an_instant check (signed_at is not null or signatory_sub is null),
  constraint signature_names_whole_persons check ((confirmed_issuer is null) = (confirmed_by is null) and (signatory_issuer is null) = (signatory_sub is null)
    and (deputy_for_issuer is null) = (deputy_for_sub is null))
);

create table suspension (
  id               uuid        primary key,
  agreement_id     text        not null references agreement on delete restrict,
  scope            text        not null check (scope in ('AGREEMENT', 'PARTY', 'FLOW')),
  party            text,
  flow             text,
  version          int,  -- null: the flow of that id in every version
  from_at          timestamptz not null,
  to_at            timestamptz,
  reason           text,
  suspended_issuer text,
  suspended_by     text,
  suspended_org    text,
  -- LC-6: two persons of two parties let a whole agreement go on; this is the first of them.
  agreed_issuer    text,
  agreed_by        text,
  agreed_org       text,
  agreed_at        timestamptz,
  lifted_issuer    text,
  lifted_by        text,
  lifted_org       text,
  lifted_at        timestamptz,
  foreign key (agreement_id, party) references agreement_party on delete restrict on update cascade,
  constraint suspension_begins_before_it_ends check (from_at <= to_at),
  constraint suspension_names_what_its_scope_needs check ((scope = 'PARTY') = (party is not null) and (scope = 'FLOW') = (flow is not null) and (version is null or flow is not null)),
  constraint lifted_suspension_has_ended check (lifted_at is null or (lifted_by is not null and to_at is not distinct from lifted_at)),
  constraint suspender_does_not_lift check (lifted_by is null or (lifted_issuer, lifted_by) is distinct from (suspended_issuer, suspended_by)),
  constraint agreement_to_lift_is_whole check ((agreed_by is null) = (agreed_org is null) and (agreed_by is null) = (agreed_at is null)),
  constraint suspender_does_not_agree check (agreed_by is null or (agreed_issuer, agreed_by) is distinct from (suspended_issuer, suspended_by)),
  constraint nobody_agrees_twice check (agreed_by is null or lifted_by is null or ((agreed_issuer, agreed_by) <> (lifted_issuer, lifted_by) and agreed_org is distinct from lifted_org)),
  constraint suspension_names_whole_persons check ((suspended_issuer is null) = (suspended_by is null) and (agreed_issuer is null) = (agreed_by is null)
    and (lifted_issuer is null) = (lifted_by is null))
);

create table policy_document (
  agreement_id text   not null references agreement on delete restrict,
  position     int    not null,
  party        text   not null,
  conditions   text[] not null,
  document_ref text,
  approved_on  date,
  review_on    date,
  retired_on   date,
  primary key (agreement_id, position)
);

-- The words by which an agreement is found; derived by the service after every act that may change them, nothing is decided on it.
-- No index on the words: what a reader may know is compared and ranked, all of it. They lie whole in their row, since to fetch and
-- unpack them one by one costs four times what comparing them does.
create table agreement_search (
  agreement_id text     primary key references agreement on delete restrict,
  words        tsvector not null
);
alter table agreement_search set (toast_tuple_target = 8160);
alter table agreement_search alter column words set storage external;
comment on table agreement_search is
  'Reference and title (weight A), parties with every name they are known by (B), purposes and data (C), sections in words (D).';

select public.grant_if_role('accord_app', 'grant select, insert, update on public.agreement, public.agreement_version, public.signature, public.suspension, public.agreement_search to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.agreement_party, public.approval, public.approval_condition, public.flow, public.flow_side, public.prohibition, public.agent, public.policy_document to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.agreement_act, public.overruled_advice, public.version_contacts, public.earlier_part, public.keeper_change, public.review_date_change to accord_app');
select public.grant_if_role('accord_app', 'grant update (from_org, to_org) on public.keeper_change to accord_app');
