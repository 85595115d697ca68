//! The extensions that a script creates, and the packages that contain them, for a message about a missing one. The names are those of the packages
//! of the PostgreSQL project for Debian and Ubuntu; `N` is the major version of the server.

use crate::Engine;
use crate::lex::{Kind, tokens};

/// Returns the extensions that a script creates, also in the bodies of blocks and functions.
pub(super) fn named(sql: &str) -> Vec<String> {
    let all = tokens(sql, Engine::Postgres);
    let words: Vec<_> = all.into_iter().filter(|token| token.kind != Kind::Comment).collect();
    let mut names = Vec::new();
    for (at, token) in words.iter().enumerate() {
        if let Some((_, body)) = token.body() {
            names.extend(named(body));
        }
        let Some([create, extension, rest @ ..]) = words.get(at..) else { continue };
        if !create.is("CREATE") || !extension.is("EXTENSION") {
            continue;
        }
        let rest = match rest {
            [one, two, three, rest @ ..] if one.is("IF") && two.is("NOT") && three.is("EXISTS") => rest,
            rest => rest,
        };
        names.extend(rest.first().map(|name| match name.kind {
            Kind::Quoted => name.unquoted(),
            _ => name.text.to_lowercase(),
        }));
    }
    names
}

/// Extensions and their packages.
const PACKAGES: [(&str, &str); 16] = [
    ("postgis", "postgresql-N-postgis-3"),
    ("postgis_topology", "postgresql-N-postgis-3"),
    ("postgis_raster", "postgresql-N-postgis-3"),
    ("vector", "postgresql-N-pgvector"),
    ("timescaledb", "timescaledb-2-postgresql-N"),
    ("pg_cron", "postgresql-N-cron"),
    ("pg_partman", "postgresql-N-partman"),
    ("pgaudit", "postgresql-N-pgaudit"),
    ("hypopg", "postgresql-N-hypopg"),
    ("pg_repack", "postgresql-N-repack"),
    ("rum", "postgresql-N-rum"),
    ("hll", "postgresql-N-hll"),
    ("ip4r", "postgresql-N-ip4r"),
    ("plv8", "postgresql-N-plv8"),
    ("pg_similarity", "postgresql-N-similarity"),
    ("semver", "postgresql-N-semver"),
];

/// Extensions that are part of PostgreSQL, and of its package `postgresql-contrib` on many systems.
const CONTRIB: [&str; 22] = [
    "amcheck",
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dblink",
    "dict_int",
    "earthdistance",
    "file_fdw",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "isn",
    "lo",
    "ltree",
    "pg_stat_statements",
    "pg_trgm",
    "pgcrypto",
    "postgres_fdw",
    "unaccent",
    "uuid-ossp",
];

pub(super) fn package_of(extension: &str) -> Option<&'static str> {
    if CONTRIB.contains(&extension) {
        return Some("postgresql-contrib");
    }
    PACKAGES.iter().find(|(name, _)| *name == extension).map(|(_, package)| *package)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn packages() {
        let check = |name: &str, expect: Option<&str>| assert_eq!(package_of(name), expect, "{name}");
        check("postgis", Some("postgresql-N-postgis-3"));
        check("citext", Some("postgresql-contrib"));
        check("no_such_thing", None);
    }

    #[test]
    fn finds_extensions() {
        let check = |sql: &str, expect: &[&str]| assert_eq!(named(sql), expect, "{sql}");
        check("CREATE EXTENSION postgis; create extension if not exists \"uuid-ossp\";", &["postgis", "uuid-ossp"]);
        check("DO $$ BEGIN CREATE EXTENSION vector; EXCEPTION WHEN OTHERS THEN NULL; END $$;", &["vector"]);
        check("-- CREATE EXTENSION a\nDROP EXTENSION b; SELECT 'CREATE EXTENSION c'", &[]);
    }
}
