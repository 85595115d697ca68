//! Integration tests of `cargo rehearse` in projects of others: real files, real databases and real processes, without
//! any file of this repository. Each module covers one subject; each test is a table of cases. Snapshots are stored in
//! `snapshots`: regenerate them with `INSTA_UPDATE=always`, never edit them by hand.

#[cfg(test)]
mod baseline;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod fresh;
#[cfg(test)]
mod init;
#[cfg(test)]
mod layouts;
#[cfg(test)]
mod output;
#[cfg(test)]
mod project;
#[cfg(test)]
mod real_runs;
