-- 0067_weekly_mail.sql
--
-- What      A summary of somebody's work, mailed once a week to whoever chose so.
-- Why       docs/decisions/0027-mail.md
-- Phase     expand
-- Locks     mail_settings and mail for a moment; mail against writes while two small indexes are built
-- Needs     0048_mail.sql
-- Undo      forward only
-- Trust     as 0048_mail.sql

alter table mail_settings add column weekly boolean not null default false;
comment on column public.mail_settings.weekly is 'Whether its reader chose the summary of Mondays.';
create index mail_settings_that_chose_weekly on mail_settings (id) where weekly;

alter table mail drop constraint mail_form_check;
alter table mail add constraint mail_form_check check (form in ('SINGLE', 'DIGEST', 'WEEKLY', 'ADDRESSED'));
create unique index one_summary_a_week on mail (org, issuer, subject, day) where form = 'WEEKLY';
