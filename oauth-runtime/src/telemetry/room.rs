//! What was refused because there is no room for another row.

/// The counter of refusals; its labels are the rows that there are too many of, and the share.
#[cfg_attr(not(any(feature = "metrics", test)), expect(dead_code, reason = "for metrics alone"))]
pub(crate) const REFUSED_FOR_ROOM: &str = "oauth_full_total";

/// Both are one of few words: they become labels.
#[cfg(feature = "metrics")]
pub(crate) fn refused_for_room(rows: &'static str, share: &'static str) {
    metrics::counter!(REFUSED_FOR_ROOM, "rows" => rows, "share" => share).increment(1);
}

#[cfg(not(feature = "metrics"))]
pub(crate) fn refused_for_room(_: &'static str, _: &'static str) {}
