//! Properties of objects that are not part of their definition: owner, privileges and storage options, each as the
//! statement that sets it. The queries return `(label, statement, table that it is part of or NULL)`; the statement
//! is NULL for the default.

use super::sql::{OURS, is_other_owner, of_the_user, owner, rights, sorted};

pub(super) fn queries() -> Vec<String> {
    let mut queries = vec![of_tables(), of_columns()];
    queries.extend(of_others());
    queries
}

/// A property of an object, as SQL expressions.
struct Property {
    label: String,
    statement: String,
    /// Whether the property differs from the default.
    when: String,
}

impl Property {
    fn of(label: String, statement: &str, when: &str) -> Self {
        Self { label, statement: statement.to_owned(), when: when.to_owned() }
    }
}

/// A query for all properties of the objects in `from`, in a single pass that skips objects with defaults only.
fn query_of(properties: &[Property], part: &str, from: &str, filter: &str) -> String {
    let list =
        |of: &dyn Fn(&Property) -> String, between: &str| properties.iter().map(of).collect::<Vec<_>>().join(between);
    format!(
        "SELECT found.label, found.statement, {part} {from} \
         CROSS JOIN LATERAL unnest(ARRAY[{}], ARRAY[{}]) AS found (label, statement) \
         WHERE ({}) AND found.statement IS NOT NULL AND {filter}",
        list(&|property| property.label.clone(), ", "),
        list(&|Property { statement, when, .. }| format!("CASE WHEN {when} THEN {statement} END"), ", "),
        list(&|property| property.when.clone(), " OR ")
    )
}

const PART: &str = "CASE WHEN c.relkind IN ('r', 'p', 'f') THEN c.name END";
/// The keyword of a relation's kind in ALTER statements.
const KIND: &str = "CASE c.relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW ' WHEN 'S' THEN 'SEQUENCE ' \
                    WHEN 'f' THEN 'FOREIGN TABLE ' ELSE 'TABLE ' END";

fn of_tables() -> String {
    let of = |what: &str, statement: &str, when: &str| {
        Property::of(format!("'{what} \"' || c.name || '\"'"), statement, when)
    };
    let name = "c.oid::regclass";
    let usual = "acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner)";
    let what = format!("CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END || {name}");
    let of_each = [
        of("rights on", &rights("''", "c.relacl", usual, &what, "''"), "c.relacl IS NOT NULL"),
        of("owner of", &owner(&format!("{KIND} || {name}"), "c.relowner"), &is_other_owner("c.relowner")),
        of(
            "options of",
            &format!("'ALTER ' || {KIND} || {name} || ' SET (' || {} || ')'", sorted("c.reloptions")),
            "c.reloptions IS NOT NULL",
        ),
        of("row security of", &format!("'ALTER TABLE ' || {name} || ' ENABLE ROW LEVEL SECURITY'"), "c.relrowsecurity"),
        of(
            "row security of owners of",
            &format!("'ALTER TABLE ' || {name} || ' FORCE ROW LEVEL SECURITY'"),
            "c.relforcerowsecurity",
        ),
        of(
            "identity of rows of",
            &format!(
                "'ALTER TABLE ' || {name} || ' REPLICA IDENTITY ' || CASE c.relreplident WHEN 'n' THEN 'NOTHING' WHEN 'f' THEN 'FULL' \
                 ELSE 'USING INDEX ' || (SELECT quote_ident(ic.relname) FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid \
                 WHERE i.indrelid = c.oid AND i.indisreplident) END"
            ),
            "c.relkind <> 'S' AND c.relreplident NOT IN ('d', CASE c.relkind WHEN 'r' THEN 'd' WHEN 'p' THEN 'd' WHEN 'm' THEN 'd' ELSE 'n' END)",
        ),
    ];
    query_of(&of_each, PART, "FROM class c", "c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')")
}

fn of_columns() -> String {
    let of = |what: &str, statement: &str, when: &str| {
        Property::of(format!("'{what} \"' || c.name || '\".\"' || a.attname || '\"'"), statement, when)
    };
    let alter = "'ALTER ' || CASE c.relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW ' ELSE 'TABLE ' END \
                 || c.oid::regclass || ' ALTER COLUMN ' || quote_ident(a.attname)";
    let name = "' (' || quote_ident(a.attname) || ')'";
    let of_each = [
        of(
            "rights on column",
            &rights("''", "a.attacl", "acldefault('c', c.relowner)", "c.oid::regclass", name),
            "a.attacl IS NOT NULL",
        ),
        of(
            "default of column",
            &format!(
                "{alter} || ' SET DEFAULT ' || (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = c.oid AND d.adnum = a.attnum)"
            ),
            "c.relkind = 'v' AND a.atthasdef",
        ),
        of(
            "storage of column",
            &format!(
                "{alter} || ' SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END"
            ),
            "c.relkind <> 'v' AND a.attstorage <> t.typstorage",
        ),
        of(
            "compression of column",
            &format!("{alter} || ' SET COMPRESSION ' || CASE a.compression WHEN 'p' THEN 'pglz' ELSE 'lz4' END"),
            "c.relkind <> 'v' AND a.compression <> ''",
        ),
        of(
            "statistics of column",
            &format!("{alter} || ' SET STATISTICS ' || a.attstattarget"),
            "c.relkind <> 'v' AND a.attstattarget <> -1",
        ),
        of(
            "options of column",
            &format!("{alter} || ' SET (' || {} || ')'", sorted("a.attoptions")),
            "a.attoptions IS NOT NULL",
        ),
    ];
    // Servers before 14 have no `attcompression` column: then the name refers to that of `older`.
    let from = "FROM class c CROSS JOIN (SELECT ''::\"char\" AS attcompression) AS older \
                CROSS JOIN LATERAL (SELECT own.*, attcompression AS compression FROM pg_attribute own \
                    WHERE own.attrelid = c.oid AND own.attnum > 0 AND NOT own.attisdropped) AS a \
                JOIN pg_type t ON t.oid = a.atttypid";
    query_of(&of_each, PART, from, "c.relkind IN ('r', 'p', 'f', 'v', 'm')")
}

fn of_others() -> Vec<String> {
    let ours = |catalog: &str, oid: &str| format!("{OURS} AND {}", of_the_user(catalog, oid));
    let pair = |what: &str, acl: (&str, &str, char), owned: &str, from: &str, filter: &str| {
        let (owner_column, acl, kind) = acl;
        let usual = format!("acldefault('{kind}', {owner_column})");
        let rights = rights("''", acl, &usual, what, "''");
        let of_each = [
            Property::of(format!("'rights on ' || {what}"), &rights, &format!("{acl} IS NOT NULL")),
            Property::of(format!("'owner of ' || {what}"), &owner(owned, owner_column), &is_other_owner(owner_column)),
        ];
        query_of(&of_each, "NULL", from, filter)
    };
    let routine = "CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' WHEN 'a' THEN 'AGGREGATE ' ELSE 'FUNCTION ' END || p.oid::regprocedure";
    let granted_routine = "CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::regprocedure";
    let schema = "'SCHEMA ' || quote_ident(n.nspname)";
    let mut queries = vec![
        pair(
            granted_routine,
            ("p.proowner", "p.proacl", 'f'),
            routine,
            "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace",
            &format!(
                "NOT EXISTS (SELECT FROM pg_depend i \
                 WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i') AND {}",
                ours("pg_proc", "p.oid")
            ),
        ),
        pair(
            "'TYPE ' || format_type(t.oid, NULL)",
            ("t.typowner", "t.typacl", 'T'),
            "'TYPE ' || format_type(t.oid, NULL)",
            "FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class rc ON rc.oid = t.typrelid",
            &format!(
                "(t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'b' AND t.typelem = 0) OR (t.typtype = 'c' AND rc.relkind = 'c')) AND {}",
                ours("pg_type", "t.oid")
            ),
        ),
        pair(
            schema,
            ("n.nspowner", "n.nspacl", 'n'),
            schema,
            "FROM pg_namespace n",
            &format!("n.nspname <> 'public' AND {}", ours("pg_namespace", "n.oid")),
        ),
    ];
    // Every database has this schema; only changes of its initial privileges are reported.
    queries.push(format!(
        "SELECT 'rights on SCHEMA public', {}, NULL FROM pg_namespace n \
         LEFT JOIN pg_init_privs i ON i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid WHERE n.nspname = 'public'",
        rights("''", "n.nspacl", "i.initprivs", "'SCHEMA public'", "''")
    ));
    // Default privileges of one schema add to the global ones.
    let usual = "CASE a.defaclnamespace WHEN 0 THEN acldefault(CASE a.defaclobjtype WHEN 'S' THEN 's' ELSE a.defaclobjtype END, a.defaclrole) END";
    let what = "CASE a.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END";
    let prefix = "concat('ALTER DEFAULT PRIVILEGES FOR ROLE ', a.defaclrole::regrole, ' IN SCHEMA ' || nullif(a.defaclnamespace, 0)::regnamespace, ' ')";
    queries.push(format!(
        "SELECT 'rights of ' || {prefix} || {what}, {}, NULL FROM pg_default_acl a",
        rights(prefix, "a.defaclacl", usual, what, "''")
    ));
    queries
}
