//! Tables, views and sequences, as queries of `(label, definition, table that it is part of or NULL)`.

use super::sql::{OURS, grants, not_of_extension, owner, owner_of_sequence, sorted, table};

pub(super) fn queries() -> Vec<String> {
    let class = not_of_extension("pg_class", "c.oid");
    let from = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace";
    let owner = owner("c.relowner");
    let rights = grants("c.relacl", 'r', "c.relowner");
    let (table, options, of) = (table("n", "c"), sorted("c.reloptions"), owner_of_sequence());
    vec![
        format!(
            "SELECT 'table \"' || {table} || '\"', \
             concat_ws(' ', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' WHEN 't' THEN 'TEMPORARY' END, \
               CASE c.relkind WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, \
               (SELECT 'SERVER ' || fs.srvname || ' ' || coalesce(array_to_string(ft.ftoptions, ', '), '') FROM pg_foreign_table ft \
                JOIN pg_foreign_server fs ON fs.oid = ft.ftserver WHERE ft.ftrelid = c.oid), \
               CASE WHEN c.relkind = 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(c.oid) END, \
               (SELECT 'INHERITS ' || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid), \
               CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END, \
               CASE c.relreplident WHEN 'n' THEN 'REPLICA IDENTITY NOTHING' WHEN 'f' THEN 'REPLICA IDENTITY FULL' \
                 WHEN 'i' THEN 'REPLICA IDENTITY ' || (SELECT i.indexrelid::regclass FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident) END, \
               CASE WHEN c.relrowsecurity THEN 'ROW LEVEL SECURITY' END, CASE WHEN c.relforcerowsecurity THEN 'FORCED' END, \
               (SELECT 'TABLESPACE ' || ts.spcname FROM pg_tablespace ts WHERE ts.oid = c.reltablespace), \
               {options}, {owner}, {rights}), NULL \
             {from} WHERE c.relkind IN ('r', 'p', 'f') AND {OURS} AND {class}"
        ),
        format!(
            "SELECT CASE c.relkind WHEN 'm' THEN 'materialized view \"' ELSE 'view \"' END || {table} || '\"', \
             concat_ws(' ', pg_get_viewdef(c.oid), CASE WHEN NOT c.relispopulated THEN 'WITH NO DATA' END, \
               {options}, {owner}, {rights}), NULL \
             {from} WHERE c.relkind IN ('v', 'm') AND {OURS} AND {class}"
        ),
        format!(
            "SELECT 'sequence \"' || {table} || '\"', concat_ws(' ', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END, \
               format('%s START %s INCREMENT %s MIN %s MAX %s CACHE %s%s', format_type(s.seqtypid, NULL), \
                 s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END), \
               {owner}, {}), {of} \
             {from} JOIN pg_sequence s ON s.seqrelid = c.oid WHERE {OURS} AND {class}",
            grants("c.relacl", 's', "c.relowner")
        ),
    ]
}
