//! The generator of `llama_logs`: log records as before the rename, and the users, albums, artists and tracks that
//! they refer to. [`CHOSEN`] contains the hand-written records.

mod chosen;

use chosen::{CHOSEN, Chosen, Metadata};
use rehearsal::generate::{About, Cell, Generator, Script, Seed, Size};
use std::io;

/// The generator of `llama_logs`.
pub(crate) struct LlamaLogs;

const USERS: &[&str] =
    &["Amina Rossi", "Miles O'Brien", "Ann \"Annie\" Smith", "Łukasz Żak", "דנה לוי", "مريم حداد", "李小龙", ""];
const ARTISTS: &[&str] =
    &["Sigur Rós", "Motörhead", "AC/DC", "!!!", "久石 譲", "The The", "Guns N' Roses", "100 gecs", "Beyoncé", "🦙🦙"];
const ALBUMS: &[&str] =
    &["( )", "100% Llama", "Ágætis byrjun", "snake_case", "Untitled", "The \"White\" Album", "C:\\Music\\New"];
const TRACKS: &[&str] = &["4'33\"", "Intro", "Nº 5", "もののけ姫", "B_Side %", "Outro"];

const OPERATIONS: &[&str] = &[
    "enrichment:album",
    "enrichment:artist",
    "enrichment:track",
    "check:album",
    "check:artist",
    "musicbrainz:search",
    "musicbrainz:lookup",
    "spotify:sync",
    "discogs:lookup",
    "PREVIEW_ENRICHMENT",
    "cache:album",
    "cache:artist_image",
    "admin_correction",
    "album_created",
    "user_import",
    "track:merged",
    "SPOTIFY_TRACK_FALLBACK",
];
const STATUSES: &[&str] = &["SUCCESS", "PARTIAL_SUCCESS", "FAILED", "SKIPPED", "NO_DATA_AVAILABLE"];
const SOURCES: &[&str] = &["{}", "{spotify}", "{musicbrainz,discogs}", "{lastfm,\"user input\"}"];

const COLUMNS: [&str; 12] = [
    "id",
    "operation",
    "status",
    "sources",
    "reason",
    "error_message",
    "metadata",
    "user_id",
    "album_id",
    "artist_id",
    "track_id",
    "created_at",
];

/// 2024-01-01, in microseconds since 1970. The hand-written records are from the hour before.
const START: u64 = 1_704_067_200_000_000;
const HOUR: u64 = 3_600_000_000;
/// The time from one record to the next, in microseconds. After 600 days, before the rename of the log, times start
/// again.
const STEP: u64 = 4 * HOUR + 7_000_123;
const SPAN: u64 = 600 * 24 * HOUR;

impl Generator for LlamaLogs {
    fn about(&self) -> About {
        About { database: "llama_logs", unit: "log record", at: 20_250_903_100_000 }
    }

    fn write(&self, Size { units, seed }: Size, script: &mut Script<'_>) -> io::Result<()> {
        let [users, artists, albums, tracks] = [users, artists, albums, tracks].map(|count| count(units));
        script.comment(&format!(
            "{units} records as before the rename, with {users} users, {albums} albums, {artists} artists and {tracks} tracks. \
             The first {} records were written by hand: operations that almost match a prefix of the rule, `%` and `_`, empty \
             texts, quotes, line breaks, Unicode, and a metadata value of 1 MB. The others combine {} operations with every \
             status, with and without references.",
            units.min(CHOSEN.len() as u64),
            OPERATIONS.len()
        ))?;
        let user = |n| [seed.id("users", n).into(), numbered(USERS, n).into()];
        script.insert("users", ["id", "name"], (0..users).map(user))?;
        let artist = |n| [seed.id("artists", n).into(), numbered(ARTISTS, n).into()];
        script.insert("artists", ["id", "name"], (0..artists).map(artist))?;
        let album = |n| [seed.id("albums", n).into(), format!("{}, volume {n}", nth(ALBUMS, n)).into()];
        script.insert("albums", ["id", "title"], (0..albums).map(album))?;
        let track = |n| [seed.id("tracks", n).into(), format!("{}, take {n}", nth(TRACKS, n)).into()];
        script.insert("tracks", ["id", "title"], (0..tracks).map(track))?;
        script.insert("enrichment_logs", COLUMNS, (0..units).map(|n| record(seed, n)))
    }
}

/// The number of users: 40 for 2,000 records.
fn users(records: u64) -> u64 {
    records.div_ceil(50)
}

/// The number of artists: 50 for 2,000 records.
fn artists(records: u64) -> u64 {
    records.div_ceil(40)
}

/// The number of albums: 120 for 2,000 records.
fn albums(records: u64) -> u64 {
    (records * 3).div_ceil(50)
}

/// The number of tracks: 400 for 2,000 records.
fn tracks(records: u64) -> u64 {
    records.div_ceil(5)
}

/// The `n`th of these texts, modulo their number.
fn nth(all: &[&'static str], n: u64) -> &'static str {
    all[(n % all.len() as u64) as usize]
}

/// The `n`th of these texts, with `n` appended from the second round on.
fn numbered(all: &[&'static str], n: u64) -> String {
    let name = nth(all, n);
    if n < all.len() as u64 { name.to_owned() } else { format!("{name} {n}") }
}

fn record(seed: Seed, n: u64) -> [Cell; 12] {
    let id = seed.id("enrichment_logs", n);
    match CHOSEN.get(n as usize) {
        Some(chosen) => by_hand(id, n, chosen),
        None => by_number(id, n, seed),
    }
}

fn by_hand(id: String, n: u64, chosen: &Chosen) -> [Cell; 12] {
    let metadata = match chosen.metadata {
        Metadata::Json(json) => json.into(),
        Metadata::Image(times) => {
            Cell::Sql(format!(r#"('{{"image": "' || repeat('0123456789abcdef', {times}) || '"}}')::jsonb"#))
        }
    };
    [
        id.into(),
        chosen.operation.into(),
        chosen.status.into(),
        chosen.sources.into(),
        chosen.reason.into(),
        chosen.error_message.into(),
        metadata,
        None::<&str>.into(),
        None::<&str>.into(),
        None::<&str>.into(),
        None::<&str>.into(),
        time(START - HOUR + (n + 1) * (HOUR / 60 + 1)).into(),
    ]
}

/// A record whose values follow from its number. The moduli of operation, status and references are coprime, so all
/// combinations occur.
fn by_number(id: String, number: u64, seed: Seed) -> [Cell; 12] {
    let n = number - CHOSEN.len() as u64 + 1;
    let mut draw = seed.draw("enrichment_logs", number);
    let (operation, status) = (nth(OPERATIONS, n), nth(STATUSES, n));
    let reason = match status {
        "SKIPPED" => Some(format!("enriched less than {} days ago", draw.below(30))),
        "NO_DATA_AVAILABLE" => Some("no source knows it".to_owned()),
        _ => None,
    };
    let message =
        ["FAILED", "PARTIAL_SUCCESS"].contains(&status).then(|| format!("HTTP {}", draw.one_of(&[404, 429, 500, 503])));
    let (attempt, ms) = (1 + draw.below(3), draw.below(4_000));
    let metadata = format!(r#"{{"ms": {ms}, "fields": ["title", "year", "label"], "attempt": {attempt}}}"#);
    // Refers only to rows that exist in a fixture that ends with this record.
    let mut reference = |table, count: fn(u64) -> u64, is: bool| {
        let to = draw.below(count(number + 1));
        is.then(|| seed.id(table, to)).into()
    };
    // Every 100th record has the same time as the one before it.
    let instant = if n.is_multiple_of(100) { n - 1 } else { n };
    [
        id.into(),
        operation.into(),
        status.into(),
        nth(SOURCES, n).into(),
        reason.into(),
        message.into(),
        metadata.into(),
        reference("users", users, !n.is_multiple_of(3)),
        reference("albums", albums, n % 7 < 3),
        reference("artists", artists, n % 11 < 5),
        reference("tracks", tracks, n % 13 < 4),
        time(START + instant.wrapping_mul(STEP) % SPAN).into(),
    ]
}

/// Formats microseconds since 1970 for PostgreSQL.
fn time(microseconds: u64) -> String {
    let time = jiff::Timestamp::from_microsecond(microseconds as i64).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use std::collections::BTreeSet;

    #[test]
    fn proportions() {
        let counts = |records| [users(records), artists(records), albums(records), tracks(records)];
        assert_eq!(counts(2_000), [40, 50, 120, 400]);
        assert_eq!(counts(1), [1; 4]);
    }

    #[test]
    fn every_operation_occurs_with_every_status() {
        let first = CHOSEN.len() as u64;
        let pairs: BTreeSet<String> = (first..first + 85).map(|n| format!("{:?}", &record(Seed(1), n)[1..3])).collect();
        assert_eq!(pairs.len(), OPERATIONS.len() * STATUSES.len());
    }
}
