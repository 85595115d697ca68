//! The flags of commands that write reports.

/// Which reports a command writes, and what they may contain.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Write a report to a file, or to standard output (-); repeat the flag for several. Formats: html, json, junit, sarif,
    /// markdown, github, gitlab
    #[arg(long, value_name = "FORMAT=FILE")]
    pub report: Vec<String>,
    /// Show or hide values of rows in reports (default: show for throwaway and development databases, hide for others)
    #[arg(long, value_name = "WHETHER", value_enum, hide_possible_values = true)]
    pub rows: Option<Rows>,
}

/// Whether reports contain values of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Rows {
    /// Reports contain values of rows.
    Show,
    /// Reports contain none.
    Hide,
}

impl ReportArgs {
    /// Returns the reports to write, with the one that `--json` stands for.
    pub(crate) fn requested(&self, json: bool) -> Vec<String> {
        self.report.iter().cloned().chain(json.then(|| "json=-".to_owned())).collect()
    }
}
