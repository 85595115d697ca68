//! The address of a database on a PostgreSQL server: [`PostgresAddress`] is parsed from a URL.

use super::idle::Idle;
use crate::masked::masked;
use crate::{Engine, Error, Mode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// The characters to percent-encode: all except the unreserved ones and the slash, which has no meaning in a value.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

const EXAMPLE: &str = "`postgres://user@host/database`";
/// The default maintenance database, from which others are created: every server has it.
const MAINTENANCE: &str = "postgres";
/// The longest name of a database in bytes (`NAMEDATALEN - 1`); the server truncates longer ones without an error.
const LONGEST_NAME: usize = 63;
/// The URL parameters that contain no secret, so that they appear in a shown URL, each with its environment variable
/// for the programs of libpq.
const SHOWN: [(&str, &str); 10] = [
    ("sslmode", "PGSSLMODE"),
    ("ssl-mode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("ssl-root-cert", "PGSSLROOTCERT"),
    ("ssl-ca", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("ssl-cert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("ssl-key", "PGSSLKEY"),
    ("application_name", "PGAPPNAME"),
];

/// The address of a database on a PostgreSQL server.
#[derive(Debug, Clone)]
pub(super) struct PostgresAddress {
    /// Boxed, because they are ten times as large as the rest.
    options: Box<PgConnectOptions>,
    database: String,
    /// The database from which others are created and dropped.
    maintenance: String,
    /// The URL's parameters that are [`SHOWN`] and its session options, as typed.
    parameters: Vec<String>,
    password: Option<String>,
    mode: Mode,
    server: Server,
}

/// Whether the server of an address still has to be checked. Clones of the address share the answer.
#[derive(Debug, Clone)]
enum Server {
    /// The library started the server, or checks it with `check_host`. Connections to its maintenance database are reused.
    Trusted(Idle),
    /// Any other server. True once a connection to the database has checked it.
    Given(Arc<AtomicBool>),
}

impl PostgresAddress {
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let address = Self { server: Server::Given(Arc::default()), ..Self::server(url)? };
        let bad = |why: String| Error::bad_url(masked(url), &why, EXAMPLE);
        if address.options.get_database().is_none() {
            return Err(bad("it does not name a database".to_owned()));
        }
        if address.database.len() > LONGEST_NAME {
            let length = address.database.len();
            return Err(bad(format!(
                "the name of its database has {length} bytes, and PostgreSQL truncates names to {LONGEST_NAME} bytes"
            )));
        }
        Ok(address)
    }

    /// Parses the URL of a server. The database that it names (`postgres` by default) is the maintenance database.
    ///
    /// # Errors
    /// [`Error::WrongEngine`] for another engine's URL, [`Error::BadUrl`] for a malformed one.
    pub(super) fn server(url: &str) -> Result<Self, Error> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(Error::WrongEngine { url: masked(url), engine: Engine::Postgres, example: EXAMPLE });
        }
        let bad = |why: String| Error::bad_url(masked(url), &why, EXAMPLE);
        let mut options = PgConnectOptions::from_str(url).map_err(|error| bad(error.to_string()))?;
        // A URL needs brackets around an IPv6 address, but the system does not accept them.
        if let Some(host) = options.get_host().strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            let host = host.to_owned();
            options = options.host(&host);
        }
        let database = options.get_database().unwrap_or(MAINTENANCE).to_owned();
        let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters).split('&');
        let is_shown = |parameter: &&str| {
            let (key, _) = pair(parameter);
            SHOWN.iter().any(|(shown, _)| *shown == key) || key == "options" || key.starts_with("options[")
        };
        let parameters = parameters.filter(is_shown).map(ToOwned::to_owned).collect();
        let maintenance = database.clone();
        let password = password(url);
        let (options, mode, server) = (Box::new(options), Mode::Write, Server::Trusted(Idle::default()));
        Ok(Self { options, database, maintenance, parameters, password, mode, server })
    }

    /// The address of a server that the library started.
    #[must_use]
    pub(super) fn on_server(options: PgConnectOptions) -> Self {
        let password = options.to_url_lossy().password().map(decoded);
        Self {
            password,
            options: Box::new(options.database(MAINTENANCE)),
            database: MAINTENANCE.to_owned(),
            maintenance: MAINTENANCE.to_owned(),
            parameters: Vec::new(),
            mode: Mode::Write,
            server: Server::Trusted(Idle::default()),
        }
    }

    pub(super) fn with_mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// True if the library started the server or checks it before it is used.
    pub(super) fn is_trusted(&self) -> bool {
        matches!(self.server, Server::Trusted(_))
    }

    /// The idle connections to the maintenance database; `None` for a server that is asked only once or twice.
    pub(super) fn idle(&self) -> Option<&Idle> {
        match &self.server {
            Server::Trusted(idle) => Some(idle),
            Server::Given(_) => None,
        }
    }

    /// Whether the next connection has to check the server.
    pub(super) fn needs_check(&self) -> bool {
        match &self.server {
            Server::Trusted(_) => false,
            Server::Given(is_checked) => !is_checked.load(Ordering::Relaxed),
        }
    }

    /// Records that the server is suitable.
    pub(super) fn set_checked(&self) {
        if let Server::Given(is_checked) = &self.server {
            is_checked.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// The connection options for sqlx, including the password.
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// The name of the database.
    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// Another database on the same server, created if it is missing. If the name is too long, a hash of it replaces
    /// the end, because the server would truncate the part that makes it unique.
    pub(super) fn beside(&self, database: &str) -> Self {
        let database = fitting(database);
        // A pooler can treat each database differently.
        let server = match &self.server {
            Server::Trusted(idle) => Server::Trusted(idle.clone()),
            Server::Given(_) => Server::Given(Arc::default()),
        };
        Self {
            options: Box::new(self.options().clone().database(&database)),
            database,
            mode: Mode::Create,
            server,
            ..self.clone()
        }
    }

    /// The address of the database from which others are created and dropped.
    pub(super) fn maintenance(&self) -> Self {
        self.beside(&self.maintenance).with_mode(Mode::Write)
    }

    pub(super) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// True unless the server is reached over a socket or a loopback address.
    pub(super) fn is_on_another_machine(&self) -> bool {
        let host = self.options.get_host();
        let is_loopback = || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        // A host that is a path is the folder of a socket.
        let is_socket = self.options.get_socket().is_some() || host.starts_with('/');
        !is_socket && !host.eq_ignore_ascii_case("localhost") && !is_loopback()
    }

    /// The URL as it can be typed again, without secrets.
    pub(super) fn url(&self) -> String {
        let (user, database) = (encoded(self.options.get_username()), encoded(&self.database));
        let port = self.options.get_port();
        let socket = self.options.get_socket();
        let host = match (socket, self.options.get_host()) {
            (Some(_), _) => "localhost".to_owned(),
            (None, host) if host.contains(':') => format!("[{host}]"),
            (None, host) => host.to_owned(),
        };
        let socket = socket.map(|folder| format!("host={}", encoded(&folder.display().to_string())));
        let parameters: Vec<&str> = socket.iter().chain(&self.parameters).map(String::as_str).collect();
        let question = if parameters.is_empty() { "" } else { "?" };
        format!("postgres://{user}@{host}:{port}/{database}{question}{}", parameters.join("&"))
    }

    /// The environment variables that make the programs of libpq connect in the same way. Secrets are not passed as
    /// arguments, because every user of the machine can read these.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        let host = self.options.get_socket().map(|folder| folder.display().to_string());
        let shown = self.parameters.iter().filter_map(|parameter| {
            let (key, value) = pair(parameter);
            Some((SHOWN.iter().find(|(shown, _)| *shown == key)?.1, value))
        });
        let base = [
            ("PGHOST", host.unwrap_or_else(|| self.options.get_host().to_owned())),
            ("PGPORT", self.options.get_port().to_string()),
            ("PGUSER", self.options.get_username().to_owned()),
            ("PGDATABASE", self.database.clone()),
        ];
        let password = self.password.clone().map(|password| ("PGPASSWORD", password));
        let options = self.options.get_options().map(|options| ("PGOPTIONS", options.to_owned()));
        base.into_iter().chain(password).chain(options).chain(shown).collect()
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The key and the value of a parameter.
fn pair(parameter: &str) -> (String, String) {
    let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    (decoded(key), decoded(&value.replace('+', " ")))
}

/// The password in a URL, from its authority or its parameters.
fn password(url: &str) -> Option<String> {
    let (base, parameters) = url.split_once('?').unwrap_or((url, ""));
    let named = parameters.split('&').map(pair).find(|(key, _)| key == "password").map(|(_, password)| password);
    let authority = base.split_once("://")?.1.split('/').next()?;
    let placed =
        authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| decoded(password));
    named.or(placed)
}

/// A name that the server does not truncate.
fn fitting(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let hash = format!("-{:016x}", xxh3_64(name.as_bytes()));
    let end = name.floor_char_boundary(LONGEST_NAME - hash.len());
    format!("{}{hash}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn machines() {
        let check = |url: &str, expect: bool| {
            let address = PostgresAddress::parse(url).unwrap();
            assert_eq!(address.is_on_another_machine(), expect, "{url}");
        };
        check("postgres://me@localhost/db", false);
        check("postgres://me@127.0.0.1/db", false);
        check("postgres://me@[::1]/db", false);
        check("postgres://me@localhost/db?host=/run/pg", false);
        check("postgres://me@%2Frun%2Fpg/db", false);
        check("postgres://me@db.example.org/db", true);
        check("postgres://me@10.0.0.1/db", true);
    }

    #[test]
    fn urls() {
        let check = |url: &str, expect: &str| {
            let got = PostgresAddress::parse(url).map_or_else(|error| error.to_string(), |address| address.url());
            assert_eq!(got, expect, "{url}");
        };
        check("postgres://me@h/db", "postgres://me@h:5432/db");
        check("postgresql://me:se%40cret@h:1/a%20b", "postgres://me@h:1/a%20b");
        check("postgres://me@[::1]/db", "postgres://me@[::1]:5432/db");
        check("postgres://me@localhost/db?host=/run/pg", "postgres://me@localhost:5432/db?host=/run/pg");
        check(
            "postgres://me@h/db?sslmode=require&password=secret&options[search_path]=app",
            "postgres://me@h:5432/db?sslmode=require&options[search_path]=app",
        );
        check(
            &format!("postgres://me@h/{}", "x".repeat(64)),
            &format!(
                "`postgres://me@h/{}` cannot be used: the name of its database has 64 bytes, and PostgreSQL truncates \
                 names to 63 bytes",
                "x".repeat(64)
            ),
        );
        check("postgres://me:secret@h", "`postgres://me:***@h` cannot be used: it does not name a database");
        check("sqlite:a.db", "`sqlite:a.db` is not a URL of PostgreSQL");
    }

    #[test]
    fn long_names_stay_distinct() {
        let server = PostgresAddress::server("postgres://me@h").unwrap();
        assert_eq!(server.maintenance().database(), "postgres");
        let check = |name: &str, expect: &str| assert_eq!(server.beside(name).database(), expect);
        let long = "ä".repeat(32);
        check("short", "short");
        check(&"x".repeat(63), &"x".repeat(63));
        check(&long, &format!("{}-{:016x}", "ä".repeat(23), xxh3_64(long.as_bytes())));
        assert!(server.beside(&format!("{long}-1")).database() != server.beside(&format!("{long}-2")).database());
        let named = PostgresAddress::server("postgres://me@h/mine").unwrap();
        assert_eq!(named.beside("other").maintenance().database(), "mine");
    }

    #[test]
    fn environments() {
        let check = |url: &str, expect: &str| {
            let environment = PostgresAddress::parse(url).unwrap().environment();
            let told: Vec<String> = environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(told.join(" "), expect);
        };
        check(
            "postgres://me:se%40cret@h:1/db?sslmode=require",
            "PGHOST=h PGPORT=1 PGUSER=me PGDATABASE=db PGPASSWORD=se@cret PGSSLMODE=require",
        );
        check(
            "postgres://me@localhost/db?host=/run/pg&password=x&options=-c%20search_path%3Dapp",
            "PGHOST=/run/pg PGPORT=5432 PGUSER=me PGDATABASE=db PGPASSWORD=x PGOPTIONS=-c search_path=app",
        );
    }
}
