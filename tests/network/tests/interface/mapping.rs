//! What a class becomes in other languages.

use do_runtime::interface::Interface;
use do_runtime::prelude::*;
use serde_json::json;

fn interface() -> Interface {
    Interface::linked().only(&["Described"])
}

#[test]
fn typescript_has_a_method_for_each_public_one_with_its_types() {
    let module = interface().typescript();
    for part in [
        "export interface Entry {\n  id: Id<\"Entry\">;\n  writtenAt: Timestamp;\n  tags?: Array<string>;\n  \
         \"reply-to\"?: Entry | null;\n  extra: unknown /* ",
        "export type Wrong =\n  | \"Empty\"\n  | { TooLong: { most: number } };\n",
        "export type Kind =\n  | \"plain\"\n  | { picture: { width: number; alt?: string | null } }\n  | { pair: [number, Word] }\n  \
         | { link: Word };\n",
        "export type Event =\n  | { type: \"Opened\" }\n  | { type: \"Written\"; data: Entry }\n  \
         | { type: \"Moved\"; data: [number, number] };\n",
        "export type Word = string;\n",
        "export interface PageWord {\n  items: Array<Word>;\n",
        "export interface PageKind {\n  items: Array<Kind>;\n",
        "  /**\n   * Writes an entry.\n   *\n   * Ends a comment: *\\/\n   *\n   * @throws {RpcError} Its own error has the status 413 or 422.\n   */\n  \
         write(args: { text: string; bytes: Array<number>; note?: string | null }, options: CallOptions = {}): Call<Entry, Wrong> {\n    \
         return this.#object.call(\"write\", \"keyed\", args, options);\n",
        "  /** @deprecated */\n  count(args: { of?: number | null } = {}, options: CallOptions = {}): Call<number, never> {\n    \
         return this.#object.call(\"count\", \"harmless\", args, options);\n",
        "  clear(options: CallOptions = {}): Call<void, never> {\n    \
         return this.#object.call(\"clear\", \"harmless\", {}, options);\n",
        "  mirror(args: { ids: [Uuid, ObjectId, Timestamp]; map: Record<string, Kind>; event: Event; loose: unknown /* ",
        "  described(which: Which): Described {\n",
        "\"not_found\" | \"conflict\"",
    ] {
        assert!(module.contains(part), "{part}\n{module}");
    }
    assert!(!module.contains("hidden"), "{module}");
}

#[test]
fn javascript_is_the_same_without_the_types() {
    let module = interface().javascript();
    for part in [
        "  write(args, options = {}) {\n    return this.#object.call(\"write\", \"keyed\", args, options);\n",
        "  count(args = {}, options = {}) {\n",
        "export class RpcError extends Error {\n  constructor(problem, cause) {\n",
        "  #options;\n\n  constructor(options = {}) {\n",
    ] {
        assert!(module.contains(part), "{part}\n{module}");
    }
    let code: String = module.lines().filter(|line| !line.trim_start().starts_with(['*', '/'])).collect();
    for part in ["interface ", "export type", "private", "readonly", "«", "»", " as "] {
        assert!(!code.contains(part), "{part}\n{module}");
    }
}

#[test]
fn a_live_method_can_be_watched_with_its_types() {
    let module = Interface::linked().only(&["Talk"]).typescript();
    for part in [
        "  /**\n   * The last lines.\n   *\n   * @throws {RpcError} Its own error has the status 413 or 422.\n   */\n  readonly last = Object.assign(\n    (args: { most: number }, options: CallOptions = {}): Call<Array<string>, Wrong> => \
         this.#object.call(\"last\", \"harmless\", args, options),\n",
        "      watch: (args: { most: number }, onAnswer: (answer: Array<string>) => void, options: WatchOptions<Wrong> = {}): Watch =>\n        \
         this.#channel.watch(this.#object, \"last\", args, onAnswer, options),\n",
        "      watch: (onAnswer: (answer: number) => void, options: WatchOptions<never> = {}): Watch =>\n",
        "    return new Talk(new Target(this.#options, \"Talk\", which), this.#channel);\n",
    ] {
        assert!(module.contains(part), "{part}\n{module}");
    }
}

#[test]
fn a_stream_is_a_loop_over_its_items() {
    let module = Interface::linked().only(&["Feed"]).typescript();
    for part in [
        "  words(args: { count: number; fails: boolean }, options: StreamOptions = {}): AsyncGenerator<Told, void, void> {\n    \
         return streamed(this.#object, \"words\", \"harmless\", args, options);\n",
        "  begin(options: StreamOptions = {}): AsyncGenerator<number, void, void> {\n    \
         return streamed(this.#object, \"begin\", \"once\", {}, options);\n",
    ] {
        assert!(module.contains(part), "{part}\n{module}");
    }
}

#[test]
fn a_socket_has_the_types_of_its_messages() {
    let module = Interface::linked().only(&["Talk", "Echo", "Parrot", "Radio"]).typescript();
    for part in [
        "  socket(options: SocketOptions<Told> = {}): ObjectSocket<Said, Told> {\n    return new ObjectSocket(this.#object, \
         { sends: \"json\", receives: \"json\", heartbeat: [\"ping\", \"pong\"] }, options);\n",
        "  socket(options: SocketOptions<string | Uint8Array> = {}): ObjectSocket<string | ArrayBuffer | Uint8Array, string | Uint8Array> {\n    \
         return new ObjectSocket(this.#object, { sends: \"raw\", receives: \"raw\" }, options);\n",
        "  socket(options: SocketOptions<string> = {}): ObjectSocket<string, string> {\n",
        "  socket(options: SocketOptions<Uint8Array> = {}): ObjectSocket<never, Uint8Array> {\n",
        "export type Said =\n  | { type: \"Words\"; data: string }\n",
        "export type Told =\n  | { welcome: { user: string; path: string } }\n",
    ] {
        assert!(module.contains(part), "{part}\n{module}");
    }
}

#[test]
fn what_no_class_has_is_left_out() {
    let module = interface().javascript();
    for part in ["WebSocket", "class Line", "class Channel", "class ObjectSocket", "streamed"] {
        assert!(!module.contains(part), "{part}\n{module}");
    }
    let module = Interface::linked().only(&["Parrot"]).javascript();
    assert!(module.contains("class ObjectSocket") && !module.contains("class Channel"), "{module}");
}

#[test]
fn openapi_has_a_path_for_each_public_method() {
    let document = interface().titled("Books", "1.2").openapi();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"], json!({ "title": "Books", "version": "1.2" }));
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.contains_key("/rpc/Described/{name}/mirror") && !paths.contains_key("/rpc/Described/{name}/hidden"));
    let write = &document["paths"]["/rpc/Described/{name}/write"]["post"];
    assert_eq!((&write["summary"], &write["description"]), (&json!("Writes an entry."), &json!("Ends a comment: */")));
    assert_eq!(
        write["requestBody"],
        json!({ "required": true, "content": { "application/json": { "schema": {
            "type": "object",
            "properties": {
                "text": { "type": "string" },
                "bytes": { "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 255 } },
                "note": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
            },
            "required": ["text", "bytes"],
            "additionalProperties": false,
        } } } })
    );
    assert_eq!(
        write["responses"]["200"]["content"]["application/json"]["schema"],
        json!({ "$ref": "#/components/schemas/Entry" })
    );
    for status in ["413", "422"] {
        let told = &write["responses"][status]["content"]["application/problem+json"]["schema"];
        assert_eq!(told["allOf"][1]["properties"]["error"], json!({ "$ref": "#/components/schemas/Wrong" }));
    }
    let schemas = &document["components"]["schemas"];
    assert_eq!(
        schemas["Wrong"]["oneOf"],
        json!([
            { "type": "string", "enum": ["Empty"] },
            {
                "type": "object",
                "properties": { "TooLong": {
                    "type": "object",
                    "properties": { "most": { "type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32 } },
                    "required": ["most"],
                } },
                "required": ["TooLong"],
                "additionalProperties": false,
            },
        ])
    );
    assert_eq!(schemas["Entry"]["required"], json!(["id", "writtenAt", "extra", "kind"]));
    assert_eq!(document["paths"]["/rpc/Described/{name}/count"]["post"]["deprecated"], true);
    assert_eq!(document["paths"]["/rpc/Described/{name}/clear"]["post"].get("requestBody"), None);
    assert_eq!(document.get("security"), None);
    assert_eq!(interface().bearer().openapi()["security"], json!([{ "bearer": [] }]));
}

#[test]
fn a_generated_file_is_written_once_and_checked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("objects.ts");
    assert_eq!(interface().check_typescript(&path).map_err(|error| error.kind()), Err(ErrorKind::Storage));
    interface().write_typescript(&path).expect("it is written");
    interface().check_typescript(&path).expect("it is what was written");
    std::fs::write(&path, "// another\n").expect("it can be written");
    let error = interface().check_typescript(&path).expect_err("it is another");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("line 1 is to be"), "{error}");
}
