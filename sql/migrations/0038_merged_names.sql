-- 0038_merged_names.sql
--
-- What      Along a recorded merger, and only along it, the name of a body changes in what nobody signed: drafts and records from elsewhere
-- Why       docs/decisions/0015-anyone-has-a-name.md
-- Phase     expand
-- Locks     signature, approval, suspension and what else hangs on a party, briefly
-- Needs     0037_organisations.sql
-- Undo      forward only
-- Trust     a text that was frozen here keeps every name, the document of a record its bytes, and a confirmed signature its own

-- The code or codes (text or array) as they are called now.
create function public.current_names(p_names jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select case jsonb_typeof(p_names)
    when 'string' then to_jsonb(coalesce((select o.merged_into from public.organisation o where o.code = p_names #>> '{}'), p_names #>> '{}'))
    when 'array' then (select coalesce(jsonb_agg(coalesce(o.merged_into, n.name) order by n.place), '[]')
                         from jsonb_array_elements_text(p_names) with ordinality n(name, place) left join public.organisation o on o.code = n.name)
    else p_names
  end
$$;

-- Whether a row changed in nothing but that bodies are called as they are called now.
create function public.is_only_renamed(p_old jsonb, p_new jsonb) returns boolean
language sql stable set search_path = '' as $$
  select p_new - n.names = p_old - n.names
     and (select bool_and(p_new -> name is not distinct from public.current_names(p_old -> name)) from unnest(n.names) name)
    from (select array['providers', 'recipients', 'org', 'for_party', 'from_org', 'to_org'] as names) n
$$;

create or replace function refuse_change_of_frozen_terms() returns trigger language plpgsql as $$
declare v_id text; v_version int;
begin
  if tg_op = 'DELETE' then v_id := old.agreement_id; v_version := old.version; else v_id := new.agreement_id; v_version := new.version; end if;
  perform 1 from agreement_version v where v.agreement_id = v_id and v.version = v_version and v.status = 'DRAFT' and v.frozen_at is null;
  if not found then
    if tg_op = 'UPDATE' and public.is_only_renamed(to_jsonb(old), to_jsonb(new)) then
      perform 1 from agreement_version v where v.agreement_id = v_id and v.version = v_version
         and (v.recorded_elsewhere or v.status = 'ABANDONED');
      if found then return new; end if;
    end if;
    raise exception 'version % of % is frozen', v_version, v_id using errcode = 'restrict_violation';
  end if;
  if tg_op = 'DELETE' then return old; else return new; end if;
end $$;

create or replace function refuse_change_of_signature() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.confirmed_at is null and new.confirmed_at is not null
     and (new.agreement_id, new.version, new.org, new.signed_at) is not distinct from (old.agreement_id, old.version, old.org, old.signed_at) then
    return new;
  end if;
  if tg_op = 'UPDATE' and old.confirmed_at is null and public.is_only_renamed(to_jsonb(old), to_jsonb(new)) then
    return new;
  end if;
  raise exception 'a signature is never changed' using errcode = 'restrict_violation';
end $$;

-- Nor does what is kept of earlier parts and keepers change in anything else.
create function public.refuse_change_but_of_names() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and public.is_only_renamed(to_jsonb(old), to_jsonb(new)) then return new; end if;
  raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;
drop trigger earlier_part_is_append_only on earlier_part;
drop trigger keeper_change_is_append_only on keeper_change;
create trigger earlier_part_is_append_only before update or delete on earlier_part for each row execute function public.refuse_change_but_of_names();
create trigger keeper_change_is_append_only before update or delete on keeper_change for each row execute function public.refuse_change_but_of_names();
create trigger earlier_part_is_never_emptied before truncate on earlier_part for each statement execute function policy.refuse_change();
create trigger keeper_change_is_never_emptied before truncate on keeper_change for each statement execute function policy.refuse_change();

-- What hangs on a party follows its name.
do $$
declare key record;
begin
  for key in select c.conname as name, c.conrelid::regclass as child, pg_get_constraintdef(c.oid) as definition
               from pg_constraint c where c.contype = 'f' and c.confrelid = 'agreement_party'::regclass and c.confupdtype = 'a' loop
    execute format('alter table %s drop constraint %I, add constraint %I %s on update cascade', key.child, key.name, key.name, key.definition);
  end loop;
end $$;

revoke all on function public.current_names(jsonb), public.is_only_renamed(jsonb, jsonb) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.current_names(jsonb), public.is_only_renamed(jsonb, jsonb) to accord_app');
select public.grant_if_role('accord_app', 'grant update (from_org, to_org) on public.keeper_change to accord_app');
