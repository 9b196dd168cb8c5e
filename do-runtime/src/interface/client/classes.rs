//! A class for each class of objects, and what gives them.

use super::super::model::{Again, Class, Method, Presence, Shape};
use super::super::names::{self, Names};
use super::marks::{Marked, only_types};
use super::sockets;
use super::types::{Types, quoted};
use crate::error::USUAL_STATUS;

/// Names that a method of a class can't have: it would not be a method, or the object would be taken for a promise.
const NO_METHODS: &[&str] = &["constructor", "then"];

/// The class of an object.
pub(super) fn class(class: &Class, name: &str, types: &Types<'_>, text: &mut Marked) {
    text.doc("", &format!("An object of class `{}`.", class.name));
    text.line(&format!("export class {name} {{"));
    text.line(&format!("  {}#object{};", only_types("readonly "), only_types(": Target")));
    if class.is_live() {
        text.line(&format!("  {}#channel{};", only_types("readonly "), only_types(": Channel")));
    }
    text.line("");
    let channel = if class.is_live() { format!(", channel{}", only_types(": Channel")) } else { String::new() };
    text.line(&format!("  constructor(object{}{channel}) {{", only_types(": Target")));
    text.line("    this.#object = object;");
    if class.is_live() {
        text.line("    this.#channel = channel;");
    }
    text.line("  }");
    let mut taken = Names::without(NO_METHODS);
    for method in &class.methods {
        text.line("");
        self::method(method, &taken.free(method_name(method.name)), types, text);
    }
    if let Some(of_class) = &class.sockets {
        text.line("");
        sockets::method(of_class, &taken.free("socket".to_owned()), types, text);
    }
    text.line("}");
    text.line("");
}

/// As it is, but for the characters that TypeScript does not have in names.
fn method_name(name: &str) -> String {
    names::identifier(name)
}

/// What it does, and with which statuses its own error comes unless that is the usual one.
fn documentation(method: &Method) -> String {
    let statuses = method.error.as_ref().map_or(&[][..], |error| error.statuses);
    let mut parts = vec![method.doc.clone()];
    if statuses.iter().any(|status| *status != USUAL_STATUS) {
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        parts.push(format!("@throws {{RpcError}} Its own error has the status {}.", statuses.join(" or ")));
    }
    if method.deprecated {
        parts.push("@deprecated".to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn method(method: &Method, name: &str, types: &Types<'_>, text: &mut Marked) {
    text.doc("  ", &documentation(method));
    let presence = |shape: &Shape| match shape.may_be_left_out() {
        true => Presence::Optional,
        false => Presence::Required,
    };
    let members = method.parameters.iter();
    let members: Vec<String> = members.map(|it| types.member(it.name, presence(&it.shape), &it.shape)).collect();
    let all_optional = method.parameters.iter().all(|it| it.shape.may_be_left_out());
    let args = only_types(&format!(": {{ {} }}", members.join("; ")));
    let (parameter, given) = match &members[..] {
        [] => (String::new(), "{}"),
        _ if all_optional => (format!("args{args} = {{}}, "), "args"),
        _ => (format!("args{args}, "), "args"),
    };
    let result = match &method.result {
        Shape::Null => "void".to_owned(),
        shape => types.of(shape),
    };
    let error = method.error.as_ref().map_or_else(|| "never".to_owned(), |error| types.of(&error.shape));
    let again = match method.again {
        Again::Harmless => "harmless",
        Again::NeedsKey if method.streams => "once",
        Again::NeedsKey => "keyed",
    };
    let called = quoted(method.name);
    if method.streams {
        let options = only_types(": StreamOptions");
        let items = only_types(&format!(": AsyncGenerator<{result}, void, void>"));
        text.line(&format!("  {name}({parameter}options{options} = {{}}){items} {{"));
        text.line(&format!("    return streamed(this.#object, {called}, {}, {given}, options);", quoted(again)));
        text.line("  }");
        return;
    }
    let parameters = format!("({parameter}options{} = {{}})", only_types(": CallOptions"));
    let call = only_types(&format!(": Call<{result}, {error}>"));
    let call_made = format!("this.#object.call({called}, {}, {given}, options)", quoted(again));
    if !method.live {
        text.line(&format!("  {name}{parameters}{call} {{"));
        text.line(&format!("    return {call_made};"));
        text.line("  }");
        return;
    }
    // What follows can't be left out, so that this can't either.
    let asked = if members.is_empty() { String::new() } else { format!("args{args}, ") };
    text.line(&format!("  {}{name} = Object.assign(", only_types("readonly ")));
    text.line(&format!("    {parameters}{call} => {call_made},"));
    text.line("    {");
    text.doc("      ", "Tells the answer now, and each one that is another.");
    text.line(&format!(
        "      watch: ({asked}onAnswer{}, options{} = {{}}){} =>",
        only_types(&format!(": (answer: {result}) => void")),
        only_types(&format!(": WatchOptions<{error}>")),
        only_types(": Watch")
    ));
    text.line(&format!("        this.#channel.watch(this.#object, {called}, {given}, onAnswer, options),"));
    text.line("    },");
    text.line("  );");
}

/// What gives the objects of all classes.
pub(super) fn objects(classes: &[Class], class_names: &[String], text: &mut Marked) {
    text.line("/** The objects of a server. */");
    text.line("export class Objects {");
    let watches = classes.iter().any(Class::is_live);
    text.line(&format!("  {}#options{};", only_types("readonly "), only_types(": ConnectOptions")));
    if watches {
        text.line(&format!("  {}#channel{};", only_types("readonly "), only_types(": Channel")));
    }
    text.line("");
    text.line(&format!("  constructor(options{} = {{}}) {{", only_types(": ConnectOptions")));
    text.line("    this.#options = options;");
    if watches {
        text.line("    this.#channel = new Channel(options);");
    }
    text.line("  }");
    let mut taken = Names::without(NO_METHODS);
    for (class, name) in classes.iter().zip(class_names) {
        let method = taken.free(names::small(name));
        text.line("");
        text.doc("  ", &format!("The `{}` of a name or an id. This calls nothing.", class.name));
        text.line(&format!("  {method}(which{}){} {{", only_types(": Which"), only_types(&format!(": {name}"))));
        let channel = if class.is_live() { ", this.#channel" } else { "" };
        text.line(&format!(
            "    return new {name}(new Target(this.#options, {}, which){channel});",
            quoted(class.name)
        ));
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
