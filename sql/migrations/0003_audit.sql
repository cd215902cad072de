-- 0003_audit.sql
--
-- What      The tamper-evident logs: gapless leaves, salted payload by day, tiles, signed checkpoints; opening, appending, ending.
-- Why       docs/decisions/0006-tamper-evident-log.md
-- Phase     expand
-- Locks     none on existing tables
-- Needs     0001_roles.sql, 0002_policy.sql
-- Undo      forward only
-- Trust     whoever owns these tables can rewrite them; only a checkpoint held elsewhere shows that they did. Whoever holds the
--           service's role can end a log, but the next one's first entry says so

create schema audit;

create table audit.log (
  log_id    int  primary key check (log_id > 0),
  name      text not null unique check (name ~ '^[a-z0-9-]+$'),
  kind      text not null check (kind in ('decisions', 'governance')),
  origin    text not null unique,
  vkey      text not null,
  opened_at timestamptz not null
);

-- The sequencer: one hot row a log. Locking it is the last thing a transaction does.
create table audit.head (
  log_id     int     primary key references audit.log on delete restrict,
  size       bigint  not null default 0 check (size >= 0),
  sealed     boolean not null default false,
  -- PERIOD: its last leaf says so and it is signed to the end. INCIDENT: it ends at its last published checkpoint.
  sealed_why text    check (sealed_why in ('PERIOD', 'INCIDENT'))
) with (fillfactor = 10);

create table audit.leaf (
  log_id    int    not null,
  idx       bigint not null check (idx >= 0),
  event_id  uuid   not null,
  leaf_hash bytea  not null,
  leaf      bytea  not null,
  primary key (log_id, idx),
  unique (log_id, event_id),
  constraint audit_leaf_fits_an_entry_bundle check (octet_length(leaf) between 1 and 65535),
  constraint audit_leaf_hash_is_rfc6962 check (leaf_hash = sha256('\x00'::bytea || leaf))
) partition by list (log_id);
comment on table audit.leaf is 'Append-only Merkle leaves (RFC 6962 section 2.1); canonical JSON, exactly the bytes that were hashed.';

create table audit.payload (
  day      date  not null,
  event_id uuid  not null,
  salt     bytea not null check (octet_length(salt) = 32),
  body     bytea not null,
  primary key (day, event_id)
) partition by range (day);
alter table audit.payload alter column body set storage external;
comment on table audit.payload is 'What a leaf commits to; dropped by day without touching a root.';

create table audit.tile (
  log_id int    not null references audit.log on delete restrict,
  level  int    not null check (level between 0 and 7),
  n      bigint not null check (n >= 0),
  hashes bytea  not null check (octet_length(hashes) = 8192),
  root   bytea  not null check (octet_length(root) = 32),
  primary key (log_id, level, n)
);

create table audit.tree (
  log_id int    primary key references audit.log on delete restrict,
  size   bigint not null check (size >= 0),
  root   bytea  not null check (octet_length(root) = 32),
  edge   bytea  not null  -- hashes right of the full tiles, at most 255 a level
);

create table audit.checkpoint (
  log_id    int         not null references audit.log on delete restrict,
  size      bigint      not null check (size >= 0),
  root      bytea       not null check (octet_length(root) = 32),
  note      text        not null,
  signed_at timestamptz not null,
  primary key (log_id, size)
);

create table audit.cosignature (
  log_id  int         not null,
  size    bigint      not null,
  witness text        not null,
  line    text        not null,
  at      timestamptz not null,
  primary key (log_id, size, witness),
  foreign key (log_id, size) references audit.checkpoint on delete restrict
);

create function audit.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_leaf_is_append_only before update or delete or truncate on audit.leaf
  for each statement execute function audit.refuse_change();
create trigger audit_payload_is_append_only before update or truncate on audit.payload
  for each statement execute function audit.refuse_change();
create trigger audit_tile_is_append_only before update or delete or truncate on audit.tile
  for each statement execute function audit.refuse_change();
create trigger audit_checkpoint_is_append_only before update or delete or truncate on audit.checkpoint
  for each statement execute function audit.refuse_change();
create trigger audit_cosignature_is_append_only before update or delete or truncate on audit.cosignature
  for each statement execute function audit.refuse_change();

-- Opens a log: its row, its sequencer, its partition. Idempotent by name; another key or origin for a known name is refused.
-- Made apart and attached, a partition needs no lock on the log that a reader or an append would have to wait for
-- (SHARE UPDATE EXCLUSIVE). It is empty: attaching has nothing to scan. Row triggers come with it; those of statements do not,
-- and they do not fire for a partition that is addressed by its own name, so each gets its own.
create function audit.open_log(p_name text, p_kind text, p_origin text, p_vkey text, p_at timestamptz) returns int
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare v_id int;
begin
  perform pg_catalog.pg_advisory_xact_lock(7166111602);
  select log_id into v_id from audit.log where name = p_name and kind = p_kind and origin = p_origin and vkey = p_vkey;
  if v_id is not null then return v_id; end if;
  if exists (select 1 from audit.log where name = p_name) then
    raise exception 'log % exists with another origin or key', p_name using errcode = '55000';
  end if;
  select coalesce(max(log_id), 0) + 1 into v_id from audit.log;
  insert into audit.log (log_id, name, kind, origin, vkey, opened_at) values (v_id, p_name, p_kind, p_origin, p_vkey, p_at);
  insert into audit.head (log_id) values (v_id);
  insert into audit.tree (log_id, size, root, edge) values (v_id, 0, sha256(''::bytea), '');
  execute format('create table audit.leaf_%s (like audit.leaf including all) with (autovacuum_freeze_min_age = 0)', v_id);
  execute format('create trigger leaf_is_append_only before update or delete or truncate on audit.leaf_%s for each statement execute function audit.refuse_change()', v_id);
  execute format('alter table audit.leaf attach partition audit.leaf_%s for values in (%s)', v_id, v_id);
  return v_id;
end $$;

-- Makes the payload partition of a day, once. An advisory lock tells nobody what others created meanwhile; a lock on a table
-- does, so two that open the same day at once both find it open. It is the one that attaching takes anyway.
create function audit.open_day(p_day date) returns void
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare v_name text := 'payload_' || to_char(p_day, 'YYYYMMDD');
begin
  if to_regclass('audit.' || v_name) is not null then return; end if;
  perform pg_catalog.pg_advisory_xact_lock(7166111602);
  lock table audit.payload in share update exclusive mode;
  if to_regclass('audit.' || v_name) is not null then return; end if;
  -- What fits on a page stays in its row: to press it together and put it aside would cost each decision more than all the rest.
  execute format('create table audit.%I (like audit.payload including all) with (toast_tuple_target = 8160)', v_name);
  execute format('create trigger payload_is_append_only before update or truncate on audit.%I for each statement execute function audit.refuse_change()', v_name);
  execute format('alter table audit.payload attach partition audit.%I for values from (%L) to (%L)', v_name, p_day, p_day + 1);
end $$;

-- Takes the next p_count places of a log. Whoever does holds its sequencer until the commit, so it is the last thing it does.
create function audit.take_places(p_log int, p_count int) returns bigint
language plpgsql security definer set search_path = '' as $$
declare v_start bigint;
begin
  if current_setting('synchronous_commit') not in ('on', 'remote_apply') then
    raise exception 'synchronous_commit is %: not durable', current_setting('synchronous_commit') using errcode = '55000';
  end if;
  update audit.head set size = size + p_count where log_id = p_log and not sealed returning size - p_count into v_start;
  if v_start is null then raise exception 'audit log % is unknown or sealed', p_log using errcode = '55000'; end if;
  return v_start;
end $$;

-- Appends inside a transaction that does something else too (governance acts), with room for its day. This and audit.append_on are the
-- only ways to write.
create function audit.append(p_log int, p_ids uuid[], p_leaves bytea[], p_hashes bytea[], p_day date, p_salts bytea[], p_bodies bytea[])
returns bigint language plpgsql security definer set search_path = '' as $$
declare v_start bigint;
begin
  -- Before the places, so that nobody who waits for them waits for a table to be made.
  perform audit.open_day(p_day);
  v_start := audit.take_places(p_log, cardinality(p_ids));
  insert into audit.leaf (log_id, idx, event_id, leaf_hash, leaf)
    select p_log, v_start + t.o - 1, t.id, t.hash, t.leaf from unnest(p_ids, p_leaves, p_hashes) with ordinality as t(id, leaf, hash, o);
  insert into audit.payload (day, event_id, salt, body)
    select p_day, t.id, t.salt, t.body from unnest(p_ids, p_salts, p_bodies) as t(id, salt, body) where t.body is not null;
  return v_start;
end $$;

-- Appends what was decided on revision p_revision with digest p_digest, which stands for everything up to it. Null: the policy
-- is another one now, or none was named, and nothing was appended; evaluate again. The number alone would not do: after a
-- failover or a restore that lost acts, other acts come to the numbers of the lost ones.
-- Every decision waits for this, so the entries come as one value that nobody parses: each the 16 bytes of its identifier, 32 of
-- its leaf's hash, 32 of salt, its leaf, its body. Entry n begins at byte p_at[n], counted from 1.
create function audit.append_on(p_log int, p_revision bigint, p_digest bytea, p_day date, p_entries bytea, p_at int[], p_leaf_bytes int[], p_body_bytes int[])
returns bigint language plpgsql security definer set search_path = '' as $$
declare v_start bigint;
begin
  perform pg_catalog.pg_advisory_xact_lock_shared(policy.lock_key());
  -- A statement of its own: its snapshot is taken after the lock was granted.
  perform from policy.head where revision = p_revision and digest = p_digest;
  if not found then return null; end if;
  v_start := audit.take_places(p_log, cardinality(p_at));
  insert into audit.leaf (log_id, idx, event_id, leaf_hash, leaf)
    select p_log, v_start + e.n - 1, encode(substring(p_entries from e.at for 16), 'hex')::uuid, substring(p_entries from e.at + 16 for 32),
        substring(p_entries from e.at + 80 for e.leaf)
      from unnest(p_at, p_leaf_bytes) with ordinality as e(at, leaf, n);
  insert into audit.payload (day, event_id, salt, body)
    select p_day, encode(substring(p_entries from e.at for 16), 'hex')::uuid, substring(p_entries from e.at + 48 for 32),
        substring(p_entries from e.at + 80 + e.leaf for e.body)
      from unnest(p_at, p_leaf_bytes, p_body_bytes) as e(at, leaf, body);
  return v_start;
end $$;

-- Writes WAL, so that its commit waits for what came before it (recovery after an unknown outcome).
create function audit.barrier() returns void language sql security definer set search_path = '' as $$
  select pg_catalog.pg_logical_emit_message(true, 'accord', 'barrier')
$$;

-- Ends a log. An INCIDENT waits for checkpoints that are being committed, and those after it see the seal; a PERIOD needs its
-- last leaf. Appends wait for neither.
create function audit.seal(p_log int, p_why text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_size bigint;
  v_last json;
begin
  if p_why = 'INCIDENT' then perform pg_catalog.pg_advisory_xact_lock(716611162, p_log); end if;
  select size into v_size from audit.head where log_id = p_log and not sealed for update;
  if not found then return; end if;
  if p_why = 'PERIOD' then
    select convert_from(leaf, 'UTF8')::json into v_last from audit.leaf where log_id = p_log and idx = v_size - 1;
    if v_last ->> 't' is distinct from 'audit.log.closed' or (v_last ->> 'size')::bigint is distinct from v_size then
      raise exception 'audit log % is not closed by its last leaf', p_log using errcode = '55000';
    end if;
  end if;
  update audit.head set sealed = true, sealed_why = p_why where log_id = p_log;
end $$;

-- The next log records where this one ended; a signer that had looked before would sign beyond that (R31).
create function audit.refuse_checkpoint_of_ended() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_catalog.pg_advisory_xact_lock_shared(716611162, new.log_id);
  -- A statement of its own: its snapshot is taken after the lock was granted.
  perform from audit.head where log_id = new.log_id and sealed_why = 'INCIDENT';
  if found then raise exception 'audit log % ended with an incident and is signed no more', new.log_id using errcode = '55000'; end if;
  return new;
end $$;
create trigger audit_checkpoint_is_of_a_log_that_goes_on before insert on audit.checkpoint
  for each row execute function audit.refuse_checkpoint_of_ended();

-- Whoever ends a log for an incident opens, in the same transaction, the one whose first leaf says so.
create function audit.refuse_silent_end() returns trigger
language plpgsql security definer set search_path = '' as $$
declare v_log audit.log;
begin
  select * into v_log from audit.log where log_id = new.log_id;
  if not exists (
    select from audit.log g join audit.leaf l on l.log_id = g.log_id and l.idx = 0
     cross join lateral (select convert_from(l.leaf, 'UTF8')::json as leaf) j
     where g.kind = v_log.kind and g.log_id > v_log.log_id and j.leaf ->> 't' = 'audit.log.opened' and j.leaf ->> 'why' = 'INCIDENT'
       and coalesce(j.leaf #>> '{prev,origin}', v_log.origin) = v_log.origin)
  then
    raise exception 'audit log % may not end without another that says why', new.log_id using errcode = '55000';
  end if;
  return null;
end $$;
create constraint trigger head_ends_with_a_successor after update of sealed_why on audit.head deferrable initially deferred
  for each row when (new.sealed_why = 'INCIDENT') execute function audit.refuse_silent_end();

-- The key (vkey) of the next log, where this one ended with its announcement; null where it ended otherwise. Whoever trusts the
-- old key learns of the new one from a tree that the old one signed (R28).
create function audit.announced_key(p_log int) returns text
language sql stable security definer set search_path = '' as $$
  select j.leaf ->> 'vkey' from audit.head h
    join audit.leaf l on l.log_id = h.log_id and l.idx = h.size - 2
    cross join lateral (select convert_from(l.leaf, 'UTF8')::json as leaf) j
   where h.log_id = p_log and h.sealed_why = 'PERIOD' and j.leaf ->> 't' = 'audit.key.added'
$$;

-- How many standbys confirm commits. The owner of this function needs pg_read_all_stats (a super user has it).
create function audit.synchronous_standbys() returns int
language sql stable security definer set search_path = '' as $$
  select count(*)::int from pg_catalog.pg_stat_replication where sync_state in ('sync', 'quorum')
$$;

revoke all on all functions in schema audit from public;
select public.grant_if_role('audit_writer', 'grant usage on schema audit to audit_writer, audit_integrator, audit_reader, audit_retention');
select public.grant_if_role('audit_writer', 'grant usage on schema policy to audit_writer');
select public.grant_if_role('audit_writer', 'grant select on audit.log, audit.head, audit.checkpoint to audit_writer');
select public.grant_if_role('audit_writer', 'grant execute on function audit.append(int, uuid[], bytea[], bytea[], date, bytea[], bytea[]), audit.append_on(int, bigint, bytea, date, bytea, int[], int[], int[]) to audit_writer');
select public.grant_if_role('audit_writer', 'grant execute on function audit.open_log(text, text, text, text, timestamptz), audit.open_day(date), audit.barrier(), audit.seal(int, text), audit.announced_key(int), audit.synchronous_standbys() to audit_writer');
select public.grant_if_role('audit_integrator', 'grant select on audit.log, audit.head, audit.leaf, audit.tile, audit.tree, audit.checkpoint, audit.cosignature to audit_integrator');
select public.grant_if_role('audit_integrator', 'grant insert on audit.tile, audit.checkpoint, audit.cosignature to audit_integrator');
select public.grant_if_role('audit_integrator', 'grant update on audit.tree to audit_integrator');
select public.grant_if_role('audit_integrator', 'grant execute on function audit.barrier() to audit_integrator');
select public.grant_if_role('audit_reader', 'grant select on audit.log, audit.head, audit.leaf, audit.tile, audit.tree, audit.checkpoint, audit.cosignature to audit_reader');
