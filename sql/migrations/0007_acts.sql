-- 0007_acts.sql
--
-- What      Who lifted a suspension, who was invited to join, and the rule that nobody signs for two parties.
-- Why       docs/decisions/0009-acts-and-visibility.md
-- Phase     expand
-- Locks     suspension, agreement_party and signature, for a moment
-- Needs     0005_acts.sql
-- Undo      forward only
-- Trust     the service may write these columns; each act that does is a leaf of the governance log

alter table suspension
  add column suspended_org text,
  add column lifted_org    text,
  add column lifted_at     timestamptz,
  add constraint lifted_suspension_has_ended check (lifted_at is null or (lifted_by is not null and to_at is not distinct from lifted_at));

-- From the invitation to its own signature (joined_at) an organisation is named, but bound by nothing (LC-4).
alter table agreement_party
  add column invited_at timestamptz,
  add constraint party_joins_after_it_was_invited check (joined_at is null or invited_at is null or invited_at <= joined_at);

-- SD-6: no person signs one agreement for two parties.
create function refuse_signature_for_two_parties() returns trigger language plpgsql as $$
begin
  if new.signatory_sub is not null and exists (
    select from signature s where s.agreement_id = new.agreement_id and s.signatory_sub = new.signatory_sub and s.org <> new.org) then
    raise exception 'this person has signed for another party' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger nobody_signs_for_two_parties before insert on signature for each row execute function refuse_signature_for_two_parties();

create index agreement_act_by_actor on agreement_act (agreement_id, actor_sub);
create index notice_by_org_and_id on notice (org, id desc);
