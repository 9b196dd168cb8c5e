//! Cron expressions in attributes: five fields, as cron(5) has them, with `L`, `W` and `#` for the days. When they match
//! is the runtime's to say; here a mistake is found while the program compiles.

use syn::LitStr;

use crate::problems::Problems;
use crate::suggest;

/// Names for whole expressions.
const NICKNAMES: [&str; 6] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@hourly"];

struct Field {
    /// How one value is called.
    name: &'static str,
    /// How several are called.
    plural: &'static str,
    min: u8,
    max: u8,
    /// Names for values, from the least on.
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", plural: "minutes", min: 0, max: 59, names: &[] },
    Field { name: "hour", plural: "hours", min: 0, max: 23, names: &[] },
    Field { name: "day of the month", plural: "days of the month", min: 1, max: 31, names: &[] },
    Field {
        name: "month",
        plural: "months",
        min: 1,
        max: 12,
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    },
    Field {
        name: "day of the week",
        plural: "days of the week",
        min: 0,
        max: 7,
        names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    },
];

/// A problem, unless the text is a cron expression.
pub(crate) fn check(text: &LitStr, problems: &mut Problems) {
    if let Err(message) = expression(&text.value()) {
        problems.at(text, message);
    }
}

fn expression(text: &str) -> Result<(), String> {
    let trimmed = text.trim();
    if trimmed.starts_with('@') {
        return nickname(trimmed);
    }
    let written: Vec<&str> = trimmed.split_whitespace().collect();
    let Ok([minute, hour, day, month, weekday]) = <[&str; 5]>::try_from(written.as_slice()) else {
        let hint = if written.len() == 6 { "; there are none for seconds and years" } else { "" };
        return Err(format!(
            "a cron expression has five fields, for minute, hour, day of the month, month and day of the week{hint}: \
             write it as in \"0 3 * * *\""
        ));
    };
    let [minutes, hours, days, months, weekdays] = &FIELDS;
    minutes.read(minute)?;
    hours.read(hour)?;
    let days = days.read(day)?;
    let months = months.read(month)?;
    weekdays.read(weekday)?;
    // A day of the week is an alternative to the day of the month.
    let by_month_alone = weekday == "*" || weekday == "?";
    if by_month_alone && let (Some(first_day), false) = (days.first(), months.have_day(days)) {
        return Err(format!("no month that this names has a day {first_day}: it would never run"));
    }
    Ok(())
}

fn nickname(text: &str) -> Result<(), String> {
    if NICKNAMES.iter().any(|nickname| nickname.eq_ignore_ascii_case(text)) {
        return Ok(());
    }
    let instead = suggest::instead_of(text, &NICKNAMES);
    Err(format!("a cron expression is not called `{text}`{instead}"))
}

/// The values of a field: one bit for each.
#[derive(Clone, Copy)]
struct Values {
    bits: u64,
    /// Whether others depend on the month: `L` and `W`.
    floating: bool,
}

impl Values {
    const NONE: Values = Values { bits: 0, floating: false };

    /// The least, if none depends on the month.
    fn first(self) -> Option<u32> {
        (!self.floating).then(|| self.bits.trailing_zeros())
    }

    /// Whether one of these months has one of the days.
    fn have_day(self, days: Values) -> bool {
        const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let first = days.bits.trailing_zeros();
        (1..).zip(LENGTHS).any(|(month, length)| self.bits >> month & 1 == 1 && first <= length)
    }
}

impl Field {
    fn read(&self, written: &str) -> Result<Values, String> {
        let mut values = Values::NONE;
        for part in written.split(',') {
            if part.is_empty() {
                return Err(format!("a {} is missing beside a comma in `{written}`", self.name));
            }
            if part != written && matches!(part, "*" | "?") {
                return Err(format!("`{part}` is each {} already: write it alone", self.name));
            }
            let read = self.part(part)?;
            values = Values { bits: values.bits | read.bits, floating: values.floating | read.floating };
        }
        Ok(values)
    }

    fn part(&self, part: &str) -> Result<Values, String> {
        if let Some((range, step)) = part.split_once('/') {
            return self.stepped(part, range, step);
        }
        if part == "*" || (part == "?" && self.is_of_days()) {
            return Ok(self.between(self.min, self.max, 1));
        }
        if self.is_floating(part) {
            return Ok(Values { floating: true, ..Values::NONE });
        }
        match part.split_once('-') {
            Some((from, to)) => self.range(part, from, to, 1),
            None => self.value(part).map(|value| self.between(value, value, 1)),
        }
    }

    fn stepped(&self, part: &str, range: &str, step: &str) -> Result<Values, String> {
        let (plural, max) = (self.plural, self.max);
        let step = match step.parse::<u8>() {
            Ok(step @ 1..) => step,
            _ => return Err(format!("`{part}` steps by no number of {plural}: write it as in `*/2`")),
        };
        if range == "*" {
            return Ok(self.between(self.min, max, step));
        }
        match range.split_once('-') {
            Some((from, to)) => self.range(part, from, to, step),
            None if range.is_empty() => Err(format!("`{part}` steps from nowhere: write `*/{step}`")),
            None => {
                let from = self.value(range)?;
                Err(format!("`{part}` has no end: write `{from}-{max}/{step}`"))
            }
        }
    }

    fn range(&self, part: &str, from: &str, to: &str, step: u8) -> Result<Values, String> {
        let (start, end) = (self.value(from)?, self.value(to)?);
        // Sunday by name is 0 before the other days and 7 after them.
        let end = if to.eq_ignore_ascii_case("SUN") { 7 } else { end };
        if start <= end {
            return Ok(self.between(start, end, step));
        }
        let (plural, min, max) = (self.plural, self.min, self.max);
        let last = if max == 7 { 6 } else { max };
        Err(format!("`{part}` runs backwards through the {plural}: write `{start}-{last},{min}-{end}`"))
    }

    fn value(&self, written: &str) -> Result<u8, String> {
        let upper = written.to_ascii_uppercase();
        let named = (self.min..).zip(self.names).find(|(_, name)| **name == upper).map(|(value, _)| value);
        let digits = written.bytes().all(|byte| byte.is_ascii_digit());
        let number = written.parse().ok().filter(|value| digits && (self.min..=self.max).contains(value));
        named.or(number).ok_or_else(|| {
            let Field { name, min, max, names, .. } = self;
            let names = match names {
                [first, .., last] => format!(", or {first} to {last}"),
                _ => String::new(),
            };
            format!("`{written}` is no {name}: write {min} to {max}{names}")
        })
    }

    fn between(&self, start: u8, end: u8, step: u8) -> Values {
        let bits = (start..=end).step_by(step.into()).fold(0, |bits, value| bits | 1 << value);
        Values { bits, floating: false }
    }

    /// Whether it is a field in which `?` is the same as `*`.
    fn is_of_days(&self) -> bool {
        matches!(self.max, 7 | 31)
    }

    /// The last day of the month, the weekday nearest to a day, the last or the n-th Friday.
    fn is_floating(&self, part: &str) -> bool {
        let upper = part.to_ascii_uppercase();
        let is_value = |value: &str| self.value(value).is_ok();
        match self.max {
            31 => upper == "L" || upper == "LW" || upper.strip_suffix('W').is_some_and(is_value),
            7 => {
                upper.strip_suffix('L').is_some_and(|day| is_value(day.strip_suffix('#').unwrap_or(day)))
                    || upper
                        .split_once('#')
                        .is_some_and(|(day, nth)| is_value(day) && matches!(nth.as_bytes(), [b'1'..=b'5']))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> String {
        expression(text).expect_err("this is a mistake")
    }

    #[test]
    fn the_usual_expressions_are_read() {
        for text in [
            "0 3 * * *",
            "*/15 * * * *",
            "0 9-17/2 * * MON-FRI",
            "0,30 8,20 1,15 jan-jun,dec *",
            "5-55/10 * ? * 0,7",
            "0 0 L * ?",
            "0 0 15W,LW * *",
            "0 0 * * FRI#2,5L",
            "0 0 * * FRI-SUN",
            "0 0 29 2 *",
            "0 0 31 2 FRI",
            "@daily",
        ] {
            assert_eq!(expression(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_number_of_fields_is_five() {
        assert_eq!(
            mistake("0 0 3 * * *"),
            "a cron expression has five fields, for minute, hour, day of the month, month and day of the week; there are \
             none for seconds and years: write it as in \"0 3 * * *\""
        );
        assert_eq!(
            mistake(""),
            "a cron expression has five fields, for minute, hour, day of the month, month and day of the week: write it \
             as in \"0 3 * * *\""
        );
    }

    #[test]
    fn a_value_that_there_is_not_tells_those_that_there_are() {
        assert_eq!(mistake("60 * * * *"), "`60` is no minute: write 0 to 59");
        assert_eq!(mistake("0 24 * * *"), "`24` is no hour: write 0 to 23");
        assert_eq!(mistake("0 0 0 * *"), "`0` is no day of the month: write 1 to 31");
        assert_eq!(mistake("0 0 * JUNE *"), "`JUNE` is no month: write 1 to 12, or JAN to DEC");
        assert_eq!(mistake("0 0 * * 8"), "`8` is no day of the week: write 0 to 7, or SUN to SAT");
        assert_eq!(mistake("0 +3 * * *"), "`+3` is no hour: write 0 to 23");
        assert_eq!(mistake("0 L * * *"), "`L` is no hour: write 0 to 23");
    }

    #[test]
    fn ranges_steps_and_lists_say_how_they_are_meant() {
        assert_eq!(mistake("0 22-2 * * *"), "`22-2` runs backwards through the hours: write `22-23,0-2`");
        assert_eq!(
            mistake("0 0 * * FRI-MON"),
            "`FRI-MON` runs backwards through the days of the week: write `5-6,0-1`"
        );
        assert_eq!(mistake("5/15 * * * *"), "`5/15` has no end: write `5-59/15`");
        assert_eq!(mistake("/15 * * * *"), "`/15` steps from nowhere: write `*/15`");
        assert_eq!(mistake("*/0 * * * *"), "`*/0` steps by no number of minutes: write it as in `*/2`");
        assert_eq!(mistake("0 3 * * *,1"), "`*` is each day of the week already: write it alone");
        assert_eq!(mistake("1,,2 * * * *"), "a minute is missing beside a comma in `1,,2`");
    }

    #[test]
    fn a_day_that_no_month_has_is_refused() {
        assert_eq!(mistake("0 0 30 2 *"), "no month that this names has a day 30: it would never run");
        assert_eq!(mistake("0 0 31 4,6,9,11 ?"), "no month that this names has a day 31: it would never run");
    }

    #[test]
    fn nicknames_are_those_of_cron() {
        assert_eq!(mistake("@dayly"), "a cron expression is not called `@dayly`: did you mean `@daily`?");
    }
}
