//! The address of a server: a Unix socket in its folder, or loopback TCP if the socket's path would be too long.
//! [`takes_socket`] decides between the two.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::path::{Path, PathBuf};

/// The characters to encode in a URL: all but the unreserved ones and the slash, which is literal in a parameter's
/// value.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The only role: the superuser that `initdb` creates.
const USER: &str = "postgres";
/// The port in the name of the socket's file.
pub(super) const SOCKET_PORT: u16 = 5432;
/// The limit for the path of a socket, in bytes. The limits of the systems are 104 (macOS) and 108 (Linux).
const LONGEST: usize = 100;

/// An address and its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A socket in a folder that only its owner may enter.
    Socket(PathBuf),
    /// Loopback TCP, which every user of the machine can reach; it requires the password.
    Loopback { port: u16, password: String },
}

/// Whether a socket in this folder has a short enough path, without a comma: psql splits lists of hosts at commas.
pub(super) fn takes_socket(folder: &Path) -> bool {
    let path = folder.join(format!(".s.PGSQL.{SOCKET_PORT}"));
    path.as_os_str().len() < LONGEST && !path.as_os_str().as_encoded_bytes().contains(&b',')
}

impl Address {
    /// Options to connect to a database with sqlx.
    pub(super) fn options(&self, database: &str) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass();
        let options = options.username(USER).database(database).ssl_mode(PgSslMode::Disable);
        match self {
            Self::Socket(folder) => options.socket(folder).port(SOCKET_PORT).password(""),
            Self::Loopback { port, password } => options.host("127.0.0.1").port(*port).password(password),
        }
    }

    /// The URL of a database, for psql and sqlx.
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
