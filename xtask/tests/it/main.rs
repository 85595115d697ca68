//! Integration tests of this workspace: its databases, its program, its pages and the rules of its sources. Most tests of
//! the library are in `crates/rehearsal-tests`. Snapshots are stored in `snapshots`: regenerate them with
//! `INSTA_UPDATE=always`, never edit them by hand.

#[cfg(test)]
mod bookshop;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod circles;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod generators;
#[cfg(test)]
mod language;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod pictures;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod report;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tidy;
