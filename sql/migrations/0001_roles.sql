-- 0001_roles.sql
--
-- What      The roles the service acts as, and a helper with which later migrations grant to them
-- Why       the least right for each job: the service's normal role can neither alter a table nor change the log (docs/trust.md)
-- Phase     expand            (expand | backfill | contract)
-- Locks     none
-- Needs     nothing; with CREATEROLE (or as super user) the roles are made, without it the service acts as the owner, and says so
-- Undo      forward only
-- Trust     the session user may take any of these roles: whoever holds its password is trusted with all of them

-- Runs a statement only where the role exists: a server whose administrator gives us no roles must still work.
create function public.grant_if_role(role text, grant_sql text) returns boolean
language plpgsql security invoker set search_path = '' as $$
begin
  if not exists (select from pg_catalog.pg_roles r where r.rolname = role) then
    return false;
  end if;
  execute grant_sql;
  return true;
end $$;
comment on function public.grant_if_role is 'Executes grant_sql when the role exists; says whether it did.';

revoke all on function public.grant_if_role from public;

do $$
declare
  wanted constant text[] := array['accord_app', 'audit_owner', 'audit_writer', 'audit_integrator', 'audit_reader', 'audit_retention'];
  role_name text;
begin
  -- Roles belong to the whole server: other databases may be doing the same at this moment.
  foreach role_name in array wanted loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        execute format('create role %I nologin', role_name);
      exception
        when duplicate_object or unique_violation then null;
        when insufficient_privilege then raise notice 'role % is missing and may not be created by %: going on without it', role_name, session_user;
      end;
    end if;
  end loop;
end $$;

-- What one role may do through another, and who may take them. Twice granted is once granted.
do $$
declare
  wanted constant text[][] := array[
    ['audit_writer', 'accord_app'],
    ['accord_app', session_user], ['audit_owner', session_user], ['audit_integrator', session_user],
    ['audit_reader', session_user], ['audit_retention', session_user]];
  granted text[];
  is_done boolean;
begin
  foreach granted slice 1 in array wanted loop
    is_done := not exists (select from pg_roles where rolname = granted[1]) or not exists (select from pg_roles where rolname = granted[2])
      or exists (
        select from pg_auth_members m
          join pg_roles r on r.oid = m.roleid
          join pg_roles u on u.oid = m.member
          join pg_roles g on g.oid = m.grantor
         where r.rolname = granted[1] and u.rolname = granted[2]
           -- Whoever creates a role is made a member by the server itself since PostgreSQL 16, but without the right to take it.
           and (current_setting('server_version_num')::integer < 160000 or to_jsonb(m) ->> 'set_option' = 'true'));
    for attempt in 1..20 loop
      exit when is_done;
      begin
        execute format('grant %I to %I', granted[1], granted[2]);
        is_done := true;
      exception
        when insufficient_privilege then
          raise notice '% may not be granted to %: going on without', granted[1], granted[2];
          is_done := true;
        -- Another database of this server grants the same ("tuple concurrently updated"): wait and look again.
        when internal_error or unique_violation then perform pg_sleep(0.05);
      end;
    end loop;
  end loop;
end $$;

select public.grant_if_role('accord_app', 'grant usage on schema public to accord_app');
select public.grant_if_role('accord_app', 'grant select on public.migration_header to accord_app');
