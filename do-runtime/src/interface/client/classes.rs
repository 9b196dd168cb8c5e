//! A class for each class of objects, and what gives them.

use super::super::model::{Again, Class, Method, Presence, Shape};
use super::super::names::{self, Names};
use super::marks::{Marked, only_types};
use super::types::{Types, quoted};

/// Names that a method of a class can't have: it would not be a method, or the object would be taken for a promise.
const NO_METHODS: &[&str] = &["constructor", "then"];

/// The class of an object.
pub(super) fn class(class: &Class, name: &str, types: &Types<'_>, text: &mut Marked) {
    text.doc("", &format!("An object of class `{}`.", class.name));
    text.line(&format!("export class {name} {{"));
    text.line(&format!("  {}#object{};", only_types("readonly "), only_types(": Target")));
    text.line("");
    text.line(&format!("  constructor(object{}) {{", only_types(": Target")));
    text.line("    this.#object = object;");
    text.line("  }");
    let mut taken = Names::without(NO_METHODS);
    for method in &class.methods {
        text.line("");
        if method.streams {
            text.line(&format!("  // `{}` answers with a stream, which this client does not read.", method.name));
            continue;
        }
        self::method(method, &taken.free(method_name(method.name)), types, text);
    }
    text.line("}");
    text.line("");
}

/// As it is, but for the characters that TypeScript does not have in names.
fn method_name(name: &str) -> String {
    names::identifier(name)
}

fn method(method: &Method, name: &str, types: &Types<'_>, text: &mut Marked) {
    let deprecated = if method.deprecated { "\n\n@deprecated" } else { "" };
    text.doc("  ", &format!("{}{deprecated}", method.doc));
    let presence = |shape: &Shape| match shape.may_be_left_out() {
        true => Presence::Optional,
        false => Presence::Required,
    };
    let members = method.parameters.iter();
    let members: Vec<String> = members.map(|it| types.member(it.name, presence(&it.shape), &it.shape)).collect();
    let (parameter, given) = match &members[..] {
        [] => (String::new(), "{}"),
        members => {
            let all_optional = method.parameters.iter().all(|it| it.shape.may_be_left_out());
            let default = if all_optional { " = {}" } else { "" };
            (format!("args{}{default}, ", only_types(&format!(": {{ {} }}", members.join("; ")))), "args")
        }
    };
    let result = match &method.result {
        Shape::Null => "void".to_owned(),
        shape => types.of(shape),
    };
    let error = method.error.as_ref().map_or_else(|| "never".to_owned(), |error| types.of(error));
    let again = match method.again {
        Again::Harmless => "harmless",
        Again::NeedsKey => "keyed",
    };
    text.line(&format!(
        "  {name}({parameter}options{} = {{}}){} {{",
        only_types(": CallOptions"),
        only_types(&format!(": Call<{result}, {error}>"))
    ));
    text.line(&format!("    return this.#object.call({}, {}, {given}, options);", quoted(method.name), quoted(again)));
    text.line("  }");
}

/// What gives the objects of all classes.
pub(super) fn objects(classes: &[Class], class_names: &[String], text: &mut Marked) {
    text.line("/** The objects of a server. */");
    text.line("export class Objects {");
    text.line(&format!("  {}#options{};", only_types("readonly "), only_types(": ConnectOptions")));
    text.line("");
    text.line(&format!("  constructor(options{} = {{}}) {{", only_types(": ConnectOptions")));
    text.line("    this.#options = options;");
    text.line("  }");
    let mut taken = Names::without(NO_METHODS);
    for (class, name) in classes.iter().zip(class_names) {
        let method = taken.free(names::small(name));
        text.line("");
        text.doc("  ", &format!("The `{}` of a name or an id. This calls nothing.", class.name));
        text.line(&format!("  {method}(which{}){} {{", only_types(": Which"), only_types(&format!(": {name}"))));
        text.line(&format!("    return new {name}(new Target(this.#options, {}, which));", quoted(class.name)));
        text.line("  }");
    }
    text.line("}");
    text.line("");
    text.line("/** The objects of a server. This calls nothing. */");
    text.line(&format!(
        "export function connect(options{} = {{}}){} {{",
        only_types(": ConnectOptions"),
        only_types(": Objects")
    ));
    text.line("  return new Objects(options);");
    text.line("}");
    text.line("");
}
