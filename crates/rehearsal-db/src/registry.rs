//! The engines that this crate works with. A new one takes a folder beside this file, and one line in the list below.

use crate::dialect::Dialect;
use crate::{postgres, sqlite};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

/// Makes the engines of a list, each with the constant that holds its dialect.
macro_rules! engines {
    ($($(#[$documentation:meta])* $name:ident => $dialect:path,)+) => {
        /// A database engine, as `engine = "…"` in the configuration of a history names it.
        ///
        /// It gives its [`Dialect`]: `engine.quote(name)`. What is the same for all engines is a method of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Engine {
            $($(#[$documentation])* $name,)+
        }

        impl Engine {
            /// All engines.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What is special about the engine, as far as no connection is needed to tell.
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

    /// Reads the name of an engine, also as the first part of a URL of it.
    fn from_str(name: &str) -> Result<Self, String> {
        let is_meant = |engine: &&Self| {
            let names = std::iter::once(engine.scheme()).chain(engine.aliases().iter().copied());
            names.into_iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        Self::ALL.iter().find(is_meant).copied().ok_or_else(|| {
            let mut names: Vec<String> = Self::ALL.iter().map(|engine| format!("`{}`", engine.scheme())).collect();
            names.sort();
            format!("there is {}", names.join(" and "))
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
    fn names_are_read_as_they_are_written() {
        for engine in Engine::ALL {
            assert_eq!(engine.scheme().parse(), Ok(*engine));
            assert_eq!(serde_json::to_string(engine).unwrap(), format!("\"{}\"", engine.scheme()));
        }
        assert_eq!("PostgreSQL".parse(), Ok(Engine::Postgres));
        assert_eq!("sqlite3".parse(), Ok(Engine::Sqlite));
        assert_eq!("mysql".parse::<Engine>(), Err("there is `postgres` and `sqlite`".to_owned()));
    }
}
