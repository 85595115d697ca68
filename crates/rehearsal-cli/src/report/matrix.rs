//! The answers of a rehearsal: a matrix of proofs and data, and each problem in full.

use super::checks_table;
use crate::terminal::{Paint, diagnostic, duration, place};
use miette::Diagnostic;
use rehearsal::proofs::{Answer, Crashes, Figures, Mutants, Problem, Proof, Survivor, WayBack, What};
use serde_json::json;
use std::fmt::Write;
use std::time::Duration;

/// What the column of an empty database is called.
const EMPTY: &str = "(empty)";

fn column(answer: &Answer) -> &str {
    answer.fixture.as_deref().unwrap_or(EMPTY)
}

/// What could not be done, why, and what helps.
#[must_use]
pub fn not_done(name: &str, done: &str, why: &dyn Diagnostic, paint: Paint) -> String {
    let place = place(why, paint).map(|place| format!("\n{}", place.trim_end())).unwrap_or_default();
    let help = why.help().map(|help| format!("\n  {help}")).unwrap_or_default();
    format!("{}: {}{place}{help}", paint.strong(name), paint.odd(format!("not {done}: {why}")))
}

/// A line a proof, a column for the empty database and for each fixture.
#[must_use]
pub fn matrix(answers: &[Answer], paint: Paint) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for answer in answers {
        if !columns.contains(&column(answer)) {
            columns.push(column(answer));
        }
    }
    let proofs: Vec<Proof> =
        Proof::ALL.into_iter().filter(|proof| answers.iter().any(|answer| answer.proof == *proof)).collect();
    let first = proofs.iter().map(|proof| proof.name().len()).max().unwrap_or_default();
    // Times stand below each other.
    let word = |name: &str| {
        let has_failed = answers.iter().any(|answer| column(answer) == name && !answer.problems.is_empty());
        if has_failed { "FAILED".len() } else { "ok".len() }
    };
    let cell = |proof: Proof, name: &str| match answers
        .iter()
        .find(|answer| answer.proof == proof && column(answer) == name)
    {
        None => (String::new(), String::new()),
        // Nobody wrote.
        Some(answer) if answer.problems.is_empty() && proof == Proof::Live && answer.live.is_empty() => {
            (paint.odd("untried"), "untried".to_owned())
        }
        Some(answer) if answer.problems.is_empty() => {
            let text = format!("{:<word$} {:>7}", "ok", duration(answer.took), word = word(name));
            (paint.good(&text), text)
        }
        Some(answer) => {
            let text = format!("FAILED {:>7}", duration(answer.took));
            (paint.bad(&text), text)
        }
    };
    let width = |name: &str| {
        proofs
            .iter()
            .map(|proof| cell(*proof, name).1.chars().count())
            .max()
            .unwrap_or_default()
            .max(name.chars().count())
    };
    let mut text = format!("  {:first$}", "");
    for name in &columns {
        let _ = write!(text, "   {}", paint.faint(format!("{name:<width$}", width = width(name))));
    }
    text = text.trim_end().to_owned() + "\n";
    for proof in &proofs {
        let mut line = format!("  {:<first$}", proof.name());
        for name in &columns {
            let (painted, plain) = cell(*proof, name);
            let _ = write!(line, "   {painted}{}", " ".repeat(width(name) - plain.chars().count()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Each problem in full, and below those of a proof what else is to be known of it.
#[must_use]
pub fn failures(database: &str, answers: &[Answer], paint: Paint) -> String {
    let mut text = String::new();
    for answer in answers {
        for problem in &answer.problems {
            let place = format!("{database} / {} / {}", answer.proof.name(), column(answer));
            let how = match &problem.what {
                What::WayBack(fault) => format!(": {}", fault.name()),
                _ => String::new(),
            };
            let _ = writeln!(text, "\n{} {}{how}", paint.bad("FAILED"), paint.strong(place));
            text.push_str(&one(problem, paint));
        }
        if !answer.problems.is_empty() {
            let lines = |lines: &[String], painted: &dyn Fn(&String) -> String| {
                lines.iter().map(painted).collect::<Vec<_>>().join("\n")
            };
            if !answer.untried.is_empty() {
                text.push_str(&field("untried", &lines(&answer.untried, &|line| paint.odd(line)), paint));
            }
            if !answer.oddities.is_empty() {
                text.push_str(&field("odd", &lines(&answer.oddities, &|line| paint.odd(line)), paint));
            }
            if !answer.notes.is_empty() {
                text.push_str(&field("notes", &lines(&answer.notes, &|line| paint.faint(line)), paint));
            }
        }
    }
    text
}

/// A line of a problem, or several below each other.
fn field(name: &str, value: &str, paint: Paint) -> String {
    format!("  {} {}\n", paint.faint(format!("{name:<9}")), value.replace('\n', "\n            "))
}

fn one(problem: &Problem, paint: Paint) -> String {
    let mut text = String::new();
    let mut field = |name: &str, value: &str| text.push_str(&field(name, value, paint));
    field("step", &problem.step);
    match &problem.what {
        What::Error(error) | What::WayBack(WayBack::Broken(error) | WayBack::ReupFails(error)) => {
            field("found", diagnostic(error.as_ref(), paint).trim_end());
        }
        What::WayBack(WayBack::LossySchema(unlike) | WayBack::LossyContent(unlike) | WayBack::LeftBehind(unlike)) => {
            field("expected", &unlike.expected);
            field("found", &unlike.lines.join("\n"));
            field("hint", &unlike.hint);
        }
        What::Differences { expected, lines, hint } => {
            field("expected", expected);
            field("found", &lines.join("\n"));
            field("hint", hint);
        }
        What::MadeUp { error, why, rows, hint } => {
            field("found", diagnostic(error.as_ref(), paint).trim_end());
            field("because", why);
            field("rows", &rows.join("\n"));
            field("hint", hint);
        }
        What::Checks(results) => field("found", checks_table(results, paint).trim()),
        What::Backfill { backfill, sentence } => field("found", &format!("{backfill} {sentence}")),
    }
    if let Some(kept) = &problem.kept {
        field("look at", kept);
    }
    field("next", &problem.next);
    text
}

/// For a script: an array of `proof`, `fixture` (null for an empty database), `ok`, `seconds`, `notes`, `odd`, `made_up`, `untried`, `problems`,
/// each of those with `kind`, `step`, `found`, `kept` and `next`, and `mutants`: of each backfill how many ways to break it were
/// `made` and `caught`, the `share` of these, `by` whom, the `survivors` with a `check` that would notice each, and how many
/// are `left`; `crashes`, of the proof *crash* (null of another one): how many `kills` there were at how many `tried` of the
/// `points` of how many `steps`, how many steps were `left`, what was left behind, and the `budget` in seconds; and `live`: of each
/// backfill what `writers` wrote while it ran, how many `writes` of each kind, how many of them `during` the run, which took
/// `ran_ms`, how often one was tried again (`retries`), and how long they took (`wait_ms`: `p50`, `p99`, `max`).
#[must_use]
pub fn answers_json(answers: &[Answer]) -> serde_json::Value {
    let problem = |problem: &Problem| {
        let found = match &problem.what {
            What::Error(error) | What::WayBack(WayBack::Broken(error) | WayBack::ReupFails(error)) => {
                vec![error.to_string()]
            }
            What::WayBack(
                WayBack::LossySchema(unlike) | WayBack::LossyContent(unlike) | WayBack::LeftBehind(unlike),
            ) => unlike.lines.clone(),
            What::Differences { lines, .. } => lines.clone(),
            What::MadeUp { error, why, .. } => vec![error.to_string(), why.clone()],
            What::Checks(results) => results.iter().map(|result| format!("check {} is red", result.name)).collect(),
            What::Backfill { backfill, sentence } => vec![format!("{backfill} {sentence}")],
        };
        json!({ "kind": problem.what.kind(), "step": problem.step, "found": found, "kept": problem.kept, "next": problem.next })
    };
    let mutants = |mutants: &Mutants| {
        let survivor = |survivor: &Survivor| json!({ "what": survivor.sentence, "check": survivor.check });
        json!({
            "backfill": mutants.backfill,
            "made": mutants.made,
            "caught": mutants.caught,
            "share": mutants.share(),
            "by": mutants.by,
            "survivors": mutants.survivors.iter().map(survivor).collect::<Vec<_>>(),
            "left": mutants.left,
        })
    };
    let crashes = |crashes: &Crashes| {
        json!({
            "steps": crashes.steps,
            "left": crashes.left,
            "points": crashes.points,
            "tried": crashes.tried,
            "kills": crashes.kills,
            "killed_beside": crashes.killed_beside,
            "hot_journals": crashes.journals,
            "write_ahead_logs": crashes.logs,
            "sessions_ended": crashes.sessions_ended,
            "servers_stopped": crashes.servers_stopped,
            "given_up": crashes.given_up,
            "budget": crashes.budget.map(|budget| budget.as_secs_f64()),
        })
    };
    let live = |figures: &Figures| {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let writes: serde_json::Map<_, _> =
            figures.writes.iter().map(|(kind, n)| (kind.name().replace(' ', "_"), json!(n))).collect();
        json!({
            "backfill": figures.backfill,
            "writers": figures.writers,
            "writes": writes,
            "during": figures.during,
            "retries": figures.retries,
            "ran_ms": ms(figures.ran),
            "wait_ms": { "p50": ms(figures.p50), "p99": ms(figures.p99), "max": ms(figures.longest) },
        })
    };
    let one = |answer: &Answer| {
        json!({
            "proof": answer.proof.name(),
            "fixture": answer.fixture,
            "ok": answer.problems.is_empty(),
            "seconds": answer.took.as_secs_f64(),
            "notes": answer.notes,
            "odd": answer.oddities,
            "made_up": answer.made_up,
            "untried": answer.untried,
            "live": answer.live.iter().map(live).collect::<Vec<_>>(),
            "mutants": answer.mutants.iter().map(mutants).collect::<Vec<_>>(),
            "crashes": answer.crashes.as_ref().map(crashes),
            "problems": answer.problems.iter().map(problem).collect::<Vec<_>>(),
        })
    };
    answers.iter().map(one).collect()
}
