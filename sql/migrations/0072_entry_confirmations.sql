-- 0072_entry_confirmations.sql
--
-- What      Since when an organisation stands in the register as it does, and the day on which its own people last confirmed its entry.
-- Why       docs/decisions/0027-mail.md
-- Phase     expand
-- Locks     organisation, for a moment
-- Needs     0002_policy.sql, 0005_parties.sql
-- Undo      forward only
-- Trust     as 0005_parties.sql; what its people confirmed is provable from the governance log

alter table organisation add column registered_on date, add column entry_confirmed_on date;
comment on column public.organisation.registered_on is 'London day on which it was recorded, or confirmed by a register administrator; null: by a release that did not note it.';
comment on column public.organisation.entry_confirmed_on is 'London day on which its own people last confirmed its entry; null: never.';
-- What stands already: decisions know it from the day on which it was recorded or confirmed.
update organisation o set registered_on = coalesce(
  (select (min(r.instant) at time zone 'Europe/London')::date from policy.record p join policy.revision r using (revision)
    where p.kind = 'ORGANISATION' and p.id = o.code), (now() at time zone 'Europe/London')::date);
