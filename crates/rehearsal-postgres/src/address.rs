//! Where a server is reached: a Unix socket in its folder, or loopback TCP where the path of that is too long.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::path::{Path, PathBuf};

/// What a URL needs encoded: all but the unreserved characters, and the slash, which has no meaning in a parameter's value.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The only role: the superuser that `initdb` made.
const USER: &str = "postgres";
/// The port that names the socket's file.
pub(super) const SOCKET_PORT: u16 = 5432;
/// A socket's path of this many bytes or more is left alone: the systems' limits are 104 and 108.
const LONGEST: usize = 100;

/// An address, and what it takes to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A socket in a folder that only its owner may enter.
    Socket(PathBuf),
    /// Loopback, which everybody on the machine can reach: it wants the password.
    Loopback { port: u16, password: String },
}

/// Whether a folder is near enough to the root for a socket in it, and has no comma: psql takes that for the end of a host.
pub(super) fn takes_socket(folder: &Path) -> bool {
    let path = folder.join(format!(".s.PGSQL.{SOCKET_PORT}"));
    path.as_os_str().len() < LONGEST && !path.as_os_str().as_encoded_bytes().contains(&b',')
}

impl Address {
    /// What sqlx connects with, to a database.
    pub(super) fn options(&self, database: &str) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass();
        let options = options.username(USER).database(database).ssl_mode(PgSslMode::Disable);
        match self {
            Self::Socket(folder) => options.socket(folder).port(SOCKET_PORT).password(""),
            Self::Loopback { port, password } => options.host("127.0.0.1").port(*port).password(password),
        }
    }

    /// A URL that psql and sqlx take.
    pub(super) fn url(&self, database: &str) -> String {
        let database = encoded(database);
        match self {
            Self::Socket(folder) => {
                format!("postgres://{USER}@localhost/{database}?host={}", encoded(&folder.to_string_lossy()))
            }
            Self::Loopback { port, password } => {
                format!("postgres://{USER}:{}@127.0.0.1:{port}/{database}", encoded(password))
            }
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}
