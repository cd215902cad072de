-- 0047_attested_signatures.sql
--
-- What      Signatures given elsewhere: what is stated of each, who attests it, and whether the party named disputes it.
-- Why       docs/decisions/0021-attested-signatures.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0009_agreement_readers.sql
-- Undo      forward only
-- Trust     written by the service alone; what is attested is as true as two people of one organisation say

create table attested_signature (
  id                 uuid        primary key,
  agreement_id       text        not null,
  version            int         not null,
  -- The party that is said to have signed, and the organisation that holds the evidence.
  org                text        not null,
  held_by            text        not null references organisation on delete restrict,
  version_hash       text        not null check (version_hash ~ '^[0-9a-f]{64}$'),
  signatory_name     text        not null,
  signatory_post     text        not null,
  -- The person where it is one of the organisation that attests; null: somebody else.
  signatory_sub      text,
  signed_on          date        not null,
  way                text        not null check (way in ('PAPER', 'MINUTE', 'E_SIGN_PRODUCT')),
  approved_elsewhere boolean     not null,
  evidence           uuid[]      not null check (cardinality(evidence) > 0),
  stated_at          timestamptz not null,
  stated_by_issuer   text        not null,
  stated_by_sub      text        not null,
  attested_at        timestamptz,
  attested_by_issuer text,
  attested_by_sub    text,
  disputed_at        timestamptz,
  disputed_by_issuer text,
  disputed_by_sub    text,
  dispute_reason     text,
  foreign key (agreement_id, org) references agreement_party on delete restrict on update cascade,
  foreign key (agreement_id, version) references agreement_version on delete restrict,
  constraint two_people_attest check ((attested_at is null) = (attested_by_issuer is null) and (attested_at is null) = (attested_by_sub is null)
    and (attested_by_issuer, attested_by_sub) is distinct from (stated_by_issuer, stated_by_sub)),
  constraint whoever_signed_attests_nothing check (signatory_sub is null or (signatory_sub <> stated_by_sub and signatory_sub is distinct from attested_by_sub)),
  constraint dispute_says_who_and_why check ((disputed_at is null) = (disputed_by_sub is null) and (disputed_at is null) = (disputed_by_issuer is null)
    and (disputed_at is null) = (dispute_reason is null)),
  constraint dispute_comes_last check (disputed_at is null or disputed_at >= coalesce(attested_at, stated_at))
);
create unique index one_statement_of_a_signature_stands on attested_signature (agreement_id, version, org) where disputed_at is null;

-- What was stated never changes; attesting and disputing happen once.
create function public.refuse_change_of_attested_signature() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'DELETE' or row (new.id, new.agreement_id, new.version, new.held_by, new.version_hash, new.signatory_name, new.signatory_post, new.signatory_sub,
      new.signed_on, new.way, new.approved_elsewhere, new.evidence, new.stated_at, new.stated_by_issuer, new.stated_by_sub)
    is distinct from row (old.id, old.agreement_id, old.version, old.held_by, old.version_hash, old.signatory_name, old.signatory_post, old.signatory_sub,
      old.signed_on, old.way, old.approved_elsewhere, old.evidence, old.stated_at, old.stated_by_issuer, old.stated_by_sub)
    or (old.attested_at is not null and (new.attested_at, new.attested_by_issuer, new.attested_by_sub) is distinct from (old.attested_at, old.attested_by_issuer, old.attested_by_sub))
    or (old.disputed_at is not null and new is distinct from old) then
    raise exception 'what was stated of signature % stands', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger statement_of_signature_stands before update or delete on attested_signature for each row execute function public.refuse_change_of_attested_signature();

alter table attested_signature enable row level security;
create policy attested_signature_follows_its_version on attested_signature
  using (may_see_version(agreement_id, version) and stated_at <= knows_agreement_until(agreement_id))
  with check (may_see_version(agreement_id, version));
select public.grant_if_role('accord_app', 'grant select, insert, update on public.attested_signature to accord_app');
