-- 0008_agreement_changes.sql
--
-- What      What of an agreement may never change again: a text that was frozen, a signature, its history.
-- Why       docs/decisions/0009-acts-and-visibility.md, 0015-anyone-has-a-name.md
-- Phase     expand
-- Locks     the tables of 0007, for a moment
-- Needs     0007_agreements.sql
-- Undo      forward only
-- Trust     a text that was frozen here keeps every name, the document of a record its bytes, and a confirmed signature its own

create trigger agreement_act_is_append_only before update or delete or truncate on agreement_act
  for each statement execute function policy.refuse_change();
create trigger review_date_change_is_append_only before update or delete or truncate on review_date_change
  for each statement execute function policy.refuse_change();

-- What is kept of earlier parts and keepers changes in nothing but the names of bodies that were merged.
create function public.refuse_change_but_of_names() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and public.is_only_renamed(to_jsonb(old), to_jsonb(new)) then return new; end if;
  raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger earlier_part_is_append_only before update or delete on earlier_part for each row execute function public.refuse_change_but_of_names();
create trigger keeper_change_is_append_only before update or delete on keeper_change for each row execute function public.refuse_change_but_of_names();
create trigger overruled_advice_is_append_only before update or delete on overruled_advice for each row execute function public.refuse_change_but_of_names();
create trigger overruled_advice_is_never_emptied before truncate on overruled_advice for each statement execute function policy.refuse_change();
create trigger earlier_part_is_never_emptied before truncate on earlier_part for each statement execute function policy.refuse_change();
create trigger keeper_change_is_never_emptied before truncate on keeper_change for each statement execute function policy.refuse_change();

-- Terms are fixed once a version is no longer a draft (LC-1): nobody adds, changes or removes a line of what was signed. Along a
-- recorded merger, and only along it, the name of a body changes in what nobody signed: drafts and records from elsewhere.
create function refuse_change_of_frozen_terms() returns trigger language plpgsql as $$
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
create trigger flow_of_frozen_version before insert or update or delete on flow for each row execute function refuse_change_of_frozen_terms();
create trigger flow_side_of_frozen_version before insert or update or delete on flow_side for each row execute function refuse_change_of_frozen_terms();
create trigger prohibition_of_frozen_version before insert or update or delete on prohibition for each row execute function refuse_change_of_frozen_terms();
create trigger agent_of_frozen_version before insert or update or delete on agent for each row execute function refuse_change_of_frozen_terms();

create function refuse_change_of_frozen_version() returns trigger language plpgsql as $$
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
create trigger version_is_frozen before update or delete on agreement_version for each row execute function refuse_change_of_frozen_version();

-- A register of elsewhere may not state the first day: such a version governs on no day.
create function require_a_start() returns trigger language plpgsql as $$
begin
  if new.effective_from is null and new.status not in ('DRAFT', 'ABANDONED')
     and not exists (select from agreement a where a.id = new.agreement_id and a.origin = 'ELSEWHERE') then
    raise exception 'an approved version has a start' using errcode = 'check_violation', constraint = 'approved_version_has_a_start';
  end if;
  return new;
end $$;
create trigger approved_version_has_a_start before insert or update on agreement_version for each row execute function require_a_start();

-- A signature is given once; only its confirmation may be added to one recorded elsewhere, and an objection to one that was carried over.
create function refuse_change_of_signature() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.confirmed_at is null and new.confirmed_at is not null
     and (new.agreement_id, new.version, new.org, new.signed_at) is not distinct from (old.agreement_id, old.version, old.org, old.signed_at) then
    return new;
  end if;
  if tg_op = 'UPDATE' and old.carried_from_version is not null and old.objected_at is null
     and to_jsonb(new) - 'objected_at' = to_jsonb(old) - 'objected_at' then
    return new;
  end if;
  if tg_op = 'UPDATE' and old.confirmed_at is null and public.is_only_renamed(to_jsonb(old), to_jsonb(new)) then
    return new;
  end if;
  raise exception 'a signature is never changed' using errcode = 'restrict_violation';
end $$;
create trigger signature_is_final before update or delete on signature for each row execute function refuse_change_of_signature();

-- SD-6: no person signs one agreement for two parties.
create function refuse_signature_for_two_parties() returns trigger language plpgsql as $$
begin
  if new.signatory_sub is not null and exists (
    select from signature s where s.agreement_id = new.agreement_id and s.signatory_issuer = new.signatory_issuer and s.signatory_sub = new.signatory_sub and s.org <> new.org) then
    raise exception 'this person has signed for another party' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger nobody_signs_for_two_parties before insert on signature for each row execute function refuse_signature_for_two_parties();

-- Everything that is stored of some agreements and of the assessments that they stand on, a member a table, in one statement whose plan is
-- kept: an act reads its agreement twice.
-- It answers what row-level security (0009) would show the reader of each table: asked once an agreement instead of once a row of every
-- table, and of versions one by one only where the reader's part is over. The text as signed is long and not among it.
create function public.stored_agreements(p_ids text[]) returns json
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
declare
  v_known text[];
  v_whole text[];
begin
  select array_agg(k.id), array_agg(k.id) filter (where k.until = 'infinity') into v_known, v_whole
    from (select w.id, public.knows_agreement_until(w.id) as until from unnest(p_ids) as w (id)) as k where k.until is not null;
  return json_build_object(
    'agreements', (select json_agg(a order by a.id) from public.agreement a where a.id = any (v_known)),
    'parties', (select json_agg(p order by p.position) from public.agreement_party p where p.agreement_id = any (v_known)),
    'earlier_parts', (select json_agg(e order by e.left_at) from public.earlier_part e where e.agreement_id = any (v_known)),
    'keepers', (select json_agg(k order by k.position) from public.keeper_change k where k.agreement_id = any (v_known)),
    'reviews', (select json_agg(r order by r.position) from public.review_date_change r where r.agreement_id = any (v_known)),
    -- Column by column: to fetch and write out the signed text of each, to leave it out then, took most of the time.
    'versions', (select json_agg(v order by v.version) from (
        select a.agreement_id, a.version, a.status, a.effective_from, a.effective_to, a.commencement_rule, a.commencement_threshold, a.narrative,
            a.processor_contract, a.joint_controller_arrangement, a.agents_recorded, a.recorded_elsewhere, a.change_class, a.hash, a.frozen_at,
            a.warnings, a.dropped_at, a.filled_groups, a.sign_off_id
          from public.agreement_version a where a.agreement_id = any (v_known) and (a.agreement_id = any (v_whole) or public.may_see_version(a.agreement_id, a.version))) v),
    'flows', (select json_agg(f order by f.position) from public.flow f where f.agreement_id = any (v_known) and (f.agreement_id = any (v_whole) or public.may_see_version(f.agreement_id, f.version))),
    'sides', (select json_agg(s) from public.flow_side s where s.agreement_id = any (v_known) and (s.agreement_id = any (v_whole) or public.may_see_version(s.agreement_id, s.version))),
    'prohibitions', (select json_agg(p order by p.position) from public.prohibition p where p.agreement_id = any (v_known) and (p.agreement_id = any (v_whole) or public.may_see_version(p.agreement_id, p.version))),
    'agents', (select json_agg(a order by a.position) from public.agent a where a.agreement_id = any (v_known) and (a.agreement_id = any (v_whole) or public.may_see_version(a.agreement_id, a.version))),
    'signatures', (select json_agg(s order by s.signed_at, s.org) from public.signature s where s.agreement_id = any (v_known) and (s.agreement_id = any (v_whole) or public.may_see_version(s.agreement_id, s.version))),
    'attested', (select json_agg(s order by s.attested_at, s.id) from public.attested_signature s where s.attested_at is not null and s.agreement_id = any (v_known) and (s.agreement_id = any (v_whole) or (public.may_see_version(s.agreement_id, s.version) and s.stated_at <= public.knows_agreement_until(s.agreement_id)))),
    'approvals', (select json_agg(a order by a.org) from public.approval a where a.agreement_id = any (v_known) and (a.agreement_id = any (v_whole) or public.may_see_version(a.agreement_id, a.version))),
    'conditions', (select json_agg(c order by c.position) from public.approval_condition c where c.agreement_id = any (v_known) and (c.agreement_id = any (v_whole) or public.may_see_version(c.agreement_id, c.version))),
    'overruled', (select json_agg(o order by o.at, o.org) from public.overruled_advice o where o.agreement_id = any (v_known) and (o.agreement_id = any (v_whole) or public.may_see_version(o.agreement_id, o.version))),
    'suspensions', (select json_agg(s order by s.from_at, s.id) from public.suspension s where s.agreement_id = any (v_known)),
    'documents', (select json_agg(d order by d.position) from public.policy_document d where d.agreement_id = any (v_known)),
    'bodies', (select json_agg(o) from public.organisation o where o.active_from is not null or o.active_to is not null or o.accepts_attested_since is not null),
    'successions', (select json_agg(s) from public.organisation_succession s),
    -- An assessment is seen by whoever knows an agreement that stands on it.
    'assessments', public.stored_assessments(array(select distinct a.assessment_id from public.agreement a where a.id = any (v_known))));
end $$;
revoke all on function public.stored_agreements(text[]) from public;
select public.grant_if_role('accord_app', 'grant execute on function public.stored_agreements(text[]) to accord_app');
