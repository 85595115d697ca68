//! The address of a database on a PostgreSQL server.

use crate::masked::masked;
use crate::{Engine, Error, Mode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use std::str::FromStr;
use xxhash_rust::xxh3::xxh3_64;

/// What a URL needs encoded: all but the unreserved characters, and the slash, which has no meaning in a parameter's value.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

const EXAMPLE: &str = "`postgres://user@host/database`";
/// The database from which others are made where none was named: every server is made with it.
const MAINTENANCE: &str = "postgres";
/// How many bytes of a name a server keeps (`NAMEDATALEN - 1`); it cuts the rest off without an error.
const LONGEST_NAME: usize = 63;
/// The parameters of a URL that tell how to connect and hold no secret, so that they belong to a URL that is shown, and the
/// variables in which libpq's programs take them.
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
    /// In a box: they are ten times as large as all else here.
    options: Box<PgConnectOptions>,
    database: String,
    /// The database from which others are made and removed.
    maintenance: String,
    /// Those parameters of the URL as typed that are [`SHOWN`], and options of the session.
    parameters: Vec<String>,
    password: Option<String>,
    mode: Mode,
}

impl PostgresAddress {
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let address = Self::server(url)?;
        let bad = |why: String| Error::BadUrl { url: masked(url), why, example: EXAMPLE };
        if address.options.get_database().is_none() {
            return Err(bad("it names no database".to_owned()));
        }
        if address.database.len() > LONGEST_NAME {
            let length = address.database.len();
            return Err(bad(format!(
                "the name of its database has {length} bytes, and PostgreSQL cuts names at {LONGEST_NAME}"
            )));
        }
        Ok(address)
    }

    /// Reads the URL of a server: the database that it names, `postgres` where it names none, is the one from which others
    /// are made.
    ///
    /// # Errors
    /// [`Error::WrongEngine`] for another engine's URL, [`Error::BadUrl`] for a malformed one.
    pub(super) fn server(url: &str) -> Result<Self, Error> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(Error::WrongEngine { url: masked(url), engine: Engine::Postgres, example: EXAMPLE });
        }
        let bad = |why: String| Error::BadUrl { url: masked(url), why, example: EXAMPLE };
        let mut options = PgConnectOptions::from_str(url).map_err(|error| bad(error.to_string()))?;
        // A URL needs brackets around such an address, and the system takes none.
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
        Ok(Self { options: Box::new(options), database, maintenance, parameters, password, mode: Mode::Write })
    }

    /// A server of our own, which is reached with these options.
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
        }
    }

    pub(super) fn with_mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// What sqlx connects with, the password included.
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// The name of the database.
    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// Another database on the same server, to be made where it is missing. The end of a name that is too long gives way to
    /// a hash of all of it, since the server would cut off what tells it from others.
    pub(super) fn beside(&self, database: &str) -> Self {
        let database = fitting(database);
        Self {
            options: Box::new(self.options().clone().database(&database)),
            database,
            mode: Mode::Create,
            ..self.clone()
        }
    }

    /// The database from which others are made and removed.
    pub(super) fn maintenance(&self) -> Self {
        self.beside(&self.maintenance).with_mode(Mode::Write)
    }

    pub(super) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The URL, ready to be typed again; no secrets in it.
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

    /// What libpq's programs are to find in their environment, so that they connect as we do; no secret is among arguments,
    /// which everybody on the machine can read.
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

/// Key and value of a parameter.
fn pair(parameter: &str) -> (String, String) {
    let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    (decoded(key), decoded(&value.replace('+', " ")))
}

/// The password in a URL, in the place for it or among the parameters.
fn password(url: &str) -> Option<String> {
    let (base, parameters) = url.split_once('?').unwrap_or((url, ""));
    let named = parameters.split('&').map(pair).find(|(key, _)| key == "password").map(|(_, password)| password);
    let authority = base.split_once("://")?.1.split('/').next()?;
    let placed =
        authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| decoded(password));
    named.or(placed)
}

/// A name that a server keeps as it is.
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
                "`postgres://me@h/{}` can't be used: the name of its database has 64 bytes, and PostgreSQL cuts names at 63",
                "x".repeat(64)
            ),
        );
        check("postgres://me:secret@h", "`postgres://me:***@h` can't be used: it names no database");
        check("sqlite:a.db", "`sqlite:a.db` is not a URL of PostgreSQL");
    }

    #[test]
    fn names_that_are_too_long_stay_apart() {
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
