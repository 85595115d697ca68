//! Pieces that the queries of the catalogue share. `n` is the `pg_namespace` and `c` the `pg_class` of the object at hand.

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

/// What an extension brought along is the extension's.
pub(crate) fn not_of_extension(catalogue: &str, oid: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{catalogue}'::regclass AND d.objid = {oid} AND d.deptype = 'e')"
    )
}

/// The rights on an object, where they are others than those that such an object (`kind`, as `acldefault` names it) has from
/// the start: a right that was granted and revoked again leaves no trace that counts.
pub(super) fn grants(acl: &str, kind: char, owner: &str) -> String {
    let sorted = |list: &str| format!("ARRAY(SELECT x::text FROM unnest({list}) x ORDER BY 1)");
    let (these, usual) = (sorted(acl), sorted(&format!("acldefault('{kind}', {owner})")));
    format!("CASE WHEN {acl} IS NOT NULL AND {these} <> {usual} THEN 'GRANTS ' || array_to_string({these}, ', ') END")
}

/// The owner of an object, where that is not the owner of the database.
pub(super) fn owner(owner: &str) -> String {
    format!(
        "CASE WHEN {owner} <> (SELECT datdba FROM pg_database WHERE datname = current_database()) \
         THEN 'OWNER ' || {owner}::regrole END"
    )
}

/// A default, in one form for the two ways to write the same.
pub(super) fn expression(binary: &str, relation: &str) -> String {
    format!("replace(pg_get_expr({binary}, {relation}), 'CURRENT_TIMESTAMP', 'now()')")
}
