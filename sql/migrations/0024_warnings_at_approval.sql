-- 0024_warnings_at_approval.sql
--
-- What      A version keeps the warnings that whoever froze it was shown
-- Why       a warning that is shown and not kept is one that nobody was given
-- Phase     expand
-- Locks     access exclusive on agreement_version for an instant: a constant default writes no row
-- Needs     0004_register.sql
-- Undo      forward only
-- Trust     as 0004: written once with the text, and never changed from then on

alter table agreement_version add column warnings jsonb not null default '[]' check (jsonb_typeof(warnings) = 'array');

create or replace function refuse_change_of_frozen_version() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (old.frozen_at is not null and (
      new.narrative, new.commencement_rule, new.commencement_threshold, new.processor_contract, new.joint_controller_arrangement, new.effective_from,
      new.effective_to, new.document, new.hash, new.frozen_at, new.agents_recorded, new.warnings) is distinct from (
      old.narrative, old.commencement_rule, old.commencement_threshold, old.processor_contract, old.joint_controller_arrangement, old.effective_from,
      old.effective_to, old.document, old.hash, old.frozen_at, old.agents_recorded, old.warnings)) then
    raise exception 'version % of % is frozen', old.version, old.agreement_id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
