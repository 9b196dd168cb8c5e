//! The finders of a table: one for each prefix of each index.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, ItemStruct};

use super::columns::KeyForm;
use super::model::{Column, Index, Order, Table, Uniqueness};

/// A finder.
pub(super) struct Finder {
    name: String,
    /// The columns whose values are given.
    keys: Vec<usize>,
    /// The next column of the index.
    next: Option<usize>,
    uniqueness: Uniqueness,
    /// The index in words, for the documentation.
    order: String,
}

/// What becomes of the bodies of functions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bodies {
    /// They do what they say.
    Real,
    /// The item has mistakes, and nothing of it ever runs.
    Refused,
}

/// All finders of a table, one of a name. A unique one is preferred, then one that can go on with a range.
pub(super) fn of(table: &Table) -> Vec<Finder> {
    let mut finders: Vec<Finder> = Vec::new();
    let key = Index {
        name: String::new(),
        columns: table.key.iter().map(|column| (*column, Order::Ascending)).collect(),
        uniqueness: Uniqueness::Unique,
        filter: None,
    };
    // The whole key is looked up by `cx.get`.
    let of_key = (1..key.columns.len()).map(|length| finder(&key, length, table));
    let complete = table.indexes.iter().filter(|index| index.filter.is_none());
    let of_indexes = complete.flat_map(|index| (1..=index.columns.len()).map(|length| finder(index, length, table)));
    for finder in of_key.chain(of_indexes) {
        match finders.iter_mut().find(|earlier| earlier.name == finder.name) {
            None => finders.push(finder),
            Some(earlier) if finder.rank() > earlier.rank() => *earlier = finder,
            Some(_) => {}
        }
    }
    finders
}

fn finder(index: &Index, length: usize, table: &Table) -> Finder {
    let positions = index.positions();
    let (keys, rest) = positions.split_at(length);
    let names: Vec<&str> = keys.iter().map(|column| table.columns[*column].field_name.as_str()).collect();
    let uniqueness = if rest.is_empty() { index.uniqueness } else { Uniqueness::Plain };
    let order: Vec<String> =
        index.columns.iter().map(|(column, order)| in_words(&table.columns[*column], *order)).collect();
    Finder {
        name: format!("by_{}", names.join("_and_")),
        keys: keys.to_vec(),
        next: rest.first().copied(),
        uniqueness,
        order: format!("({})", order.join(", ")),
    }
}

fn in_words(column: &Column, order: Order) -> String {
    match order {
        Order::Ascending => column.field_name.clone(),
        Order::Descending => format!("{} desc", column.field_name),
    }
}

impl Finder {
    fn rank(&self) -> (bool, bool) {
        (self.uniqueness == Uniqueness::Unique, self.next.is_some())
    }

    /// The function.
    pub(super) fn expand(&self, item: &ItemStruct, table: &Table, bodies: Bodies) -> TokenStream {
        let (row, vis) = (&item.ident, &item.vis);
        let name = Ident::new(&self.name, Span::call_site());
        let cx = Ident::new("cx", Span::mixed_site());
        let columns: Vec<&Column> = self.keys.iter().map(|column| &table.columns[*column]).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let keys: Vec<&Ident> = columns.iter().map(|column| &column.field).collect();
        let types: Vec<TokenStream> = columns.iter().map(|column| key_type(column, bodies)).collect();
        let doc = self.doc(item, &columns);
        let (output, body) = match self.uniqueness {
            Uniqueness::Unique => (
                quote!(::do_runtime::Result<::core::option::Option<#row>>),
                quote!(::do_runtime::__private::find_unique(#cx, &[#(#names),*], &[#(&#keys),*])),
            ),
            Uniqueness::Plain => {
                let next = self.next.map(|next| &table.columns[next]);
                let next_type = next.map(|column| &column.ty).into_iter();
                let next_name = match next {
                    Some(column) => {
                        let name = &column.name;
                        quote!(::core::option::Option::Some(#name))
                    }
                    None => quote!(::core::option::Option::None),
                };
                (
                    quote!(::do_runtime::Find<'c, #row #(, #next_type)*>),
                    quote!(::do_runtime::__private::find(#cx, &[#(#names),*], #next_name, &[#(&#keys),*])),
                )
            }
        };
        let lifetime = (self.uniqueness == Uniqueness::Plain).then(|| quote!('c));
        let generics = lifetime.iter().map(|lifetime| quote!(<#lifetime>));
        let body = match bodies {
            Bodies::Real => body,
            Bodies::Refused => quote!({ let _ = (#cx, #(#keys),*); ::do_runtime::__private::refused() }),
        };
        quote! {
            #[doc = #doc]
            #vis fn #name #(#generics)* (
                #cx: & #lifetime ::do_runtime::Cx<impl ::do_runtime::__private::Object + ::do_runtime::__private::Declares<#row>>,
                #(#keys: #types),*
            ) -> #output {
                #body
            }
        }
    }

    fn doc(&self, item: &ItemStruct, columns: &[&Column]) -> String {
        let names: Vec<&str> = columns.iter().map(|column| column.field_name.as_str()).collect();
        let names = crate::suggest::listed(&names);
        let row = &item.ident;
        match self.uniqueness {
            Uniqueness::Unique => format!(" The [`{row}`] with this {names}, if there is one."),
            Uniqueness::Plain => {
                format!(" Every [`{row}`] with this {names}, in the order of the index {}.", self.order)
            }
        }
    }
}

/// The type of a key of a finder. Of a table with mistakes nothing is asked of types of the user's own.
fn key_type(column: &Column, bodies: Bodies) -> TokenStream {
    match column.column_type.key_form {
        KeyForm::Own if bodies == Bodies::Refused => quote!(impl ::core::marker::Sized),
        _ => column.key_type(&TokenStream::new()),
    }
}
