//! Annotations of GitHub Actions: a line of the log for each finding, which GitHub shows beside the file
//! (`https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands`).

use super::causes::{causes, first_of_each};
use crate::terminal::visible;
use rehearsal::report::{Finding, RehearsalReport, Reporter, Severity};
use std::io::{Error, Write};

/// The most findings of a code in a database.
const OF_A_KIND: usize = 50;

/// The format `github`.
pub struct Github;

impl Reporter for Github {
    fn name(&self) -> &'static str {
        "github"
    }

    fn write(&self, report: &RehearsalReport, to: &mut dyn Write) -> Result<(), Error> {
        // GitHub shows the first ten of a step, so the first to fix come first.
        for database in &report.databases {
            let reported = database.findings.iter().filter(|finding| finding.is_reported());
            let (first, _) = first_of_each(reported, OF_A_KIND);
            for cause in causes(first.into_iter()) {
                writeln!(to, "{}", annotation(report, &database.name, cause.finding))?;
            }
        }
        Ok(())
    }
}

fn annotation(report: &RehearsalReport, database: &str, finding: &Finding) -> String {
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = Vec::new();
    if let Some(file) = &finding.file {
        properties.push(format!("file={}", property(&report.in_repository(file))));
    }
    if let Some(line) = finding.line {
        properties.push(format!("line={line}"));
    }
    if let Some(column) = finding.column {
        properties.push(format!("col={column}"));
    }
    properties.push(format!("title={}", property(&format!("{database}: {}", finding.code))));
    let help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    format!("::{kind} {}::{}", properties.join(","), data(&format!("{}{help}", finding.message)))
}

/// Escapes the text of a command: a line break would end it, and the next line could be another command.
fn data(text: &str) -> String {
    // The runner also obeys `##[command]` in the middle of a line.
    visible(text).replace("##[", "## [").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property, which also ends at a comma and a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use rehearsal::report::history;

    #[test]
    fn escapes() {
        let report = RehearsalReport { folder: "db/".to_owned(), ..rehearsal::Began::now().report(Vec::new()) };
        let check = |message: &str, file: &str, expect: &str| {
            let finding = Finding::new(&history::EDITED, message).in_file(file.as_ref());
            assert_eq!(annotation(&report, "pets", &finding), expect);
        };
        check("plain", "a.sql", "::error file=db/a.sql,title=pets%3A history/edited::plain");
        check(
            "100 %\n::error::x",
            "a,b:c.sql",
            "::error file=db/a%2Cb%3Ac.sql,title=pets%3A history/edited::100 %25%0A::error::x",
        );
    }
}
