//! What the clock on the wall shows.

use std::path::{Path, PathBuf};
use std::{env, fs};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The clock on the wall, in the zone of whoever started the program.
///
/// The one file of that zone is read directly: to look a name up in the zone database means listing all of its folders,
/// which takes longer than everything else at the start.
#[derive(Clone, Debug)]
pub struct WallClock {
    zone: TimeZone,
}

impl WallClock {
    /// Reads which zone this is: from `TZ`, else from the machine's setting; UTC where neither says it.
    #[must_use]
    pub fn new() -> WallClock {
        let named = env::var("TZ").ok();
        let zone = match named.as_deref() {
            None => zone_file(Path::new("/etc/localtime")),
            Some(name) => zone_named(name.strip_prefix(':').unwrap_or(name)),
        };
        WallClock {
            zone: zone.unwrap_or(TimeZone::UTC),
        }
    }

    /// The local time of day in microseconds, counted as if local time were UTC: stamps in logs are read the same way, so
    /// the two can be compared and a summary bears the time that people there see.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.local(Timestamp::now())
    }

    /// The same for another time, given in nanoseconds since 1970: when a file was last written, say.
    #[must_use]
    pub fn at(&self, nanos: i64) -> i64 {
        let time = Timestamp::from_nanosecond(nanos.into());
        self.local(time.unwrap_or(Timestamp::UNIX_EPOCH))
    }

    fn local(&self, time: Timestamp) -> i64 {
        let ahead = i64::from(self.zone.to_offset(time).seconds()) * 1_000_000;
        time.as_microsecond().saturating_add(ahead)
    }
}

impl Default for WallClock {
    fn default() -> WallClock {
        WallClock::new()
    }
}

/// The zone that `TZ` names: a file of the zone database, or a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
fn zone_named(name: &str) -> Option<TimeZone> {
    let folder = env::var_os("TZDIR").map_or_else(|| "/usr/share/zoneinfo".into(), PathBuf::from);
    // A file is asked for only where a name is given: an empty one would be the folder itself.
    let file = (!name.is_empty()).then(|| folder.join(name));
    file.and_then(|file| zone_file(&file))
        .or_else(|| TimeZone::posix(name).ok())
}

fn zone_file(path: &Path) -> Option<TimeZone> {
    let bytes = fs::read(path).ok()?;
    TimeZone::tzif("local", &bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_may_be_a_rule_and_nonsense_is_none() {
        let berlin = zone_named("CET-1CEST,M3.5.0,M10.5.0/3").expect("a rule");
        let summer: Timestamp = "2026-07-01T00:00:00Z".parse().expect("a time");
        assert_eq!(berlin.to_offset(summer).seconds(), 7200);
        assert!(zone_named("").is_none());
        assert!(zone_named("No/Such_Zone").is_none());
    }
}
