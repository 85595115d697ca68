//! Integration tests of the command line, on real files and in real processes, with the program `pets` of this crate. Each
//! module covers one subject; each test is a table of cases that run through one `check` function. Snapshots are stored in
//! `snapshots`: regenerate them with `INSTA_UPDATE=always`, never edit them by hand.

#[cfg(test)]
mod aftermath;
#[cfg(test)]
mod batch_size;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod control;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod down_files;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod generated_kinds;
#[cfg(test)]
mod given;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod rehearsals;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod unchanged;
