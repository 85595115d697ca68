//! Moves the parts, sessions and relationships of every user into the new tables, user by user, and marks the user.
//!
//! Rows of nobody belong to no unit: a run over all users records them.

use app::json::Json;
use app::parts::{
    Former, Kind, LEGACY_PARTS, LEGACY_PARTS_ORDER, LEGACY_RELATIONSHIPS, LEGACY_RELATIONSHIPS_ORDER, LEGACY_SESSIONS,
    LEGACY_SESSIONS_ORDER, LONGEST_NAME, LegacyPart, LegacyRelationship, LegacySession, Marked, PartV2, Place,
    RelationshipV2, SessionV2, Skip, Winners, clear_done, is_done, mark_done, migrate_part, migrate_relationship,
    migrate_session, part_id, relationship_id, session_id,
};
use app::timestamp::Timestamp;
use rehearsal::backfill::{
    About, Backfill, Effect, Findings, ParentChildBackfill, Privilege, Reject, Undo, Undone, Written,
};
use rehearsal::ledger::UndoNotes;
use rehearsal::ledger::{FindingKind, ValueOutcome};
use sqlx::postgres::{PgConnection, PgRow, Postgres};
use sqlx::{FromRow, Row as _};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use uuid::Uuid;

/// The backfill of `parts_v2`, `sessions_v2` and `part_relationships_v2`.
pub(crate) struct PartsV2;

/// A user.
#[derive(FromRow)]
pub(crate) struct User {
    cursor: Uuid,
}

/// A row of a user.
#[expect(clippy::large_enum_variant, reason = "one at a time is in memory, and most are parts")]
pub(crate) enum Row {
    /// A legacy part, and whether its name is taken in the new table.
    Part(LegacyPart, bool),
    /// A legacy session, and whether its start is taken in the new table.
    Session(LegacySession, bool),
    /// A legacy relationship, what its ends are now, by their legacy ids, and what is between them in the new table.
    Relationship(LegacyRelationship, Vec<(Uuid, Uuid)>, Vec<Ends>),
}

/// What makes a relationship the same as another.
type Ends = (Uuid, Uuid, Kind);

impl<'r> FromRow<'r, PgRow> for Row {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        match row.try_get::<&str, _>("row_kind")? {
            "part" => Ok(Self::Part(LegacyPart::from_row(row)?, row.try_get("is_present")?)),
            "session" => Ok(Self::Session(LegacySession::from_row(row)?, row.try_get("is_present")?)),
            _ => {
                let (ids, present): (Vec<Uuid>, Vec<Option<Uuid>>) = (row.try_get("end_ids")?, row.try_get("end_v2")?);
                let winners: Vec<Uuid> = row.try_get("end_winners")?;
                let now = present
                    .into_iter()
                    .zip(winners)
                    .map(|(present, winner)| present.unwrap_or_else(|| part_id(winner)));
                let (first, second): (Vec<Uuid>, Vec<Uuid>) = (row.try_get("known_a")?, row.try_get("known_b")?);
                let kinds: Vec<String> = row.try_get("known_types")?;
                let known = first.into_iter().zip(second).zip(&kinds).map(|((first, second), kind)| {
                    let unknown = || sqlx::Error::Decode("a type that this app does not know".into());
                    Ok((first, second, Kind::from_label(kind).ok_or_else(unknown)?))
                });
                let known = known.collect::<Result<_, sqlx::Error>>()?;
                Ok(Self::Relationship(LegacyRelationship::from_row(row)?, ids.into_iter().zip(now).collect(), known))
            }
        }
    }
}

/// A row to be written.
pub(crate) enum Output {
    Part(PartV2),
    Session(SessionV2),
    Relationship(RelationshipV2),
    /// The user is done.
    Done {
        user: Uuid,
    },
}

/// What is remembered from row to row.
#[derive(Default)]
pub(crate) struct State {
    parts: Winners<(Option<Uuid>, Option<String>)>,
    sessions: Winners<(Option<Uuid>, Option<Timestamp>)>,
    relationships: Between,
}

/// Tells winners and duplicates among relationships apart. Those between the same two parts stand beside each other, the
/// earliest first; only they are remembered.
#[derive(Default)]
struct Between {
    parts: Option<[Uuid; 2]>,
    winners: Vec<(Ends, Uuid)>,
}

impl Between {
    fn place(&mut self, ends: Ends, id: Uuid) -> Place {
        let parts = Some([ends.0.min(ends.1), ends.0.max(ends.1)]);
        if self.parts != parts {
            (self.parts, self.winners) = (parts, Vec::new());
        }
        match self.winners.iter().find(|(winner, _)| *winner == ends) {
            Some((_, of)) => Place::Duplicate { of: *of },
            None => {
                self.winners.push((ends, id));
                Place::Winner
            }
        }
    }
}

/// The rows that are nobody's, and so belong to no unit.
static ORPHANS: LazyLock<String> = LazyLock::new(|| {
    let of = |kind: &str, table: &str| {
        format!(
            "SELECT '{kind}' AS key, {table}.id || ': {}' AS detail FROM {table}
             LEFT JOIN users ON users.id = {table}.user_id WHERE users.id IS NULL",
            Skip::NoUser
        )
    };
    let all = [of("parts", "parts"), of("sessions", "sessions"), of("relationships", "part_relationships")];
    format!("{} ORDER BY key, detail", all.join(" UNION ALL "))
});

/// The rows of the users at hand: the queries of the app, with what else has to be known of each row.
static QUERIES: LazyLock<[String; 3]> = LazyLock::new(|| {
    let with = |query: &str, columns: &str| query.replacen("SELECT ", &format!("SELECT {columns}, "), 1);
    let parts = with(
        LEGACY_PARTS,
        "parts.user_id AS unit, 'part' AS row_kind, EXISTS (
             SELECT FROM parts_v2 WHERE parts_v2.user_id = parts.user_id AND parts_v2.name = parts.name
             AND octet_length(parts.name) <= LONGEST_NAME) AS is_present",
    );
    let sessions = with(
        LEGACY_SESSIONS,
        "sessions.user_id AS unit, 'session' AS row_kind, EXISTS (
             SELECT FROM sessions_v2
             WHERE sessions_v2.user_id = sessions.user_id AND sessions_v2.started_at = sessions.start_time) AS is_present",
    );
    let relationships = with(
        LEGACY_RELATIONSHIPS,
        "part_relationships.user_id AS unit, 'relationship' AS row_kind, ends.ids AS end_ids, ends.v2 AS end_v2,
         ends.winners AS end_winners, known.a AS known_a, known.b AS known_b, known.types AS known_types",
    );
    // Each end is looked up by its id, and the row that its name is by that; what is no id is looked up nowhere.
    // OFFSET 0 keeps the server from going through all parts of the user instead, of which there may be any number.
    let ends = "CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(part.id), '{}') AS ids, coalesce(array_agg(stored.id), '{}') AS v2,
                   coalesce(array_agg(winner.id), '{}') AS winners
            FROM jsonb_array_elements_text(
                     CASE jsonb_typeof(part_relationships.parts) WHEN 'array' THEN part_relationships.parts END) AS told (id)
            CROSS JOIN LATERAL (
                SELECT parts.id, parts.user_id, parts.name FROM parts
                WHERE parts.id = CASE WHEN told.id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN told.id::uuid END
                OFFSET 0
            ) AS part
            LEFT JOIN parts_v2 AS stored ON stored.user_id = part.user_id AND stored.name = part.name
            CROSS JOIN LATERAL (
                SELECT same.id FROM parts AS same
                WHERE same.user_id = part.user_id AND md5(same.name) = md5(part.name) AND same.name = part.name
                ORDER BY same.created_at NULLS LAST, same.id LIMIT 1
            ) AS winner
            WHERE part.user_id = part_relationships.user_id AND octet_length(part.name) <= LONGEST_NAME
        ) AS ends
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(part_a_id), '{}') AS a, coalesce(array_agg(part_b_id), '{}') AS b,
                   coalesce(array_agg(type), '{}') AS types
            FROM part_relationships_v2
            WHERE part_a_id = ANY (ends.v2) AND part_b_id = ANY (ends.v2)
        ) AS known";
    // Beside each other what may become the same.
    let between = "least(ends.winners[1], ends.winners[2]), greatest(ends.winners[1], ends.winners[2])";
    let queries = [
        format!("{parts} WHERE parts.user_id = ANY ($1) ORDER BY parts.user_id, {LEGACY_PARTS_ORDER}"),
        format!("{sessions} WHERE sessions.user_id = ANY ($1) ORDER BY sessions.user_id, {LEGACY_SESSIONS_ORDER}"),
        format!(
            "{relationships} {ends} WHERE part_relationships.user_id = ANY ($1)
             ORDER BY part_relationships.user_id, {between}, {LEGACY_RELATIONSHIPS_ORDER}"
        ),
    ];
    queries.map(|query| query.replace("LONGEST_NAME", &LONGEST_NAME.to_string()))
});

static SLICES: LazyLock<[&'static str; 3]> = LazyLock::new(|| std::array::from_fn(|at| QUERIES[at].as_str()));

impl Backfill for PartsV2 {
    type Db = Postgres;
    type Unit = User;
    type Output = Output;

    fn about(&self) -> About {
        About {
            name: "parts_v2",
            database: "parts",
            unit: "user",
            from: 20_260_119_100_000,
            until: None,
            scopes: &["user_id"],
            undo: Undo::Written,
        }
    }

    fn units(&self) -> &'static str {
        r#"SELECT users.id AS "cursor", (settings @> '{"prd_backfill_completed": true}') IS NOT TRUE AS "pending",
                  users.id AS user_id
           FROM users"#
    }

    fn id(&self, user: &User) -> String {
        user.cursor.to_string()
    }

    fn transform(&self, user: &User, _findings: &mut Findings) -> Result<Output, Reject> {
        Ok(Output::Done { user: user.cursor })
    }

    fn describe(&self, user: &User, _output: &Output) -> String {
        format!("{}: done", user.cursor)
    }

    fn privileges(&self, effect: Effect) -> &'static [Privilege] {
        match effect {
            Effect::Predict => &[
                ("users", &["SELECT"]),
                ("parts", &["SELECT"]),
                ("sessions", &["SELECT"]),
                ("part_relationships", &["SELECT"]),
                ("parts_v2", &["SELECT"]),
                ("sessions_v2", &["SELECT"]),
                ("part_relationships_v2", &["SELECT"]),
            ],
            Effect::Execute | Effect::Again => &[
                ("users", &["SELECT", "UPDATE"]),
                ("parts", &["SELECT"]),
                ("sessions", &["SELECT"]),
                ("part_relationships", &["SELECT"]),
                ("parts_v2", &["SELECT", "INSERT"]),
                ("sessions_v2", &["SELECT", "INSERT"]),
                ("part_relationships_v2", &["SELECT", "INSERT"]),
            ],
            Effect::Undo => &[
                ("users", &["SELECT", "UPDATE"]),
                ("parts", &["SELECT"]),
                ("sessions", &["SELECT"]),
                ("part_relationships", &["SELECT"]),
                ("parts_v2", &["SELECT", "DELETE"]),
                ("sessions_v2", &["SELECT", "DELETE"]),
                ("part_relationships_v2", &["SELECT", "DELETE"]),
                ("observations", &["SELECT"]),
            ],
        }
    }

    fn source_counts(&self) -> Option<&'static str> {
        Some(
            r#"SELECT kind AS key, count(*) AS n
               FROM (
                   SELECT user_id, 'parts' FROM parts
                   UNION ALL SELECT user_id, 'sessions' FROM sessions
                   UNION ALL SELECT user_id, 'relationships' FROM part_relationships
               ) AS legacy (user_id, kind)
               LEFT JOIN users ON users.id = legacy.user_id
               WHERE (users.settings @> '{"prd_backfill_completed": true}') IS NOT TRUE
               GROUP BY kind"#,
        )
    }

    fn orphans(&self) -> Option<&'static str> {
        Some(&ORPHANS)
    }

    /// Where a part came under a name that was to be moved, or is gone, a relationship has other ends now. Where a user is gone,
    /// there is nothing to be moved.
    fn is_overtaken(&self, error: &sqlx::Error) -> bool {
        let references = [
            "part_relationships_v2_part_a_id_fkey",
            "part_relationships_v2_part_b_id_fkey",
            "part_relationships_v2_user_id_fkey",
            "sessions_v2_user_id_fkey",
            "parts_v2_user_id_fkey",
        ];
        let constraint = error.as_database_error().and_then(|error| error.constraint());
        constraint.is_some_and(|name| references.contains(&name))
    }

    async fn write(&self, connection: &mut PgConnection, outputs: &[Output]) -> Result<Written, sqlx::Error> {
        let (mut parts, mut sessions, mut relationships) = (Vec::new(), Vec::new(), Vec::new());
        let mut users = Vec::new();
        for output in outputs {
            match output {
                Output::Part(part) => parts.push(part.row()),
                Output::Session(session) => sessions.push(session.row()),
                Output::Relationship(relationship) => relationships.push(relationship.row()),
                Output::Done { user } => users.push(*user),
            }
        }
        let mut written = 0;
        for (insert, rows) in
            [(INSERT_PARTS, parts), (INSERT_SESSIONS, sessions), (INSERT_RELATIONSHIPS, relationships)]
        {
            if !rows.is_empty() {
                written += sqlx::query(insert).bind(rows).execute(&mut *connection).await?.rows_affected();
            }
        }
        if users.is_empty() {
            return Ok(written.into());
        }
        let marked = mark(connection, users).await?;
        Ok(Written { rows: written + marked.rows, ..marked })
    }

    /// Removes the rows with the ids that follow from the legacy rows of these users, in the order that the references need.
    /// Rows that were there before have other ids, and stay; so do those that something of the app's refers to.
    async fn undo(
        &self,
        connection: &mut PgConnection,
        units: &[User],
        notes: &UndoNotes,
    ) -> Result<Undone, sqlx::Error> {
        let users: Vec<Uuid> = units.iter().map(|user| user.cursor).collect();
        let mut undone = Undone::default();
        for (read, remove, left, derive) in [
            (READ_RELATIONSHIPS, REMOVE_RELATIONSHIPS, LEFT_RELATIONSHIPS, relationship_id as fn(Uuid) -> Uuid),
            (READ_SESSIONS, REMOVE_SESSIONS, LEFT_SESSIONS, session_id),
            (READ_PARTS, REMOVE_PARTS, LEFT_PARTS, part_id),
        ] {
            let mut after = Uuid::nil();
            loop {
                let ids: Vec<Uuid> =
                    sqlx::query_scalar(read).bind(&users).bind(after).fetch_all(&mut *connection).await?;
                let Some(last) = ids.last().copied() else { break };
                after = last;
                let derived: Vec<Uuid> = ids.into_iter().map(derive).collect();
                undone.rows += sqlx::query(remove).bind(&derived).execute(&mut *connection).await?.rows_affected();
                let left: i64 = sqlx::query_scalar(left).bind(derived).fetch_one(&mut *connection).await?;
                undone.unchanged += u64::try_from(left).unwrap_or_default();
            }
        }
        undone.rows += unmark(connection, users, notes).await?;
        Ok(undone)
    }
}

/// How many legacy rows an undo looks at with one statement.
const READ_RELATIONSHIPS: &str =
    "SELECT id FROM part_relationships WHERE user_id = ANY ($1) AND id > $2 ORDER BY id LIMIT 5000";
const READ_SESSIONS: &str = "SELECT id FROM sessions WHERE user_id = ANY ($1) AND id > $2 ORDER BY id LIMIT 5000";
const READ_PARTS: &str = "SELECT id FROM parts WHERE user_id = ANY ($1) AND id > $2 ORDER BY id LIMIT 5000";
const LEFT_RELATIONSHIPS: &str = "SELECT count(*) FROM part_relationships_v2 WHERE id = ANY ($1)";
const LEFT_SESSIONS: &str = "SELECT count(*) FROM sessions_v2 WHERE id = ANY ($1)";
const LEFT_PARTS: &str = "SELECT count(*) FROM parts_v2 WHERE id = ANY ($1)";
const REMOVE_RELATIONSHIPS: &str = "DELETE FROM part_relationships_v2 WHERE id = ANY ($1)";
const REMOVE_SESSIONS: &str = "DELETE FROM sessions_v2 WHERE id = ANY ($1)
    AND NOT EXISTS (SELECT FROM observations WHERE session_id = sessions_v2.id)";
const REMOVE_PARTS: &str = "DELETE FROM parts_v2 WHERE id = ANY ($1)
    AND NOT EXISTS (SELECT FROM observations WHERE part_id = parts_v2.id)
    AND NOT EXISTS (SELECT FROM part_relationships_v2 WHERE part_a_id = parts_v2.id)
    AND NOT EXISTS (SELECT FROM part_relationships_v2 WHERE part_b_id = parts_v2.id)";

const INSERT_PARTS: &str = "INSERT INTO parts_v2 SELECT new.* FROM unnest($1::text[]) AS input (row)
    CROSS JOIN LATERAL jsonb_populate_record(NULL::parts_v2, input.row::jsonb) AS new ON CONFLICT DO NOTHING";
const INSERT_SESSIONS: &str = "INSERT INTO sessions_v2 SELECT new.* FROM unnest($1::text[]) AS input (row)
    CROSS JOIN LATERAL jsonb_populate_record(NULL::sessions_v2, input.row::jsonb) AS new ON CONFLICT DO NOTHING";
const INSERT_RELATIONSHIPS: &str = "INSERT INTO part_relationships_v2 SELECT new.* FROM unnest($1::text[]) AS input (row)
    CROSS JOIN LATERAL jsonb_populate_record(NULL::part_relationships_v2, input.row::jsonb) AS new ON CONFLICT DO NOTHING";

/// The settings that users have now, which the app can't change until the transaction ends.
async fn lock_settings(
    connection: &mut PgConnection,
    users: Vec<Uuid>,
) -> Result<Vec<(Uuid, Option<Json>)>, sqlx::Error> {
    let now = "SELECT id, settings::text FROM users WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";
    sqlx::query_as(now).bind(users).fetch_all(connection).await
}

async fn store_settings(connection: &mut PgConnection, changed: Vec<(Uuid, Option<Json>)>) -> Result<u64, sqlx::Error> {
    let text = |(user, settings): (Uuid, Option<Json>)| (user, settings.map(|json| json.as_str().to_owned()));
    let (users, settings): (Vec<Uuid>, Vec<Option<String>>) = changed.into_iter().map(text).unzip();
    let update =
        "UPDATE users SET settings = new.settings::jsonb FROM unnest($1::uuid[], $2::text[]) AS new (id, settings)
                  WHERE users.id = new.id";
    Ok(sqlx::query(update).bind(users).bind(settings).execute(connection).await?.rows_affected())
}

/// Marks users. What makes way for the mark is an undo note.
async fn mark(connection: &mut PgConnection, users: Vec<Uuid>) -> Result<Written, sqlx::Error> {
    let (mut marked, mut notes) = (Vec::new(), BTreeMap::new());
    for (user, settings) in lock_settings(connection, users).await? {
        let Some(Marked { settings, former }) = mark_done(settings.as_ref()) else { continue };
        marked.push((user, Some(settings)));
        notes.insert(user.to_string(), former.as_ref().map(rehearsal::ledger::Json::exact));
    }
    Ok(Written { rows: store_settings(connection, marked).await?, notes })
}

/// Takes the marks of users away. A user without a note had nothing that made way, or was marked by version 0.1 of this
/// backfill, which kept that in the settings: there it stays.
async fn unmark(connection: &mut PgConnection, users: Vec<Uuid>, notes: &UndoNotes) -> Result<u64, sqlx::Error> {
    let mut cleared = Vec::new();
    for (user, settings) in lock_settings(connection, users).await? {
        let note = notes.get(&user.to_string()).map(|note| serde_json::from_str::<Former>(note.as_str()));
        let former = note.transpose().map_err(|error| sqlx::Error::Decode(error.into()))?;
        if is_done(settings.as_ref()) {
            cleared.push((user, clear_done(settings.as_ref(), former)));
        }
    }
    store_settings(connection, cleared).await
}

impl ParentChildBackfill for PartsV2 {
    type Child = Row;
    type State = State;

    fn child_counts(&self) -> &'static str {
        "SELECT user_id AS unit, count(*) AS n FROM parts WHERE user_id = ANY ($1) GROUP BY user_id
         UNION ALL SELECT user_id, count(*) FROM sessions WHERE user_id = ANY ($1) GROUP BY user_id
         UNION ALL SELECT user_id, count(*) FROM part_relationships WHERE user_id = ANY ($1) GROUP BY user_id"
    }

    fn child_queries(&self) -> &'static [&'static str] {
        &*SLICES
    }

    fn transform_child(&self, row: &Row, state: &mut State, findings: &mut Findings) -> Result<Option<Output>, Reject> {
        Ok(match row {
            Row::Part(legacy, is_present) => match migrate_part(legacy) {
                Err(skip) => skipped("parts", legacy.id, &skip, findings),
                Ok(part) => {
                    let place = state.parts.place(&(legacy.user_id, legacy.name.clone()), legacy.id);
                    placed("parts", legacy.id, place, *is_present, findings).then_some(Output::Part(part))
                }
            },
            Row::Session(legacy, is_present) => match migrate_session(legacy) {
                Err(skip) => skipped("sessions", legacy.id, &skip, findings),
                Ok(session) => {
                    let place = state.sessions.place(&(legacy.user_id, legacy.start_time.clone()), legacy.id);
                    placed("sessions", legacy.id, place, *is_present, findings).then_some(Output::Session(session))
                }
            },
            Row::Relationship(legacy, ends, known) => {
                let now = |id| ends.iter().find(|(of, _)| *of == id).map(|(_, now)| *now);
                match migrate_relationship(legacy, now) {
                    Err(skip) => skipped("relationships", legacy.id, &skip, findings),
                    Ok(new) => {
                        let ends = (new.part_a_id, new.part_b_id, new.kind);
                        let (place, is_present) = (state.relationships.place(ends, legacy.id), known.contains(&ends));
                        placed("relationships", legacy.id, place, is_present, findings)
                            .then_some(Output::Relationship(new))
                    }
                }
            }
        })
    }
}

/// Enters a row that is not carried over.
fn skipped<T>(kind: &'static str, id: Uuid, skip: &Skip, findings: &mut Findings) -> Option<T> {
    findings.reconciliation().field(kind, ValueOutcome::Skipped, 1);
    findings.record(FindingKind::Skipped, kind, format!("{id}: {skip}"));
    None
}

/// Enters a row, and tells whether it is carried over.
fn placed(kind: &'static str, id: Uuid, place: Place, is_present: bool, findings: &mut Findings) -> bool {
    match (place, is_present) {
        (Place::Winner, false) => {
            findings.reconciliation().field(kind, ValueOutcome::Migrated, 1);
            true
        }
        (Place::Winner, true) => {
            findings.reconciliation().field(kind, ValueOutcome::Present, 1);
            findings.record(
                FindingKind::Present,
                kind,
                format!("{id}: it is in the new table already, and stays as it is"),
            );
            false
        }
        (Place::Duplicate { of }, is_present) => {
            findings.reconciliation().field(kind, ValueOutcome::Duplicate, 1);
            let kept = if is_present { "what is in the new table stays" } else { "was kept" };
            let sentence = format!("{id}: {of} is the same, and {kept}");
            findings.record(FindingKind::Duplicate, kind, sentence);
            false
        }
    }
}
