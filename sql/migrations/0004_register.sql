-- 0004_register.sql
--
-- What      Code lists, organisations, agreements with all a decision depends on, one-off disclosure decisions.
-- Why       docs/decisions/0004-one-agreement-model.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql
-- Undo      forward only
-- Trust     the service may write these tables; what it wrote is provable from the governance log

create table code_list (
  edition     int  not null check (edition > 0),
  list        text not null check (list ~ '^[A-Z0-9_]+$'),
  title       text not null,
  description text not null,
  source      text not null,
  dated       date not null,
  primary key (edition, list)
);

create table code_list_entry (
  edition     int     not null,
  list        text    not null,
  code        text    not null check (code <> ''),
  position    int     not null check (position >= 0),
  label       text    not null,
  citation    text,
  valid_from  date,
  valid_to    date,
  verified    boolean not null,
  source      text,
  replaced_by text,
  broader     text,
  attributes  jsonb   not null,
  primary key (edition, list, code),
  foreign key (edition, list) references code_list on delete restrict,
  foreign key (edition, list, broader) references code_list_entry on delete restrict deferrable initially deferred,
  constraint code_is_valid_from_before_to check (valid_from <= valid_to),
  constraint code_is_not_narrower_than_itself check (broader <> code)
);

create table organisation (
  code                            text        primary key check (code <> ''),
  legal_name                      text        not null,
  short_name                      text        not null,
  type                            text        not null,
  gss                             text        unique check (gss ~ '^[A-Z][0-9]{8}$'),
  ods                             text,
  ico_registration_no             text,
  public_authority                boolean     not null,
  competent_authority             text        not null check (competent_authority in ('SCHEDULE_7', 'STATUTORY_FUNCTIONS', 'NONE')),
  health_or_social_care_authority boolean     not null,
  active_from                     timestamptz,
  active_to                       timestamptz,
  aliases                         text[]      not null,
  verified                        boolean     not null,
  contacts                        jsonb       not null,
  constraint organisation_begins_before_it_ends check (active_from < active_to)
);

create table organisation_succession (
  successor   text not null references organisation on delete restrict,
  predecessor text not null references organisation on delete restrict,
  primary key (successor, predecessor),
  constraint organisation_does_not_succeed_itself check (successor <> predecessor)
);

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
  dpia_required           boolean not null,
  dpia_status             text    not null,
  dpia_residual           text    check (dpia_residual in ('LOW', 'MEDIUM', 'HIGH')),
  dpia_prior_consultation text,
  dpia_review_due         date,
  row_version         bigint      not null default 1 check (row_version > 0),
  act_count           bigint      not null default 0 check (act_count >= 0),  -- acts in the governance log, without gaps
  created_at          timestamptz not null,
  created_by          text        not null,
  updated_at          timestamptz not null
);

create table dpia_status_change (
  agreement_id text        not null references agreement on delete restrict,
  position     int         not null,
  at           timestamptz not null,
  status       text        not null,
  primary key (agreement_id, position)
);

create table agreement_party (
  agreement_id text        not null references agreement on delete restrict,
  org          text        not null references organisation on delete restrict,
  position     int         not null,
  role         text        not null,
  capacities   text[]      not null,
  contacts     jsonb       not null,
  joined_at    timestamptz,
  left_at      timestamptz,
  primary key (agreement_id, org)
);
create index agreement_party_by_org on agreement_party (org);

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
  primary key (agreement_id, version),
  constraint version_begins_before_it_ends check (effective_from <= effective_to),
  constraint approved_version_has_a_start check (status in ('DRAFT', 'ABANDONED') or effective_from is not null),
  constraint threshold_has_its_number check ((commencement_rule = 'THRESHOLD') = (commencement_threshold is not null)),
  constraint hash_is_of_the_document check (document is null or hash = encode(sha256(document), 'hex'))
);
create unique index agreement_has_one_draft on agreement_version (agreement_id) where status = 'DRAFT' and not recorded_elsewhere;

create table flow (
  agreement_id     text    not null,
  version          int     not null,
  id               text    not null check (id <> ''),
  position         int     not null,
  providers        text[]  not null,
  recipients       text[]  not null,
  purpose          text    not null,
  data_items       text[]  not null,
  data_subjects    text[]  not null,
  category_grant   text[]  not null,
  data_form        text    not null,
  methods          text[]  not null,
  countries        text[]  not null,
  transfers        jsonb   not null,
  compatibility    jsonb,
  confidentiality  text,
  exemptions       text[]  not null,
  retention_days   int     check (retention_days >= 0),
  retention_rule   text,
  onward           text    not null,
  frequency        text,
  volume_subjects  int     check (volume_subjects >= 0),
  volume_records   int     check (volume_records >= 0),
  honours_objection boolean not null,
  consent_required boolean not null,
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

create table signature (
  id            uuid        primary key,
  agreement_id  text        not null,
  version       int         not null,
  org           text        not null,
  signed_at     timestamptz not null,
  -- null: recorded elsewhere and not yet confirmed by a person; such a signature counts for nothing.
  confirmed_at  timestamptz,
  confirmed_by  text,
  version_hash  text        check (version_hash ~ '^[0-9a-f]{64}$'),
  signatory_sub text,
  signatory_name text,
  signatory_post text,
  authority     text,
  statements    jsonb,
  unique (agreement_id, version, org),
  foreign key (agreement_id, org) references agreement_party on delete restrict,
  foreign key (agreement_id, version) references agreement_version on delete restrict
);

create table approval (
  agreement_id text        not null,
  version      int         not null,
  org          text        not null,
  complete_at  timestamptz,
  primary key (agreement_id, version, org),
  foreign key (agreement_id, org) references agreement_party on delete restrict,
  foreign key (agreement_id, version) references agreement_version on delete restrict
);

create table suspension (
  id           uuid        primary key,
  agreement_id text        not null references agreement on delete restrict,
  scope        text        not null check (scope in ('AGREEMENT', 'PARTY', 'FLOW')),
  party        text,
  flow         text,
  version      int,  -- null: the flow of that id in every version
  from_at      timestamptz not null,
  to_at        timestamptz,
  reason       text,
  suspended_by text,
  lifted_by    text,
  foreign key (agreement_id, party) references agreement_party on delete restrict,
  constraint suspension_begins_before_it_ends check (from_at <= to_at),
  constraint suspension_names_what_its_scope_needs check ((scope = 'PARTY') = (party is not null) and (scope = 'FLOW') = (flow is not null) and (version is null or flow is not null)),
  constraint suspender_does_not_lift check (lifted_by is null or lifted_by is distinct from suspended_by)
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

create table disclosure_decision (
  id            text        primary key,
  provider      text        not null,
  recipient     text        not null,
  purpose       text        not null,
  data_items    text[]      not null,
  subject_count int         check (subject_count >= 0),
  record_count  int         check (record_count >= 0),
  status        text        not null,
  valid_from    timestamptz not null,
  valid_to      timestamptz not null,
  single_use    boolean     not null,
  consumed_at   timestamptz,
  consumed_by   uuid,
  form          jsonb       not null,
  constraint disclosure_begins_before_it_ends check (valid_from <= valid_to)
);

-- Terms are fixed once a version is no longer a draft (LC-1): nobody adds, changes or removes a line of what was signed.
create function refuse_change_of_frozen_terms() returns trigger language plpgsql as $$
declare v_id text; v_version int;
begin
  if tg_op = 'DELETE' then v_id := old.agreement_id; v_version := old.version; else v_id := new.agreement_id; v_version := new.version; end if;
  perform 1 from agreement_version v where v.agreement_id = v_id and v.version = v_version and v.status = 'DRAFT' and v.frozen_at is null;
  if not found then
    raise exception 'version % of % is frozen', v_version, v_id using errcode = 'restrict_violation';
  end if;
  if tg_op = 'DELETE' then return old; else return new; end if;
end $$;
create trigger flow_of_frozen_version before insert or update or delete on flow for each row execute function refuse_change_of_frozen_terms();
create trigger flow_side_of_frozen_version before insert or update or delete on flow_side for each row execute function refuse_change_of_frozen_terms();
create trigger prohibition_of_frozen_version before insert or update or delete on prohibition for each row execute function refuse_change_of_frozen_terms();
create trigger agent_of_frozen_version before insert or update or delete on agent for each row execute function refuse_change_of_frozen_terms();

create function refuse_change_of_frozen_version() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (old.frozen_at is not null and (
      new.narrative, new.commencement_rule, new.commencement_threshold, new.processor_contract, new.joint_controller_arrangement, new.effective_from,
      new.effective_to, new.document, new.hash, new.frozen_at, new.agents_recorded) is distinct from (
      old.narrative, old.commencement_rule, old.commencement_threshold, old.processor_contract, old.joint_controller_arrangement, old.effective_from,
      old.effective_to, old.document, old.hash, old.frozen_at, old.agents_recorded)) then
    raise exception 'version % of % is frozen', old.version, old.agreement_id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger version_is_frozen before update or delete on agreement_version for each row execute function refuse_change_of_frozen_version();

-- A signature is given once; only its confirmation may be added to one recorded elsewhere.
create function refuse_change_of_signature() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.confirmed_at is null and new.confirmed_at is not null
     and (new.agreement_id, new.version, new.org, new.signed_at) = (old.agreement_id, old.version, old.org, old.signed_at) then
    return new;
  end if;
  raise exception 'a signature is never changed' using errcode = 'restrict_violation';
end $$;
create trigger signature_is_final before update or delete on signature for each row execute function refuse_change_of_signature();

select public.grant_if_role('accord_app', 'grant select, insert, update on public.agreement, public.agreement_party, public.agreement_version, public.organisation, public.signature, public.approval, public.suspension, public.disclosure_decision to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert on public.code_list, public.code_list_entry, public.organisation_succession to accord_app');
select public.grant_if_role('accord_app', 'grant select, insert, update, delete on public.flow, public.flow_side, public.prohibition, public.agent, public.policy_document, public.dpia_status_change to accord_app');
