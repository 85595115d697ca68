//! The [`order`] in which tables are filled: referenced tables first. A cycle is broken at a reference that may be
//! NULL.

use rehearsal_db::insertable::{InsertableTable, Reference};

/// Returns the positions of the tables in the order in which they are filled.
pub(crate) fn order(tables: &[InsertableTable]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..tables.len()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits = |at: &usize, for_it: &dyn Fn(&InsertableTable, &Reference) -> bool| {
            let table = &tables[*at];
            table.references.iter().any(|reference| {
                let is_left = left.iter().any(|other| tables[*other].name == reference.table);
                reference.table != table.name && is_left && for_it(table, reference)
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

/// True if each row has to refer to another one.
pub(crate) fn is_required(table: &InsertableTable, reference: &Reference) -> bool {
    let mut fields = reference.columns.iter().filter_map(|column| table.at(column));
    fields.all(|at| !table.fields[at].is_nullable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use rehearsal_db::insertable::{Default, Field, Kind};

    /// Parses `b(a, c?)`: a table `b` that has to refer to `a` and may refer to `c`.
    fn table(text: &str) -> InsertableTable {
        let (table, rest) = text.split_once('(').unwrap();
        let names = rest.trim_end_matches(')').split(", ").filter(|name| !name.is_empty());
        let field = |name: &str| Field {
            name: name.trim_end_matches('?').to_owned(),
            kind: Kind::Unknown,
            written: String::new(),
            is_nullable: name.ends_with('?'),
            is_key: false,
            default: Default::Nothing,
            unusual: Vec::new(),
        };
        let fields: Vec<Field> = names.map(field).collect();
        let reference = |field: &Field| Reference {
            columns: vec![field.name.clone()],
            table: field.name.clone(),
            target: vec!["id".to_owned()],
        };
        let references = fields.iter().map(reference).collect();
        InsertableTable { name: table.to_owned(), fields, references, rules: Vec::new(), has_triggers: false }
    }

    #[test]
    fn referenced_tables_are_first() {
        let check = |tables: &[&str], expect: &str| {
            let tables: Vec<InsertableTable> = tables.iter().map(|text| table(text)).collect();
            let names: Vec<&str> = order(&tables).into_iter().map(|at| tables[at].name.as_str()).collect();
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
