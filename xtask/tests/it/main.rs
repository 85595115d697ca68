//! The command line on real files and in real processes. Each module has one subject; each test is a table of rows through
//! one `check` function. Golden files are in `snapshots` and are rewritten by `INSTA_UPDATE=always`, never by hand.

#[cfg(test)]
mod batch_size;
#[cfg(test)]
mod circles;
mod command_line;
#[cfg(test)]
mod control;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod database;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod generators;
#[cfg(test)]
mod given;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod rehearsals;
#[cfg(test)]
mod report;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod workspace;
