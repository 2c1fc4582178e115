//! Names of time zones.

use jiff::tz::TimeZone;

use crate::domain::nearest;

/// Whether there is a zone of this name, today's or a former one.
pub(super) fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

/// The zone that was probably meant, by the name that it has today.
pub(super) fn meant(found: &str) -> Option<String> {
    let known: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let near = nearest(found, known.iter().map(String::as_str))?;
    let renamed = RENAMED.iter().find(|(former, _)| *former == near);
    Some(renamed.map_or(near, |(_, today)| today).to_owned())
}

/// Zones of Europe and Asia whose names were changed: the former name and today's
/// (<https://data.iana.org/time-zones/tzdb/backward>, "Alternate names for the same location").
const RENAMED: [(&str, &str); 27] = [
    ("Asia/Ashkhabad", "Asia/Ashgabat"),
    ("Asia/Calcutta", "Asia/Kolkata"),
    ("Asia/Chongqing", "Asia/Shanghai"),
    ("Asia/Chungking", "Asia/Shanghai"),
    ("Asia/Dacca", "Asia/Dhaka"),
    ("Asia/Harbin", "Asia/Shanghai"),
    ("Asia/Istanbul", "Europe/Istanbul"),
    ("Asia/Kashgar", "Asia/Urumqi"),
    ("Asia/Katmandu", "Asia/Kathmandu"),
    ("Asia/Macao", "Asia/Macau"),
    ("Asia/Rangoon", "Asia/Yangon"),
    ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
    ("Asia/Tel_Aviv", "Asia/Jerusalem"),
    ("Asia/Thimbu", "Asia/Thimphu"),
    ("Asia/Ujung_Pandang", "Asia/Makassar"),
    ("Asia/Ulan_Bator", "Asia/Ulaanbaatar"),
    ("Atlantic/Faeroe", "Atlantic/Faroe"),
    ("Europe/Belfast", "Europe/London"),
    ("Europe/Kiev", "Europe/Kyiv"),
    ("Europe/Nicosia", "Asia/Nicosia"),
    ("Europe/Tiraspol", "Europe/Chisinau"),
    ("Europe/Uzhgorod", "Europe/Kyiv"),
    ("Europe/Zaporozhye", "Europe/Kyiv"),
    ("GB", "Europe/London"),
    ("Poland", "Europe/Warsaw"),
    ("Turkey", "Europe/Istanbul"),
    ("W-SU", "Europe/Moscow"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_meant_by_its_name_of_today() {
        let table = [
            ("Europe/Kiyv", Some("Europe/Kyiv")),
            ("Europe/Kyiiv", Some("Europe/Kyiv")),
            ("Europe/Keiv", Some("Europe/Kyiv")),
            ("Asia/Calcuta", Some("Asia/Kolkata")),
            ("Europe/Moskow", Some("Europe/Moscow")),
            ("Mars", None),
        ];
        for (found, expected) in table {
            assert_eq!(meant(found).as_deref(), expected, "{found}");
        }
    }

    #[test]
    fn every_name_of_the_table_is_a_zone() {
        for (former, today) in RENAMED {
            assert!(is_zone(former) && is_zone(today), "{former} or {today} is no zone");
            assert!(RENAMED.iter().all(|(other, _)| *other != today), "{today} is a former name too");
        }
    }
}
