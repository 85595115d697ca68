//! The order in which tables are filled: what is referred to comes first. A circle is cut where a reference may be empty.

use rehearsal_db::blank::{Blank, Reference};

/// The places of the tables in the order in which they are filled.
pub(crate) fn order(blanks: &[Blank]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..blanks.len()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits = |at: &usize, for_it: &dyn Fn(&Blank, &Reference) -> bool| {
            let blank = &blanks[*at];
            blank.references.iter().any(|reference| {
                let is_left = left.iter().any(|other| blanks[*other].table == reference.table);
                reference.table != blank.table && is_left && for_it(blank, reference)
            })
        };
        let next = left
            .iter()
            .position(|at| !waits(at, &|_, _| true))
            .or_else(|| left.iter().position(|at| !waits(at, &is_required)))
            .unwrap_or(0);
        order.push(left.remove(next));
    }
    order
}

/// True where a row has to refer to another one.
pub(crate) fn is_required(blank: &Blank, reference: &Reference) -> bool {
    let mut fields = reference.columns.iter().filter_map(|column| blank.at(column));
    fields.all(|at| !blank.fields[at].is_nullable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use rehearsal_db::blank::{Default, Field, Kind};

    /// `b(a, c?)` is a table `b` that has to refer to `a`, and may refer to `c`.
    fn blank(text: &str) -> Blank {
        let (table, rest) = text.split_once('(').unwrap();
        let names = rest.trim_end_matches(')').split(", ").filter(|name| !name.is_empty());
        let field = |name: &str| Field {
            name: name.trim_end_matches('?').to_owned(),
            kind: Kind::Unknown,
            written: String::new(),
            is_nullable: name.ends_with('?'),
            is_key: false,
            default: Default::Nothing,
        };
        let fields: Vec<Field> = names.map(field).collect();
        let reference = |field: &Field| Reference {
            columns: vec![field.name.clone()],
            table: field.name.clone(),
            target: vec!["id".to_owned()],
        };
        let references = fields.iter().map(reference).collect();
        Blank { table: table.to_owned(), fields, references, rules: Vec::new() }
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        let check = |tables: &[&str], expect: &str| {
            let blanks: Vec<Blank> = tables.iter().map(|text| blank(text)).collect();
            let names: Vec<&str> = order(&blanks).into_iter().map(|at| blanks[at].table.as_str()).collect();
            assert_eq!(names.join(" "), expect);
        };
        check(&[], "");
        check(&["a()", "b()"], "a b");
        check(&["a(b)", "b(c)", "c()"], "c b a");
        check(&["a(a)"], "a");
        check(&["a(b?)", "b(a)"], "a b");
        check(&["a(b)", "b(a?)"], "b a");
        check(&["a(b)", "b(a)"], "a b");
        check(&["a(gone)"], "a");
    }
}
