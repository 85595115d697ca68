//! Migrates the parts, sessions and relationships of every user to the new tables, user by user, and marks the user
//! as finished. The app converts the rows (`app::parts`); [`legacy_rows`] reads them, [`marks`] sets the marks, and
//! [`removal`] implements undo.
//!
//! Rows without a user belong to no unit. A run over all users records them as skipped.

mod legacy_rows;
mod marks;
mod removal;

use app::parts::{
    PartV2, Place, RelationshipV2, SessionV2, Skip, Winners, migrate_part, migrate_relationship, migrate_session,
};
use app::timestamp::Timestamp;
use legacy_rows::{Ends, ORPHANS, Row, SLICES};
use marks::{mark, unmark};
use rehearsal::FromRow;
use rehearsal::backfill::{
    About, Backfill, Effect, Findings, ParentChildBackfill, Privilege, Reject, Undo, Undone, Written,
};
use rehearsal::ledger::{FindingKind, UndoNotes, ValueOutcome};
use removal::remove;
use sqlx::postgres::{PgConnection, Postgres};
use uuid::Uuid;

/// The backfill of `parts_v2`, `sessions_v2` and `part_relationships_v2`.
pub(crate) struct PartsV2;

/// The unit: a user.
#[derive(FromRow)]
pub(crate) struct User {
    cursor: Uuid,
}

/// A row to write.
pub(crate) enum Output {
    Part(PartV2),
    Session(SessionV2),
    Relationship(RelationshipV2),
    /// The mark of a finished user.
    Done {
        user: Uuid,
    },
}

/// The state from row to row that recognises duplicates.
#[derive(Default)]
pub(crate) struct State {
    parts: Winners<(Option<Uuid>, Option<String>)>,
    sessions: Winners<(Option<Uuid>, Option<Timestamp>)>,
    relationships: RelationshipWinners,
}

/// Recognises duplicate relationships. Relationships between the same two parts arrive in succession, the earliest
/// first, so only those of the current two parts are stored.
#[derive(Default)]
struct RelationshipWinners {
    parts: Option<[Uuid; 2]>,
    winners: Vec<(Ends, Uuid)>,
}

impl RelationshipWinners {
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

impl Backfill for PartsV2 {
    type Db = Postgres;
    type Unit = User;
    type Output = Output;

    fn about(&self) -> About {
        About {
            scopes: &["user_id"],
            undo: Undo::Written,
            ..About::new("parts_v2", "parts", "user", 20_260_119_100_000)
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
            Effect::Undo | Effect::PredictUndo => &[
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

    /// A foreign key fails if the app has concurrently added or deleted a part, because a relationship then has
    /// other ends, or if it has deleted the user, who then has no rows to migrate.
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

    async fn undo(
        &self,
        connection: &mut PgConnection,
        units: &[User],
        notes: &UndoNotes,
    ) -> Result<Undone, sqlx::Error> {
        let users: Vec<Uuid> = units.iter().map(|user| user.cursor).collect();
        let mut undone = remove(connection, &users).await?;
        undone.rows += unmark(connection, users, notes).await?;
        Ok(undone)
    }
}

const INSERT_PARTS: &str = "INSERT INTO parts_v2 SELECT new.* FROM unnest($1::text[]) AS input (row)
    CROSS JOIN LATERAL jsonb_populate_record(NULL::parts_v2, input.row::jsonb) AS new ON CONFLICT DO NOTHING";
const INSERT_SESSIONS: &str = "INSERT INTO sessions_v2 SELECT new.* FROM unnest($1::text[]) AS input (row)
    CROSS JOIN LATERAL jsonb_populate_record(NULL::sessions_v2, input.row::jsonb) AS new ON CONFLICT DO NOTHING";
const INSERT_RELATIONSHIPS: &str = "INSERT INTO part_relationships_v2 SELECT new.* FROM unnest($1::text[]) AS input (row)
    CROSS JOIN LATERAL jsonb_populate_record(NULL::part_relationships_v2, input.row::jsonb) AS new ON CONFLICT DO NOTHING";

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

/// Records a row that cannot be migrated.
fn skipped<T>(kind: &'static str, id: Uuid, skip: &Skip, findings: &mut Findings) -> Option<T> {
    findings.reconciliation().field(kind, ValueOutcome::Skipped, 1);
    findings.record(FindingKind::Skipped, kind, format!("{id}: {skip}"));
    None
}

/// Records the outcome of a row. Returns whether the row has to be written.
fn placed(kind: &'static str, id: Uuid, place: Place, is_present: bool, findings: &mut Findings) -> bool {
    match (place, is_present) {
        (Place::Winner, false) => {
            findings.reconciliation().field(kind, ValueOutcome::Migrated, 1);
            true
        }
        (Place::Winner, true) => {
            findings.reconciliation().field(kind, ValueOutcome::Present, 1);
            findings.record(FindingKind::Present, kind, format!("{id}: already in the new table, unchanged"));
            false
        }
        (Place::Duplicate { of }, is_present) => {
            findings.reconciliation().field(kind, ValueOutcome::Duplicate, 1);
            let winner = if is_present { "whose row is already in the new table" } else { "which is migrated" };
            let detail = format!("{id}: duplicate of {of}, {winner}");
            findings.record(FindingKind::Duplicate, kind, detail);
            false
        }
    }
}
