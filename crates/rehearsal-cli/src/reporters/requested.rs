//! The reports that `--report FORMAT=FILE` asks for ([`Requests`]): which formats, and where each is written.

use super::{FORMATS, Github, Markdown};
use crate::args::Output;
use crate::environment::{self, GithubActions};
use crate::error::Error;
use crate::terminal::Terminal;
use rehearsal::directive::nearest;
use rehearsal::event::Event;
use rehearsal::report::{RehearsalReport, Reporter};
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A report that was asked for.
struct Request<'f> {
    reporter: &'f dyn Reporter,
    to: Destination,
}

/// Where a report is written.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    /// Standard output, which then holds nothing else.
    StandardOutput,
    /// Standard output, after the text. The text stands between commands with this word, so that the runner ignores commands in it.
    Log {
        /// A word that no text can contain, because it is random.
        stop: String,
    },
    /// The end of this file, which another program reads.
    Append(PathBuf),
    /// This file, which is replaced.
    File(PathBuf),
}

/// The reports that were asked for, of which at most one goes to standard output.
#[derive(Default)]
pub(crate) struct Requests<'f>(Vec<Request<'f>>);

impl<'f> Requests<'f> {
    /// Reads the values of `--report`; `more` are the program's own formats. Relative paths start in `folder`. `own` is what the
    /// command prints itself: nothing is added to its JSON. On GitHub Actions, annotations and a summary are written unless a value
    /// asks for them elsewhere.
    ///
    /// # Errors
    /// Fails if a value has no `=` or names no format, if two name the same file, or if a file cannot be written where it is to be.
    pub(crate) fn read(
        values: &[String],
        more: &[&'f dyn Reporter],
        folder: &Path,
        own: Output,
    ) -> Result<Self, Error> {
        let formats: Vec<&'f dyn Reporter> = FORMATS.iter().copied().chain(more.iter().copied()).collect();
        let names: Vec<&str> = formats.iter().map(|reporter| reporter.name()).collect();
        let mut requests: Vec<Request<'f>> = Vec::new();
        for value in values {
            let (name, file) = value
                .split_once('=')
                .filter(|(_, file)| !file.is_empty())
                .ok_or_else(|| Error::ReportWithoutFile { value: value.clone(), formats: names.join(", ") })?;
            let reporter = formats.iter().find(|reporter| reporter.name() == name).ok_or_else(|| Error::NoFormat {
                name: name.to_owned(),
                nearest: nearest(name, &names),
                formats: names.join(", "),
            })?;
            let to = if file == "-" { Destination::StandardOutput } else { Destination::File(folder.join(file)) };
            let is_taken = to == Destination::StandardOutput && own == Output::Json;
            if is_taken || requests.iter().any(|request| request.to == to) {
                return Err(Error::ReportTwice { file: file.to_owned() });
            }
            if let Destination::File(path) = &to {
                can_be_written(path).map_err(|source| Error::WriteReport { path: path.clone(), source })?;
            }
            requests.push(Request { reporter: *reporter, to });
        }
        let is_requested =
            |name: &str, requests: &[Request<'_>]| requests.iter().any(|one| one.reporter.name() == name);
        if let Some(GithubActions { summary }) = environment::github_actions() {
            let is_free = own == Output::Text && !requests.iter().any(Request::takes_standard_output);
            if !is_requested(Github.name(), &requests) && is_free {
                requests.push(Request { reporter: &Github, to: Destination::Log { stop: random_word() } });
            }
            if let Some(summary) = summary.filter(|_| !is_requested(Markdown.name(), &requests)) {
                requests.push(Request { reporter: &Markdown, to: Destination::Append(summary) });
            }
        }
        Ok(Self(requests))
    }

    /// True if no report is requested.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if a report goes to standard output, and so no text may.
    pub(crate) fn use_standard_output(&self) -> bool {
        self.0.iter().any(Request::takes_standard_output)
    }

    /// True if a report is written to this file.
    pub(crate) fn writes_to(&self, path: &Path) -> bool {
        self.0.iter().any(|request| matches!(&request.to, Destination::File(file) if file == path))
    }

    /// Begins the output of the command. On GitHub Actions, values of rows in the text could otherwise be commands for the runner,
    /// until [`Self::write`] writes the annotations.
    pub(crate) fn begin(&self, terminal: &Terminal) {
        for request in &self.0 {
            if let Destination::Log { stop } = &request.to {
                terminal.json(&format!("::stop-commands::{stop}"));
            }
        }
    }

    /// Passes an event of the running rehearsal to the reporters.
    pub(crate) fn event(&self, event: &Event) {
        for request in &self.0 {
            request.reporter.event(event);
        }
    }

    /// Writes the reports; `terminal` is standard output.
    ///
    /// # Errors
    /// Fails if a file cannot be written. The other reports are written nevertheless.
    pub(crate) fn write(&self, report: &RehearsalReport, terminal: &mut dyn Write) -> Result<(), Error> {
        let mut failed = None;
        for Request { reporter, to } in &self.0 {
            let (path, written) = match to {
                Destination::StandardOutput => (Path::new("-"), print(*reporter, report, terminal)),
                Destination::Log { stop } => {
                    let resumed = writeln!(terminal, "::{stop}::");
                    (Path::new("-"), resumed.and_then(|()| print(*reporter, report, terminal)))
                }
                Destination::Append(path) => (path.as_path(), append(*reporter, report, path)),
                Destination::File(path) => (path.as_path(), to_file(*reporter, report, path)),
            };
            let written = written.map_err(|source| Error::ReportLost { path: path.to_owned(), source });
            failed = failed.or(written.err());
        }
        failed.map_or(Ok(()), Err)
    }
}

impl Request<'_> {
    fn takes_standard_output(&self) -> bool {
        self.to == Destination::StandardOutput
    }
}

/// Writes to standard output. A reader that has ended is no fault of the report.
fn print(reporter: &dyn Reporter, report: &RehearsalReport, terminal: &mut dyn Write) -> io::Result<()> {
    match reporter.write(report, terminal).and_then(|()| terminal.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Returns a word that cannot be predicted. The standard library seeds each hasher from the system's random numbers.
fn random_word() -> String {
    let part = || RandomState::new().build_hasher().finish();
    format!("rehearsal-{:016x}{:016x}", part(), part())
}

/// Finds out before the work whether a file can be created. Leaves nothing behind.
fn can_be_written(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    // Folders that do not exist are created below the nearest one that does.
    match path.ancestors().skip(1).find(|above| above.exists()) {
        Some(above) if !above.is_dir() => Err(io::ErrorKind::NotADirectory.into()),
        // A pipe or a device is written to as it is.
        Some(_) if fs::metadata(path).is_ok_and(|known| !known.is_file()) => Ok(()),
        above => tempfile::tempfile_in(above.unwrap_or(Path::new("."))).map(drop),
    }
}

/// Appends to a file that other steps of the same job have written to.
fn append(reporter: &dyn Reporter, report: &RehearsalReport, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(fs::OpenOptions::new().create(true).append(true).open(path)?);
    reporter.write(report, &mut file)?;
    file.flush()
}

/// Writes a file completely or not at all, with the folders above it. A pipe or a device is written to.
fn to_file(reporter: &dyn Reporter, report: &RehearsalReport, path: &Path) -> io::Result<()> {
    let is_special = fs::metadata(path).is_ok_and(|known| !known.is_file() && !known.is_dir());
    if is_special {
        let mut file = BufWriter::new(fs::OpenOptions::new().write(true).open(path)?);
        reporter.write(report, &mut file)?;
        return file.flush();
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".report-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private by default; a report gets the usual permissions, reduced by the umask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    let mut writer = BufWriter::new(file.as_file());
    reporter.write(report, &mut writer)?;
    writer.flush()?;
    drop(writer);
    file.persist(path).map(drop).map_err(|error| error.error)
}
