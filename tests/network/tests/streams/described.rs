//! What others are told of a method with a stream.

use do_runtime::interface::Interface;
use serde_json::json;

#[test]
fn a_stream_is_described_line_by_line_and_read_by_the_client() {
    let interface = Interface::linked().only(&["StreamedSource"]);
    let document = interface.openapi();
    let operation = &document["paths"]["/rpc/StreamedSource/{name}/items"]["post"];
    let answer = &operation["responses"]["200"]["content"];
    let lines = answer["application/x-ndjson"]["schema"]["oneOf"].as_array().expect("lines of three kinds");
    let named: Vec<&String> =
        lines.iter().flat_map(|line| line["properties"].as_object().expect("members").keys()).collect();
    assert_eq!(named, ["item", "error", "end"]);
    assert_eq!(lines[0]["properties"]["item"], json!({ "$ref": "#/components/schemas/Item" }));
    let keys =
        operation["parameters"].as_array().expect("parameters").iter().filter(|it| it["name"] == "Idempotency-Key");
    assert_eq!(keys.count(), 0, "it takes no key");
    for client in [interface.typescript(), interface.javascript()] {
        assert!(client.contains("    return streamed(this.#object, \"items\", "), "{client}");
    }
}
