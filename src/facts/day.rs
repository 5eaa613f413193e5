//! Days of the calendar: ends of support, and the day a check is made on.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A day, written `2027-03-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// 1 January 1970.
    pub const EPOCH: Day = Day(Date::constant(1970, 1, 1));

    /// Reads `YYYY-MM-DD`; `None` when the text is anything else, or no day of the calendar.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return None;
        }
        let number = |part: &str| part.parse::<i16>().ok();
        let (year, month, day) = (
            number(&text[..4])?,
            number(&text[5..7])?,
            number(&text[8..])?,
        );
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        Date::new(year, month, day).ok().map(Day)
    }

    /// The day, in UTC, that so many seconds after 1970 are in; `None` beyond the calendar.
    pub fn of_epoch(seconds: i64) -> Option<Self> {
        let instant = Timestamp::from_second(seconds).ok()?;
        Some(Day(instant.to_zoned(TimeZone::UTC).date()))
    }

    /// The seconds from 1970 to its beginning, in UTC: `SOURCE_DATE_EPOCH` of what carries this day.
    pub fn epoch(self) -> i64 {
        Day::EPOCH.days_to(self) * 86_400
    }

    /// How many days it is from this one to `other`; negative when that is earlier.
    pub fn days_to(self, other: Day) -> i64 {
        self.0.duration_until(other.0).as_hours() / 24
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Day::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a day")))
    }
}

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap_or_else(|| panic!("{text} is a day"))
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        for text in ["2026-11-21", "2024-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(day(text).to_string(), text);
        }
        for text in [
            "",
            "2026",
            "2026-11",
            "2026-13-01",
            "2025-02-29",
            "2026-1-1",
            "20261121",
            "2026-11-21T00",
            "+026-11-21",
            "2026-11-2é",
            "soon",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn distances_are_counted_in_days() {
        let today = day("2026-11-21");
        assert_eq!(today.days_to(today), 0);
        assert_eq!(today.days_to(day("2026-11-22")), 1);
        assert_eq!(today.days_to(day("2026-10-31")), -21);
        assert_eq!(day("2024-02-28").days_to(day("2024-03-01")), 2);
        assert_eq!(day("0001-01-01").days_to(day("9999-12-31")), 3_652_058);
    }

    #[test]
    fn an_instant_is_in_its_day_of_utc() {
        assert_eq!(Day::of_epoch(0), Some(day("1970-01-01")));
        assert_eq!(Day::of_epoch(1_795_219_199), Some(day("2026-11-20")));
        assert_eq!(Day::of_epoch(1_795_219_200), Some(day("2026-11-21")));
        assert_eq!(Day::of_epoch(i64::MAX), None);
        assert_eq!(day("2026-11-21").epoch(), 1_795_219_200);
    }
}
