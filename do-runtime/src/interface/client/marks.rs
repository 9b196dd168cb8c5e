//! A text for two languages.

use super::Language;

/// Before and after what only TypeScript has. Nobody else's text has these characters.
const BEGIN: char = '\u{e000}';
const END: char = '\u{e001}';

/// A text in which some parts are TypeScript's alone.
#[derive(Debug, Default)]
pub(super) struct Marked(String);

/// A part that only TypeScript has.
pub(super) fn only_types(text: &str) -> String {
    format!("{BEGIN}{text}{END}")
}

/// A text of the user's, which has no marks.
pub(super) fn plain(text: &str) -> String {
    text.replace([BEGIN, END], "")
}

impl Marked {
    /// Adds a line.
    pub(super) fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// Adds a documentation, if there is one.
    pub(super) fn doc(&mut self, indent: &str, text: &str) {
        let text = plain(text).replace("*/", "*\\/");
        let lines: Vec<&str> = text.trim().lines().collect();
        match lines[..] {
            [] => {}
            [line] => self.line(&format!("{indent}/** {line} */")),
            _ => {
                self.line(&format!("{indent}/**"));
                for line in lines {
                    self.line(format!("{indent} * {line}").trim_end());
                }
                self.line(&format!("{indent} */"));
            }
        }
    }

    /// Adds a text whose marks are `«` and `»`.
    pub(super) fn template(&mut self, text: &str) {
        self.0.extend(text.chars().map(|c| match c {
            '«' => BEGIN,
            '»' => END,
            other => other,
        }));
    }

    /// The text. A line of which nothing is left is left out itself.
    pub(super) fn in_language(&self, language: Language) -> String {
        let mut text = String::new();
        let mut in_types = false;
        for line in self.0.lines() {
            let marked = in_types || line.contains(BEGIN);
            let mut kept = String::new();
            for c in line.chars() {
                match c {
                    BEGIN => in_types = true,
                    END => in_types = false,
                    c if !in_types || language == Language::TypeScript => kept.push(c),
                    _ => {}
                }
            }
            let is_mark_alone = line.chars().all(|c| matches!(c, BEGIN | END)) && !line.is_empty();
            if is_mark_alone || (marked && kept.trim().is_empty() && language == Language::JavaScript) {
                continue;
            }
            text.push_str(kept.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_is_typescript_s_alone() {
        let mut text = Marked::default();
        text.template("«type A = 1;\n»f(a«: A»)« as B»;\n\ng\n");
        text.doc("  ", "ends */ here\nand \u{e000}there");
        assert_eq!(
            text.in_language(Language::TypeScript),
            "type A = 1;\nf(a: A) as B;\n\ng\n  /**\n   * ends *\\/ here\n   * and there\n   */\n"
        );
        assert_eq!(
            text.in_language(Language::JavaScript),
            "f(a);\n\ng\n  /**\n   * ends *\\/ here\n   * and there\n   */\n"
        );
    }
}
