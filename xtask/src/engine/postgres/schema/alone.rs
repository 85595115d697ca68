//! What stands beside tables: types, functions, extensions, schemas and what is rarer, as queries of `(label, definition, NULL)`.

use super::sql::{OURS, granted, grants, not_of_extension, owner};

pub(super) fn queries() -> Vec<String> {
    let ours = |catalogue: &str, oid: &str| format!("{OURS} AND {}", not_of_extension(catalogue, oid));
    vec![
        format!(
            "SELECT 'type \"' || CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || t.typname || '\"', \
             concat_ws(' ', CASE t.typtype \
               WHEN 'e' THEN 'ENUM (' || coalesce((SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '') || ')' \
               WHEN 'd' THEN 'DOMAIN ' || format_type(t.typbasetype, t.typtypmod) || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END \
                 || coalesce(' DEFAULT ' || t.typdefault, '') \
                 || coalesce((SELECT string_agg(' ' || pg_get_constraintdef(k.oid), '' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n'), '') \
               WHEN 'r' THEN 'RANGE (SUBTYPE = ' || (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid) || ')' \
               WHEN 'c' THEN '(' || coalesce((SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) \
                 FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') || ')' \
               ELSE 'BASE' END, {}, {}), NULL \
             FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class rc ON rc.oid = t.typrelid \
             WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'b' AND t.typelem = 0) OR (t.typtype = 'c' AND rc.relkind = 'c')) AND {}",
            owner("t.typowner"),
            grants("t.typacl", 'T', "t.typowner"),
            ours("pg_type", "t.oid")
        ),
        format!(
            "SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END || p.oid::regprocedure, \
             concat_ws(' ', CASE WHEN p.prokind = 'a' \
               THEN (SELECT concat_ws(' ', 'AGGREGATE', g.aggtransfn, g.aggfinalfn, g.aggcombinefn, format_type(g.aggtranstype, NULL), g.agginitval) \
                     FROM pg_aggregate g WHERE g.aggfnoid = p.oid) \
               ELSE pg_get_functiondef(p.oid) END, {}, {}), NULL \
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
             WHERE NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i') AND {}",
            owner("p.proowner"),
            grants("p.proacl", 'f', "p.proowner"),
            ours("pg_proc", "p.oid")
        ),
        "SELECT 'extension \"' || e.extname || '\"', concat_ws(' ', 'EXTENSION', 'VERSION ' || quote_literal(e.extversion), 'SCHEMA ' || e.extnamespace::regnamespace), NULL \
         FROM pg_extension e WHERE e.extname <> 'plpgsql'"
            .to_owned(),
        format!(
            "SELECT 'schema \"' || n.nspname || '\"', concat_ws(' ', 'SCHEMA', {}, {}), NULL FROM pg_namespace n \
             WHERE n.nspname <> 'public' AND {}",
            owner("n.nspowner"),
            grants("n.nspacl", 'n', "n.nspowner"),
            ours("pg_namespace", "n.oid")
        ),
        // Every database has this one; only what was made of its rights since is told.
        format!(
            "SELECT 'rights on the schema \"public\"', {}, NULL \
         FROM pg_namespace n LEFT JOIN pg_init_privs i ON i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid \
         WHERE n.nspname = 'public' \
         AND ARRAY(SELECT x::text FROM unnest(n.nspacl) x ORDER BY 1) <> ARRAY(SELECT x::text FROM unnest(i.initprivs) x ORDER BY 1)",
            granted("n.nspacl")
        ),
        format!(
            "SELECT concat_ws(' ', 'default rights of', a.defaclrole::regrole, 'on', CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE 'schemas' END, 'in ' || nullif(a.defaclnamespace, 0)::regnamespace), \
         {}, NULL FROM pg_default_acl a",
            granted("a.defaclacl")
        ),
        "SELECT 'event trigger \"' || e.evtname || '\"', concat_ws(' ', e.evtevent, e.evtfoid::regprocedure, e.evtenabled::text, array_to_string(e.evttags, ', ')), NULL \
         FROM pg_event_trigger e"
            .to_owned(),
        "SELECT 'publication \"' || p.pubname || '\"', concat_ws(' ', (to_jsonb(p) - 'oid' - 'pubowner')::text, \
         (SELECT string_agg(r.prrelid::regclass::text, ', ' ORDER BY r.prrelid::regclass::text) FROM pg_publication_rel r WHERE r.prpubid = p.oid)), NULL \
         FROM pg_publication p"
            .to_owned(),
        "SELECT 'foreign server \"' || s.srvname || '\"', concat_ws(' ', w.fdwname, array_to_string(s.srvoptions, ', ')), NULL \
         FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw"
            .to_owned(),
        "SELECT 'settings of the database', array_to_string(ARRAY(SELECT x FROM unnest(s.setconfig) x ORDER BY 1), ', '), NULL FROM pg_db_role_setting s \
         WHERE s.setrole = 0 AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
            .to_owned(),
        "SELECT format('cast (%s AS %s)', format_type(x.castsource, NULL), format_type(x.casttarget, NULL)), \
         concat_ws(' ', x.castmethod::text, x.castcontext::text, nullif(x.castfunc, 0)::regprocedure), NULL FROM pg_cast x \
         WHERE x.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = x.oid AND d.deptype IN ('e', 'i'))"
            .to_owned(),
        rare("collation", "pg_collation", "coll", "concat_ws(' ', x.collprovider::text, (to_jsonb(x) ->> 'collcollate'), x.collisdeterministic)"),
        format!(
            "SELECT 'operator ' || x.oid::regoperator, x.oprcode::text, NULL \
             FROM pg_operator x JOIN pg_namespace n ON n.oid = x.oprnamespace WHERE {}",
            ours("pg_operator", "x.oid")
        ),
        rare("text search configuration", "pg_ts_config", "cfg", "x.cfgparser::text"),
        rare("text search dictionary", "pg_ts_dict", "dict", "concat_ws(' ', x.dicttemplate, x.dictinitoption)"),
        // Comments on tables and their parts are told with these, and an extension brings its own.
        "SELECT 'comment on ' || o.type || ' ' || o.identity, d.description, NULL \
         FROM pg_description d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) o \
         WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass AND d.objoid = 'public'::regnamespace \
                AND d.description <> 'standard public schema') AND d.classoid NOT IN ('pg_class'::regclass, 'pg_extension'::regclass) \
         AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')"
            .to_owned(),
    ]
}

/// What is told with one expression: `prefix` is that of the catalogue's columns.
fn rare(kind: &str, catalogue: &str, prefix: &str, definition: &str) -> String {
    format!(
        "SELECT '{kind} \"' || n.nspname || '.' || x.{prefix}name || '\"', {definition}, NULL \
         FROM {catalogue} x JOIN pg_namespace n ON n.oid = x.{prefix}namespace WHERE {OURS} AND {}",
        not_of_extension(catalogue, "x.oid")
    )
}
