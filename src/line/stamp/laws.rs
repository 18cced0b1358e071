//! The laws: what is written is read back, what is read is written back, and no bytes panic.

use super::civil;
use super::layout::{Layout, Meridiem, Pad, Part, Shape};
use super::tests::{DAY, HOUR, LAYOUTS, NOON, SECOND, written};
use super::zone::{Form, Words, Zone};
use super::{Lacks, Stamp};
use proptest::prelude::*;

/// A layout of the table with its digits, zone and AM/PM changed to others that the shape allows.
fn layouts() -> impl Strategy<Value = Layout> {
    let zones = prop_oneof![
        Just(Zone::Unnamed),
        Just(Zone::Zulu),
        (
            any::<bool>(),
            any::<bool>(),
            0..=14_u8,
            0..4_u8,
            prop_oneof![Just(Form::Plain), Just(Form::Colon)]
        )
            .prop_map(|(blank, negative, hours, quarter, form)| Zone::Offset {
                blank,
                negative,
                hours,
                minutes: quarter * 15,
                form
            }),
        (any::<bool>(), 0..=14_u8).prop_map(|(negative, hours)| Zone::Offset {
            blank: false,
            negative,
            hours,
            minutes: 0,
            form: Form::Hours
        }),
        Just(Zone::Word(*b"CEST\0")),
    ];
    let spaces = prop_oneof![Just(""), Just(" "), Just("\u{202f}")];
    let meridiems = proptest::option::of(
        (spaces, any::<bool>()).prop_map(|(space, upper)| Meridiem { space, upper }),
    );
    (0..LAYOUTS.len(), 0..=9_u8, any::<bool>(), zones, meridiems).prop_map(
        |(row, digits, comma, zone, meridiem)| {
            let mut layout = Stamp::at(LAYOUTS[row].0.as_bytes(), 0).unwrap().layout;
            for part in layout.shape.parts() {
                match part {
                    Part::Zone(words) => layout.zone = allowed(zone, *words, layout.shape),
                    Part::Meridiem => layout.meridiem = meridiem,
                    Part::DayPadded(pad) => layout.day = *pad,
                    Part::Time(pad) => layout.hour = *pad,
                    _ => {}
                }
            }
            layout.fraction_digits = if layout.shape == Shape::Epoch {
                3 + digits % 4
            } else {
                digits
            };
            let comma = comma && digits > 0 && layout.shape != Shape::Epoch;
            layout.fraction_mark = if comma { b',' } else { b'.' };
            layout
        },
    )
}

/// Where any word may be a zone there are others than the known ones, and `Z` is never glued to AM.
fn allowed(zone: Zone, words: Words, shape: Shape) -> Zone {
    match (zone, words) {
        (Zone::Zulu, Words::Any) => Zone::Word(*b"WXYZ\0"),
        (Zone::Zulu, _) if shape == Shape::Jul => Zone::Unnamed,
        (zone, _) => zone,
    }
}

/// Moments that every shape can show: two-digit years and ten-digit seconds end sooner than the
/// rest.
fn moments() -> impl Strategy<Value = i64> {
    1_000_100_000 * SECOND..3_155_000_000 * SECOND
}

/// `micros` cut off to the layout's digits.
fn cut(layout: &Layout, micros: i64) -> i64 {
    let unit = 10_i64.pow(6 - u32::from(layout.fraction_digits).min(6));
    micros - micros.rem_euclid(unit)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn written_moments_are_read_back(layout in layouts(), micros in moments(), days in -180..180_i64, hours in -11..11_i64) {
        let text = written(&layout, micros);
        let stamp = Stamp::at(text.as_bytes(), 0);
        prop_assert!(stamp.is_some(), "{}", text);
        let stamp = stamp.unwrap();
        let away = match stamp.lacks {
            Lacks::Nothing | Lacks::Year => days * DAY,
            Lacks::Date => hours * HOUR,
        };
        prop_assert_eq!(stamp.resolve(micros + away), cut(&layout, micros), "{}", text);
        prop_assert_eq!(stamp.layout, layout, "{}", text);
        prop_assert_eq!(stamp.range, 0..text.len());
        let saved = serde_json::to_string(&layout).unwrap();
        prop_assert_eq!(serde_json::from_str::<Layout>(&saved).unwrap(), layout, "{}", saved);
        prop_assert!(Stamp::find(text.as_bytes()).is_some());
    }

    #[test]
    fn any_padding_is_written_back(row in 0..LAYOUTS.len(), micros in moments(), day in 0..3_usize, hour in 0..3_usize) {
        let pads = [Pad::Zero, Pad::Blank, Pad::Bare];
        let layout = Stamp::at(LAYOUTS[row].0.as_bytes(), 0).unwrap().layout;
        let text = written(&Layout { day: pads[day], hour: pads[hour], ..layout }, micros);
        if let Some(stamp) = Stamp::at(text.as_bytes(), 0) {
            prop_assert_eq!(written(&stamp.layout, stamp.resolve(micros)), text);
        }
    }

    #[test]
    fn bytes_near_a_stamp_never_panic_and_never_lie(row in 0..LAYOUTS.len(), at in 0..40_usize, byte: u8, lead in "[\\[|<\x1b= 0-9a-zA-Z:.(-]{0,12}") {
        let mut text = LAYOUTS[row].0.as_bytes().to_vec();
        if let Some(place) = text.get_mut(at) {
            *place = byte;
        }
        let line = [lead.as_bytes(), &text].concat();
        if let Some(stamp) = Stamp::find(&line) {
            let read = &line[stamp.range.clone()];
            let whole = stamp.layout.fraction_digits <= 6 && !read.windows(3).any(|three| three == b":60");
            if whole && !read.ends_with(b"60") {
                let mut out = Vec::new();
                stamp.layout.write(stamp.resolve(NOON), &mut out);
                prop_assert_eq!(out, read);
            }
        }
    }

    #[test]
    fn no_bytes_panic(line in proptest::collection::vec(any::<u8>(), 0..160), at in 0..200_usize) {
        let _ = Stamp::find(&line);
        let _ = Stamp::at(&line, at);
    }

    #[test]
    fn every_day_is_the_calendars(year in 1960..2110_i16, month in 0..15_u8, day in 0..33_u8) {
        let date = jiff::civil::Date::new(year, month as i8, day as i8);
        let known = date.ok().filter(|date| civil::YEARS.contains(&date.year()));
        let midnight = civil::midnight(year, month, day);
        prop_assert_eq!(midnight.map(|micros| civil::wall(micros).date()), known);
        if let (Some(micros), Some(date)) = (midnight, known) {
            prop_assert_eq!(civil::weekday(micros), i64::from(date.weekday().to_monday_zero_offset()));
        }
    }

    #[test]
    fn the_wall_never_leaves_the_years(micros: i64) {
        prop_assert!(civil::YEARS.contains(&civil::wall(micros).year()));
    }
}
