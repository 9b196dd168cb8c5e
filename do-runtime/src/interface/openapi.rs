//! The OpenAPI 3.1 document: a path for each method, a schema for each type.

mod schema;

use schema::Schemas;
use serde_json::{Map, Value, json};

use super::model::{Again, Class, Method};
use super::needed::needed;
use super::{Access, Interface};
use crate::error::{ErrorKind, USUAL_STATUS};

/// The document.
pub(super) fn document(interface: &Interface) -> Value {
    let schemas = Schemas::new(&interface.types, &needed(&interface.classes, &interface.types));
    let mut paths = Map::new();
    let mut tags = Vec::new();
    for class in &interface.classes {
        tags.push(json!({ "name": class.name }));
        for method in &class.methods {
            paths.insert(path(class, method), json!({ "post": operation(class, method, &schemas) }));
        }
    }
    let mut components = schemas.all();
    components.insert("Problem".to_owned(), problem());
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": interface.title, "version": interface.version },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": { "schemas": components },
    });
    if interface.access == Access::Bearer {
        document["components"]["securitySchemes"] = json!({ "bearer": { "type": "http", "scheme": "bearer" } });
        document["security"] = json!([{ "bearer": [] }]);
    }
    document
}

/// What stands between braces in a path is a parameter, so that a class with braces in its name is encoded.
fn path(class: &Class, method: &Method) -> String {
    let part = |name: &str| -> String {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        name.bytes().map(byte).collect()
    };
    format!("/rpc/{}/{{name}}/{}", part(class.name), part(method.name))
}

fn operation(class: &Class, method: &Method, schemas: &Schemas<'_>) -> Value {
    let mut parameters = vec![json!({
        "name": "name", "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 },
        "description": "The name of the object.",
    })];
    if method.again == Again::NeedsKey && !method.streams {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false, "schema": { "type": "string" },
            "description": "Applies the call once for this caller, object and method, and answers it again for a day.",
        }));
    }
    let problem = |schema: Value| json!({ "application/problem+json": { "schema": schema } });
    let reference = json!({ "$ref": "#/components/schemas/Problem" });
    let answered = if method.streams { lines(method, schemas) } else { value(method, schemas) };
    let mut responses = json!({
        "200": answered,
        "default": { "description": "What went wrong.", "content": problem(reference.clone()) },
    });
    if let Some(error) = &method.error {
        let own = json!({ "type": "object", "properties": { "error": schemas.of(&error.shape) } });
        for status in error.statuses {
            let description = match *status {
                USUAL_STATUS => "The method's own error, in `error`; or arguments that it does not take.",
                _ => "The method's own error, in `error`.",
            };
            let content = problem(json!({ "allOf": [reference, own] }));
            responses[status.to_string()] = json!({ "description": description, "content": content });
        }
    }
    let (summary, rest) = method.doc.split_once("\n\n").unwrap_or((&method.doc, ""));
    let mut operation = json!({
        "operationId": format!("{}.{}", class.name, method.name),
        "tags": [class.name],
        "parameters": parameters,
        "responses": responses,
    });
    for (member, text) in [("summary", summary.replace('\n', " ")), ("description", rest.to_owned())] {
        if !text.is_empty() {
            operation[member] = text.into();
        }
    }
    if method.deprecated {
        operation["deprecated"] = true.into();
    }
    if !method.parameters.is_empty() {
        let all = method.parameters.iter().map(|parameter| (parameter.name, &parameter.shape));
        let required: Vec<&str> =
            all.clone().filter(|(_, shape)| !shape.may_be_left_out()).map(|(name, _)| name).collect();
        let schema =
            schema::object(all.map(|(name, shape)| (name, schemas.of(shape))), &required, schema::Others::Refused);
        operation["requestBody"] = json!({
            "required": !required.is_empty(),
            "content": { "application/json": { "schema": schema } },
        });
    }
    operation
}

fn value(method: &Method, schemas: &Schemas<'_>) -> Value {
    json!({
        "description": "What the method returned.",
        "content": { "application/json": { "schema": schemas.of(&method.result) } },
    })
}

/// What `http::stream` answers.
fn lines(method: &Method, schemas: &Schemas<'_>) -> Value {
    let line =
        |name: &str, content: Value| schema::object([(name, content)].into_iter(), &[name], schema::Others::Refused);
    json!({
        "description": "What the method returned, one after the other: the schema is of each line. The last one is the end or an error; if it \
                        is missing, the answer is not whole.",
        "content": { "application/x-ndjson": { "schema": { "oneOf": [
            line("item", schemas.of(&method.result)),
            line("error", json!({ "$ref": "#/components/schemas/Problem" })),
            line("end", json!({ "const": true })),
        ] } } },
    })
}

/// What `http::problem` answers.
fn problem() -> Value {
    let kinds: Vec<&str> = ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
    json!({
        "type": "object",
        "description": "RFC 9457.",
        "required": ["title", "status", "detail", "kind", "retryable", "request_id"],
        "properties": {
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "A sentence for a person." },
            "kind": { "type": "string", "enum": kinds },
            "retryable": { "type": "boolean", "description": "Whether the same call may succeed later." },
            "request_id": { "type": "string", "format": "uuid" },
            "retry_after": { "type": "integer", "description": "After how many seconds that is worth a try." },
            "field": { "type": "string", "description": "The argument that was wrong." },
            "error": { "description": "The handler's own error." },
        },
    })
}
