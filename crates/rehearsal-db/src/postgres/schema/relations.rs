//! Tables, views and sequences, as queries of `(label, definition, table that it is part of or NULL)`.

use super::sql::{foreign_options, owner_of_sequence};

pub(super) fn queries() -> Vec<String> {
    let of = owner_of_sequence();
    vec![
        format!(
            "SELECT 'table \"' || c.name || '\"', \
             concat_ws(' ', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' WHEN 't' THEN 'TEMPORARY' END, \
               CASE c.relkind WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, \
               CASE c.relkind WHEN 'f' THEN '(' || (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) \
                 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) || ')' END, \
               (SELECT CASE WHEN c.relispartition THEN 'PARTITION OF ' || string_agg(i.inhparent::regclass::text, ', ') || ' ' || pg_get_expr(c.relpartbound, c.oid) \
                  ELSE 'INHERITS (' || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) || ')' END FROM pg_inherits i WHERE i.inhrelid = c.oid), \
               CASE WHEN c.relkind = 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(c.oid) END, \
               (SELECT concat_ws(' ', 'SERVER ' || quote_ident(fs.srvname), {}) FROM pg_foreign_table ft \
                JOIN pg_foreign_server fs ON fs.oid = ft.ftserver WHERE ft.ftrelid = c.oid), \
               (SELECT 'TABLESPACE ' || quote_ident(ts.spcname) FROM pg_tablespace ts WHERE ts.oid = c.reltablespace)), NULL \
             FROM class c WHERE c.relkind IN ('r', 'p', 'f')",
            foreign_options("ft.ftoptions")
        ),
        format!(
            "SELECT CASE c.relkind WHEN 'm' THEN 'materialized view \"' ELSE 'view \"' END || c.name || '\"', \
             rtrim(pg_get_viewdef(c.oid), ';') || CASE WHEN c.relispopulated THEN '' ELSE ' WITH NO DATA' END, NULL \
             FROM class c WHERE c.relkind IN ('v', 'm')"
        ),
        format!(
            "SELECT 'sequence \"' || c.name || '\"', concat_ws(' ', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END, \
               format('%s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s', format_type(s.seqtypid, NULL), \
                 s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END)), {of} \
             FROM class c JOIN pg_sequence s ON s.seqrelid = c.oid"
        ),
    ]
}
