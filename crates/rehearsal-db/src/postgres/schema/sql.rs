//! SQL fragments that the catalog queries share. `n` is the `pg_namespace` and `c` the `pg_class` of the current
//! object.

/// A condition for the user's schemas.
pub(crate) const OURS: &str = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";

/// A table's name in the library: with its schema, unless that is `public` and the table's name contains no dot.
pub(crate) fn table(namespace: &str, class: &str) -> String {
    format!(
        "CASE WHEN {namespace}.nspname = 'public' AND strpos({class}.relname, '.') = 0 THEN {class}.relname \
         ELSE {namespace}.nspname || '.' || {class}.relname END"
    )
}

/// The table whose column owns a sequence.
pub(super) fn owner_of_sequence() -> String {
    format!(
        "(SELECT {} FROM pg_depend o JOIN pg_class tc ON tc.oid = o.refobjid JOIN pg_namespace tn ON tn.oid = tc.relnamespace \
         WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.refclassid = 'pg_class'::regclass \
         AND o.deptype IN ('a', 'i') LIMIT 1)",
        table("tn", "tc")
    )
}

/// A list without a significant order, as one text.
pub(super) fn sorted(list: &str) -> String {
    format!("array_to_string(ARRAY(SELECT x::text FROM unnest({list}) x ORDER BY 1), ', ')")
}

/// A condition for objects of the user. It excludes members of extensions, and OIDs below 16384
/// (`FirstNormalObjectId` in the sources), which are the thousands of functions, types and columns of the server
/// itself.
pub(crate) fn of_the_user(catalog: &str, oid: &str) -> String {
    format!(
        "{oid} >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{catalog}'::regclass AND d.objid = {oid} AND d.deptype = 'e')"
    )
}

/// The statements that turn the privileges `usual` into `acl`, one per line; NULL if they are equal, even after a
/// GRANT and a REVOKE. `before` precedes each statement, `on` follows ON, `column` follows each privilege.
pub(super) fn rights(before: &str, acl: &str, usual: &str, on: &str, column: &str) -> String {
    let only = |these: &str, those: &str| {
        let of = |acl: &str| format!("SELECT grantee, privilege_type, is_grantable FROM aclexplode({acl})");
        format!("({} EXCEPT {}) AS x", of(these), of(those))
    };
    let list = format!("string_agg(x.privilege_type || {column}, ', ' ORDER BY x.privilege_type) || ' ON ' || {on}");
    let who = "CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END";
    format!(
        "(SELECT string_agg(r.line, E';\\n' ORDER BY r.line) FROM ( \
           SELECT {before} || 'GRANT ' || {list} || ' TO ' || {who} || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END \
           FROM {} GROUP BY x.grantee, x.is_grantable \
           UNION ALL SELECT {before} || 'REVOKE ' || {list} || ' FROM ' || {who} FROM {} GROUP BY x.grantee) AS r (line))",
        only(acl, usual),
        only(usual, acl)
    )
}

/// The statement that sets the owner of `object`.
pub(super) fn owner(object: &str, owner: &str) -> String {
    format!("'ALTER ' || {object} || ' OWNER TO ' || {owner}::regrole")
}

/// Whether an owner differs from the owner of the database, who is the default.
pub(super) fn is_other_owner(owner: &str) -> String {
    format!("{owner} <> (SELECT datdba FROM pg_database WHERE datname = current_database())")
}

/// The options of a foreign object, as `OPTIONS` takes them.
pub(super) fn foreign_options(options: &str) -> String {
    format!(
        "(SELECT 'OPTIONS (' || string_agg(quote_ident(o.option_name) || ' ' || quote_literal(o.option_value), ', ' ORDER BY o.option_name) || ')' \
         FROM pg_options_to_table({options}) o)"
    )
}
