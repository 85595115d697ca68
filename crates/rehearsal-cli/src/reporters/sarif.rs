//! SARIF 2.1.0 for code scanning: the codes are rules, the findings are results
//! (`https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html`). Results are written one by one, because a `Result` has
//! about fifty fields.

use super::fingerprint::fingerprint;
use crate::terminal::visible;
use rehearsal::report::{Code, Finding, RehearsalReport, Reporter, Severity, Status};
use serde::{Serialize, Serializer};
use serde_sarif::sarif::{
    ArtifactLocation, Location, Message, MultiformatMessageString, PhysicalLocation, Region, ReportingConfiguration,
    ReportingConfigurationLevel, ReportingDescriptor, Result as SarifResult, ResultBaselineState, ResultLevel,
    SCHEMA_URL, Suppression, Tool, ToolComponent,
};
use std::collections::BTreeMap;
use std::io::{Error, Write};

/// The format `sarif`.
pub struct Sarif;

impl Reporter for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn write(&self, report: &RehearsalReport, to: &mut dyn Write) -> Result<(), Error> {
        let run = Run { tool: tool(report), column_kind: "unicodeCodePoints", results: Results(report) };
        serde_json::to_writer(&mut *to, &Document { schema: SCHEMA_URL, version: "2.1.0", runs: [run] })?;
        writeln!(to)
    }
}

#[derive(Serialize)]
struct Document<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Tool,
    column_kind: &'static str,
    results: Results<'r>,
}

/// The findings of all databases.
struct Results<'r>(&'r RehearsalReport);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let of_database =
            self.0.databases.iter().map(|one| one.findings.iter().map(|finding| result(self.0, &one.name, finding)));
        serializer.collect_seq(of_database.flatten())
    }
}

/// The program, with a rule for each code of the findings.
fn tool(report: &RehearsalReport) -> Tool {
    let findings = report.databases.iter().flat_map(|database| &database.findings);
    let codes: BTreeMap<&str, &Code> = findings.map(|finding| (finding.code.name, finding.code)).collect();
    let version = report.tool.rsplit(' ').next().unwrap_or_default();
    let driver = ToolComponent::builder()
        .name("rehearsal")
        .semantic_version(version)
        .rules(codes.into_values().map(rule).collect::<Vec<_>>())
        .build();
    Tool::builder().driver(driver).build()
}

fn rule(code: &Code) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    let explanation = code.explanation;
    let level = match code.severity {
        Severity::Error => ReportingConfigurationLevel::Error,
        Severity::Warning => ReportingConfigurationLevel::Warning,
    };
    let level = serde_json::to_value(level).unwrap_or_default();
    ReportingDescriptor::builder()
        .id(code.name)
        .short_description(text(explanation.meaning))
        .full_description(text(&format!("{} Example: {}", explanation.meaning, explanation.example)))
        .help(text(&format!("{} If it is intended: {}", explanation.fix, explanation.allow)))
        .default_configuration(ReportingConfiguration::builder().level(level).build())
        .build()
}

fn result(report: &RehearsalReport, database: &str, finding: &Finding) -> SarifResult {
    let mut text = format!("{database}: {}", visible(&finding.message));
    for line in finding.details.iter().map(String::as_str).chain(finding.help.as_deref()) {
        text.push('\n');
        text.push_str(&visible(line));
    }
    let level = match finding.severity {
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
    };
    let baseline = match finding.status {
        Status::New => ResultBaselineState::New,
        Status::Existing | Status::Allowed => ResultBaselineState::Unchanged,
    };
    // Accepted findings stay visible as dismissed alerts.
    let suppressed = match finding.status {
        Status::Allowed => vec![Suppression::builder().kind("external").build()],
        Status::New | Status::Existing => Vec::new(),
    };
    SarifResult::builder()
        .suppressions(suppressed)
        .rule_id(finding.code.name)
        .level(level)
        .baseline_state(serde_json::to_value(baseline).unwrap_or_default())
        .message(Message::builder().text(&text).build())
        .locations(finding.file.iter().map(|file| location(&report.in_repository(file), finding)).collect::<Vec<_>>())
        .partial_fingerprints(BTreeMap::from([("rehearsal/v1".to_owned(), fingerprint(database, finding))]))
        .build()
}

fn location(file: &str, finding: &Finding) -> Location {
    let number = |n: Option<u32>| n.map_or(1, i64::from);
    let region = Region::builder().start_line(number(finding.line)).start_column(number(finding.column)).build();
    let artifact = ArtifactLocation::builder().uri(uri(file)).build();
    let physical = PhysicalLocation::builder().artifact_location(artifact).region(region).build();
    Location::builder().physical_location(physical).build()
}

/// A path as a relative URI.
fn uri(file: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const KEPT_OUT: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'`')
        .add(b'{')
        .add(b'}')
        .add(b'\\')
        .add(b':');
    utf8_percent_encode(file, KEPT_OUT).to_string()
}
