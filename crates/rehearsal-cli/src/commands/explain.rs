//! `explain`: prints the meaning of a finding code, an example, the fix and how to allow it; without a code, lists
//! all codes.

use crate::args::ExplainArgs;
use crate::error::Error;
use crate::terminal::{Terminal, columns};
use rehearsal::Exit;
use rehearsal::directive::nearest;
use rehearsal::proofs::{self, NewProof};
use rehearsal::report::Code;

pub(super) fn run(terminal: &Terminal, further: &[NewProof], args: &ExplainArgs) -> Result<Exit, Error> {
    let of_further = further.iter().flat_map(|new| proofs::codes_of(new().as_ref()));
    let codes: Vec<&Code> = proofs::codes().into_iter().chain(of_further).collect();
    let paint = terminal.out();
    let Some(name) = &args.code else {
        let all: Vec<(String, String)> =
            codes.iter().map(|code| (code.name.to_owned(), code.explanation.meaning.to_owned())).collect();
        terminal.result(&columns(&all));
        return Ok(Exit::Ok);
    };
    let Some(code) = codes.iter().find(|code| code.name == name) else {
        let nearest = nearest(name, codes.iter().map(|code| code.name));
        return Err(Error::UnknownCode { name: name.clone(), nearest });
    };
    let explanation = &code.explanation;
    let rows = [
        ("meaning", explanation.meaning),
        ("example", explanation.example),
        ("fix", explanation.fix),
        ("allow", explanation.allow),
    ];
    let rows = rows.map(|(name, text)| (name.to_owned(), text.to_owned()));
    terminal.result(&format!("{}\n{}", paint.strong(code), columns(&rows)));
    Ok(Exit::Ok)
}
