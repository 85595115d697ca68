//! Pieces that the queries of the catalog share. `n` is the `pg_namespace` and `c` the `pg_class` of the object at hand.

/// Schemas that are the user's.
pub(crate) const OURS: &str = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";

/// The name of a table as this tool uses it: with its schema, unless that is `public` and there is no dot in its own.
pub(crate) fn table(namespace: &str, class: &str) -> String {
    format!(
        "CASE WHEN {namespace}.nspname = 'public' AND strpos({class}.relname, '.') = 0 THEN {class}.relname \
         ELSE {namespace}.nspname || '.' || {class}.relname END"
    )
}

/// The table whose column a sequence feeds.
pub(super) fn owner_of_sequence() -> String {
    format!(
        "(SELECT {} FROM pg_depend o JOIN pg_class tc ON tc.oid = o.refobjid JOIN pg_namespace tn ON tn.oid = tc.relnamespace \
         WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.refclassid = 'pg_class'::regclass \
         AND o.deptype IN ('a', 'i') LIMIT 1)",
        table("tn", "tc")
    )
}

/// A list whose order means nothing, as one text.
pub(super) fn sorted(list: &str) -> String {
    format!("array_to_string(ARRAY(SELECT x::text FROM unnest({list}) x ORDER BY 1), ', ')")
}

/// What an extension brought along is the extension's, and what has an OID below 16384 came with the server (`FirstNormalObjectId`
/// of its sources): of its thousands of functions, types and columns none is looked at.
pub(crate) fn of_the_user(catalog: &str, oid: &str) -> String {
    format!(
        "{oid} >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{catalog}'::regclass AND d.objid = {oid} AND d.deptype = 'e')"
    )
}

/// The statements that make the rights of `acl` of those of `usual`, a line each; NULL where there is nothing to do: a right that was
/// granted and revoked again leaves no trace that counts. `before` stands before each, `on` behind ON, `column` behind each right.
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

/// The statement that gives `object` to its owner.
pub(super) fn owner(object: &str, owner: &str) -> String {
    format!("'ALTER ' || {object} || ' OWNER TO ' || {owner}::regrole")
}

/// Whether an owner is not the owner of the database, who owns what nobody else was given.
pub(super) fn is_other_owner(owner: &str) -> String {
    format!("{owner} <> (SELECT datdba FROM pg_database WHERE datname = current_database())")
}

/// The options of an object of another server as `OPTIONS` takes them.
pub(super) fn foreign_options(options: &str) -> String {
    format!(
        "(SELECT 'OPTIONS (' || string_agg(quote_ident(o.option_name) || ' ' || quote_literal(o.option_value), ', ' ORDER BY o.option_name) || ')' \
         FROM pg_options_to_table({options}) o)"
    )
}
