//! [`Engine`]: the supported engines. A new one is a folder next to this file and one line in the list below.

use crate::dialect::Dialect;
use crate::{postgres, sqlite};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

/// Defines the engines, each with the constant that contains its dialect.
macro_rules! engines {
    ($($(#[$documentation:meta])* $name:ident => $dialect:path,)+) => {
        /// A database engine, named by `engine = "…"` in the configuration of a history.
        ///
        /// Dereferences to its [`Dialect`]: `engine.quote(name)`. Operations that are the same for all engines are
        /// methods here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Engine {
            $($(#[$documentation])* $name,)+
        }

        impl Engine {
            /// All engines.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The properties of the engine that need no connection.
            #[must_use]
            pub fn dialect(self) -> &'static dyn Dialect {
                match self {
                    $(Self::$name => &$dialect,)+
                }
            }
        }
    };
}

engines! {
    /// SQLite 3, linked into this program.
    Sqlite => sqlite::DIALECT,
    /// PostgreSQL 13 or newer.
    Postgres => postgres::DIALECT,
}

impl Deref for Engine {
    type Target = dyn Dialect;

    fn deref(&self) -> &Self::Target {
        self.dialect()
    }
}

impl FromStr for Engine {
    type Err = String;

    /// Parses the name of an engine or the scheme of its URLs.
    fn from_str(name: &str) -> Result<Self, String> {
        let is_meant = |engine: &&Self| {
            let names = std::iter::once(engine.scheme()).chain(engine.aliases().iter().copied());
            names.into_iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        Self::ALL.iter().find(is_meant).copied().ok_or_else(|| {
            let mut names: Vec<String> = Self::ALL.iter().map(|engine| format!("`{}`", engine.scheme())).collect();
            names.sort();
            format!("the engines are {}", names.join(" and "))
        })
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.display_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn each_engine_parses_from_its_own_name() {
        for engine in Engine::ALL {
            assert_eq!(engine.scheme().parse(), Ok(*engine));
            assert_eq!(serde_json::to_string(engine).unwrap(), format!("\"{}\"", engine.scheme()));
        }
        assert_eq!("PostgreSQL".parse(), Ok(Engine::Postgres));
        assert_eq!("sqlite3".parse(), Ok(Engine::Sqlite));
        assert_eq!("mysql".parse::<Engine>(), Err("the engines are `postgres` and `sqlite`".to_owned()));
    }
}
