//! Rows: what is read, who may write, what has ended.

use super::bench::{Bench, Verdict, checks, row_until, same};
use crate::clock::Timestamp;
use crate::store::Expected::{Absent, Version};

checks! {
    "what was not written is absent": nothing_is_there,
    "what was written is read": written_and_read,
    "a row that is there is not taken for absent": present_is_not_absent,
    "the version that is there may be replaced": the_version_is_replaced,
    "another version may not": another_version_is_refused,
    "a writer who comes too late changes nothing": the_late_writer_changes_nothing,
    "a version that was replaced may not be": a_past_version_is_refused,
    "no version of an absent row may be replaced": an_absent_row_has_no_version,
    "large versions are kept": large_versions,
    "the next version need not be the next number": versions_may_jump,
    "a row that has ended is not read": an_ended_row_is_not_read,
    "a row ends at its end, not after it": the_end_is_sharp,
    "a row that has ended counts as absent to a writer": an_ended_row_may_be_written_anew,
    "its version may not be replaced": an_ended_version_is_refused,
    "a write can move the end": the_end_moves,
    "a row without an end stays": a_row_without_end,
    "a row that ends as it is written is not read": ended_at_once,
    "a deleted row is absent": deleted_is_absent,
    "deleting says whether a row was there": deleting_says_whether,
    "deleting a row that has ended says no": deleting_an_ended_row,
    "a deleted row stays deleted for a late writer": deleted_stays_deleted,
    "a deleted row may be written anew": deleted_may_be_written_anew,
}

async fn nothing_is_there(bench: Bench) -> Verdict {
    bench.holds(None).await
}

async fn written_and_read(bench: Bench) -> Verdict {
    let row = bench.row(7, "a");
    bench.put(&row, Absent, true).await?;
    bench.holds(Some(&row)).await
}

async fn present_is_not_absent(bench: Bench) -> Verdict {
    let row = bench.row(1, "a");
    bench.put(&row, Absent, true).await?;
    bench.put(&bench.row(1, "b"), Absent, false).await?;
    bench.holds(Some(&row)).await
}

async fn the_version_is_replaced(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "a"), Absent, true).await?;
    let row = bench.row(2, "b");
    bench.put(&row, Version(1), true).await?;
    bench.holds(Some(&row)).await
}

async fn another_version_is_refused(bench: Bench) -> Verdict {
    let row = bench.row(5, "a");
    bench.put(&row, Absent, true).await?;
    for version in [0, 4, 6, u64::MAX >> 1] {
        bench.put(&bench.row(7, "b"), Version(version), false).await?;
    }
    bench.holds(Some(&row)).await
}

async fn the_late_writer_changes_nothing(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "a"), Absent, true).await?;
    let (fast, slow) = (bench.row(2, "fast"), bench.row(2, "slow"));
    bench.put(&fast, Version(1), true).await?;
    bench.put(&slow, Version(1), false).await?;
    bench.holds(Some(&fast)).await
}

async fn a_past_version_is_refused(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "a"), Absent, true).await?;
    bench.put(&bench.row(2, "b"), Version(1), true).await?;
    bench.put(&bench.row(3, "c"), Version(1), false).await?;
    bench.put(&bench.row(3, "c"), Version(2), true).await
}

async fn an_absent_row_has_no_version(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "a"), Version(0), false).await?;
    bench.put(&bench.row(2, "a"), Version(1), false).await?;
    bench.holds(None).await
}

async fn large_versions(bench: Bench) -> Verdict {
    let large = (1 << 53) + 1; // more than a floating point number tells apart
    bench.put(&bench.row(large, "a"), Absent, true).await?;
    bench.put(&bench.row(large, "b"), Version(large - 1), false).await?;
    let row = bench.row(large + 1, "b");
    bench.put(&row, Version(large), true).await?;
    bench.holds(Some(&row)).await
}

async fn versions_may_jump(bench: Bench) -> Verdict {
    bench.put(&bench.row(3, "a"), Absent, true).await?;
    bench.put(&bench.row(900, "b"), Version(3), true).await?;
    bench.put(&bench.row(901, "c"), Version(900), true).await
}

async fn an_ended_row_is_not_read(bench: Bench) -> Verdict {
    let row = row_until(1, "a", bench.after(10));
    bench.put(&row, Absent, true).await?;
    same(&bench.get_at(bench.after(11)).await?, &None, "an ended row")
}

async fn the_end_is_sharp(bench: Bench) -> Verdict {
    let end = Timestamp::from_unix_millis(bench.after(10).unix_millis() + 1);
    let row = row_until(1, "a", end);
    bench.put(&row, Absent, true).await?;
    same(&bench.get_at(bench.after(10)).await?, &Some(row), "a millisecond before the end")?;
    same(&bench.get_at(end).await?, &None, "at the end")
}

async fn an_ended_row_may_be_written_anew(bench: Bench) -> Verdict {
    bench.put(&row_until(9, "a", bench.after(10)), Absent, true).await?;
    let row = bench.row(1, "b");
    same(&bench.put_at(&row, Absent, bench.after(10)).await?, &true, "put at the end")?;
    bench.holds(Some(&row)).await
}

async fn an_ended_version_is_refused(bench: Bench) -> Verdict {
    bench.put(&row_until(1, "a", bench.after(10)), Absent, true).await?;
    let late = bench.put_at(&bench.row(2, "b"), Version(1), bench.after(10)).await?;
    same(&late, &false, "put after the end")
}

async fn the_end_moves(bench: Bench) -> Verdict {
    bench.put(&row_until(1, "a", bench.after(10)), Absent, true).await?;
    let row = row_until(2, "a", bench.after(20));
    bench.put(&row, Version(1), true).await?;
    same(&bench.get_at(bench.after(15)).await?, &Some(row), "after the first end")?;
    bench.put(&row_until(3, "a", bench.after(5)), Version(2), true).await?;
    same(&bench.get_at(bench.after(5)).await?, &None, "after the last end")
}

async fn a_row_without_end(bench: Bench) -> Verdict {
    bench.put(&row_until(1, "a", Timestamp::MAX), Absent, true).await?;
    let far = bench.after(100 * 365 * 86_400);
    same(&bench.get_at(far).await?.map(|row| row.bytes), &Some(b"a".to_vec()), "in 100 years")?;
    bench.delete(true).await
}

async fn ended_at_once(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "a"), Absent, true).await?;
    bench.put(&row_until(2, "", bench.now), Version(1), true).await?;
    bench.holds(None).await
}

async fn deleted_is_absent(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "a"), Absent, true).await?;
    bench.delete(true).await?;
    bench.holds(None).await
}

async fn deleting_says_whether(bench: Bench) -> Verdict {
    bench.delete(false).await?;
    bench.put(&bench.row(1, "a"), Absent, true).await?;
    bench.delete(true).await?;
    bench.delete(false).await
}

async fn deleting_an_ended_row(bench: Bench) -> Verdict {
    bench.put(&row_until(1, "a", bench.now), Absent, true).await?;
    bench.delete(false).await
}

async fn deleted_stays_deleted(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "a"), Absent, true).await?;
    bench.delete(true).await?;
    bench.put(&bench.row(2, "b"), Version(1), false).await?;
    bench.holds(None).await
}

async fn deleted_may_be_written_anew(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "a"), Absent, true).await?;
    bench.delete(true).await?;
    let row = bench.row(5, "b");
    bench.put(&row, Absent, true).await?;
    bench.holds(Some(&row)).await
}
