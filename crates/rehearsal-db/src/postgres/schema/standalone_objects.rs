//! Objects that are not part of a table: types, functions, extensions, schemas and rarer ones, as queries of
//! `(label, definition, NULL)`.

use super::sql::{OURS, foreign_options, of_the_user};

pub(super) fn queries() -> Vec<String> {
    let ours = |catalog: &str, oid: &str| format!("{OURS} AND {}", of_the_user(catalog, oid));
    vec![
        format!(
            "SELECT 'type \"' || CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || t.typname || '\"', \
             concat_ws(' ', CASE t.typtype \
               WHEN 'e' THEN 'ENUM (' || coalesce((SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '') || ')' \
               WHEN 'd' THEN 'DOMAIN ' || format_type(t.typbasetype, t.typtypmod) || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END \
                 || coalesce(' DEFAULT ' || t.typdefault, '') \
                 || coalesce((SELECT string_agg(' ' || pg_get_constraintdef(k.oid), '' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n'), '') \
               WHEN 'r' THEN 'RANGE (SUBTYPE = ' || (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid) || ')' \
               WHEN 'c' THEN '(' || coalesce((SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) \
                 FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') || ')' \
               ELSE 'BASE' END), NULL \
             FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class rc ON rc.oid = t.typrelid \
             WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'b' AND t.typelem = 0) OR (t.typtype = 'c' AND rc.relkind = 'c')) AND {}",
            ours("pg_type", "t.oid")
        ),
        format!(
            "SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END || p.oid::regprocedure, \
             CASE WHEN p.prokind = 'a' \
               THEN (SELECT format('CREATE AGGREGATE %s (%s)', p.oid::regprocedure, concat_ws(', ', 'SFUNC = ' || g.aggtransfn, 'STYPE = ' || format_type(g.aggtranstype, NULL), \
                       'FINALFUNC = ' || nullif(g.aggfinalfn, 0::regproc), 'COMBINEFUNC = ' || nullif(g.aggcombinefn, 0::regproc), 'INITCOND = ' || quote_literal(g.agginitval))) \
                     FROM pg_aggregate g WHERE g.aggfnoid = p.oid) \
               ELSE pg_get_functiondef(p.oid) END, NULL \
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
             WHERE NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i') AND {}",
            ours("pg_proc", "p.oid")
        ),
        "SELECT 'extension \"' || e.extname || '\"', concat_ws(' ', 'EXTENSION', 'VERSION ' || quote_literal(e.extversion), 'SCHEMA ' || e.extnamespace::regnamespace), NULL \
         FROM pg_extension e WHERE e.extname <> 'plpgsql'"
            .to_owned(),
        format!(
            "SELECT 'schema \"' || n.nspname || '\"', 'SCHEMA', NULL FROM pg_namespace n \
             WHERE n.nspname <> 'public' AND {}",
            ours("pg_namespace", "n.oid")
        ),
        "SELECT 'event trigger \"' || e.evtname || '\"', concat(format('CREATE EVENT TRIGGER %I ON %I', e.evtname, e.evtevent), \
         ' WHEN TAG IN (' || (SELECT string_agg(quote_literal(x), ', ') FROM unnest(e.evttags) x) || ')', ' EXECUTE FUNCTION ' || e.evtfoid::regprocedure, \
         CASE e.evtenabled WHEN 'O' THEN '' ELSE format(E';\\nALTER EVENT TRIGGER %I %s', e.evtname, \
           CASE e.evtenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END) END), NULL \
         FROM pg_event_trigger e"
            .to_owned(),
        "SELECT 'publication \"' || p.pubname || '\"', format('CREATE PUBLICATION %I%s WITH (publish = %L, publish_via_partition_root = %s)', p.pubname, \
         CASE WHEN p.puballtables THEN ' FOR ALL TABLES' ELSE ' FOR TABLE ' || \
           (SELECT string_agg(r.prrelid::regclass::text, ', ' ORDER BY r.prrelid::regclass::text) FROM pg_publication_rel r WHERE r.prpubid = p.oid) END, \
         concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END, \
           CASE WHEN p.pubtruncate THEN 'truncate' END), p.pubviaroot::text), NULL \
         FROM pg_publication p"
            .to_owned(),
        format!(
            "SELECT 'foreign server \"' || s.srvname || '\"', concat_ws(' ', format('CREATE SERVER %I', s.srvname), 'TYPE ' || quote_literal(s.srvtype), \
             'VERSION ' || quote_literal(s.srvversion), 'FOREIGN DATA WRAPPER ' || quote_ident(w.fdwname), {}), NULL \
             FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw",
            foreign_options("s.srvoptions")
        ),
        "SELECT 'settings of the database', array_to_string(ARRAY(SELECT x FROM unnest(s.setconfig) x ORDER BY 1), ', '), NULL FROM pg_db_role_setting s \
         WHERE s.setrole = 0 AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
            .to_owned(),
        "SELECT format('cast (%s AS %s)', format_type(x.castsource, NULL), format_type(x.casttarget, NULL)), \
         concat(format('CREATE CAST (%s AS %s) ', format_type(x.castsource, NULL), format_type(x.casttarget, NULL)), \
           CASE x.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || x.castfunc::regprocedure WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END, \
           CASE x.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' END), NULL FROM pg_cast x \
         WHERE x.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = x.oid AND d.deptype IN ('e', 'i'))"
            .to_owned(),
        rare("collation", "pg_collation", "coll", "format('(provider = %s, locale = %L, deterministic = %s)', CASE x.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END, \
             coalesce(to_jsonb(x) ->> 'colllocale', to_jsonb(x) ->> 'colliculocale', to_jsonb(x) ->> 'collcollate'), x.collisdeterministic::text)"),
        format!(
            "SELECT 'operator ' || x.oid::regoperator, format('CREATE OPERATOR %I.%s (%s)', n.nspname, x.oprname, concat_ws(', ', 'FUNCTION = ' || x.oprcode, \
               'LEFTARG = ' || format_type(nullif(x.oprleft, 0), NULL), 'RIGHTARG = ' || format_type(nullif(x.oprright, 0), NULL))), NULL \
             FROM pg_operator x JOIN pg_namespace n ON n.oid = x.oprnamespace WHERE {}",
            ours("pg_operator", "x.oid")
        ),
        rare("text search configuration", "pg_ts_config", "cfg", "format('(PARSER = %s)', (SELECT quote_ident(r.prsname) FROM pg_ts_parser r WHERE r.oid = x.cfgparser))"),
        rare("text search dictionary", "pg_ts_dict", "dict", "format('(%s)', concat_ws(', ', 'TEMPLATE = ' || (SELECT quote_ident(m.tmplname) FROM pg_ts_template m WHERE m.oid = x.dicttemplate), x.dictinitoption))"),
        // Comments on tables and their parts are reported with these; those of extensions belong to the extension.
        "SELECT 'comment on ' || o.type || ' ' || o.identity, format('COMMENT ON %s %s IS %L', CASE o.type WHEN 'table constraint' THEN 'CONSTRAINT' \
           WHEN 'domain constraint' THEN 'CONSTRAINT' WHEN 'statistics object' THEN 'STATISTICS' ELSE upper(o.type) END, \
           CASE o.type WHEN 'domain constraint' THEN replace(o.identity, ' on ', ' ON DOMAIN ') ELSE replace(o.identity, ' on ', ' ON ') END, d.description), NULL \
         FROM pg_description d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) o \
         WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass AND d.objoid = 'public'::regnamespace \
                AND d.description <> 'standard public schema') AND d.classoid NOT IN ('pg_class'::regclass, 'pg_extension'::regclass) \
         AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')"
            .to_owned(),
    ]
}

/// Objects whose definition is a single expression; `prefix` is the prefix of the catalog's columns.
fn rare(kind: &str, catalog: &str, prefix: &str, definition: &str) -> String {
    format!(
        "SELECT '{kind} \"' || n.nspname || '.' || x.{prefix}name || '\"', format('CREATE %s %I.%I ', upper('{kind}'), n.nspname, x.{prefix}name) || {definition}, NULL \
         FROM {catalog} x JOIN pg_namespace n ON n.oid = x.{prefix}namespace WHERE {OURS} AND {}",
        of_the_user(catalog, "x.oid")
    )
}
