//! Many rows: read together, listed, swept, written by many at once.

use tokio::task::JoinSet;

use super::bench::{Bench, Verdict, checks, row_until, same};
use crate::store::Expected::{self, Absent, Version};
use crate::store::{RowKey, StoredRow};

checks! {
    "many rows are read in the order of their keys": many_are_read_in_order,
    "rows that are absent or ended leave their place empty": gaps_stay_gaps,
    "a key that is asked for twice is answered twice": asked_for_twice,
    "no keys, no rows": no_keys,
    "keys may hold any byte": any_byte_is_a_key,
    "keys that differ in one bit are two": one_bit_apart,
    "rows may hold any byte": any_byte_is_kept,
    "an empty row is a row": empty_is_not_absent,
    "a large row comes back whole": large_rows,
    "of many who make a row one does": one_of_many_makes,
    "of many who change a version one does": one_of_many_changes,
    "many who retry all get through": retries_lose_nothing,
    "many rows at once do not mix": rows_do_not_mix,
    "a scan sees the rows of its kind in order": scan_in_order,
    "a scan goes on after a key": scan_goes_on,
    "a scan leaves out what has ended": scan_leaves_out,
    "sweeping takes what has ended and nothing else": sweeping,
    "a row that was swept may be written anew": swept_and_written,
}

/// Writes a row at each of `count` new keys, named by its number.
async fn written(bench: &Bench, count: u64) -> Result<Vec<(RowKey, StoredRow)>, String> {
    let mut rows = Vec::new();
    for number in 0..count {
        let key = if number == 0 { bench.key } else { bench.another()? };
        let row = bench.row(number + 1, &number.to_string());
        bench.at(key).put(&row, Absent, true).await?;
        rows.push((key, row));
    }
    Ok(rows)
}

async fn read(bench: &Bench, keys: &[RowKey]) -> Result<Vec<Option<StoredRow>>, String> {
    bench.store.get_many(keys, bench.now).await.map_err(|error| format!("{error:?}"))
}

async fn many_are_read_in_order(bench: Bench) -> Verdict {
    let mut rows = written(&bench, 5).await?;
    for _ in 0..rows.len() {
        rows.rotate_left(1);
        let keys: Vec<_> = rows.iter().map(|(key, _)| *key).collect();
        let expected = rows.iter().map(|(_, row)| Some(row.clone())).collect();
        same(&read(&bench, &keys).await?, &expected, "rows")?;
    }
    Ok(())
}

async fn gaps_stay_gaps(bench: Bench) -> Verdict {
    let rows = written(&bench, 2).await?;
    let ended = bench.at(bench.another()?);
    ended.put(&row_until(1, "a", bench.now), Absent, true).await?;
    let keys = [bench.another()?, rows[1].0, ended.key, rows[0].0];
    let expected = vec![None, Some(rows[1].1.clone()), None, Some(rows[0].1.clone())];
    same(&read(&bench, &keys).await?, &expected, "rows")
}

async fn asked_for_twice(bench: Bench) -> Verdict {
    let row = bench.row(1, "a");
    bench.put(&row, Absent, true).await?;
    let found = read(&bench, &[bench.key, bench.key]).await?;
    same(&found, &vec![Some(row.clone()), Some(row)], "rows")
}

async fn no_keys(bench: Bench) -> Verdict {
    same(&read(&bench, &[]).await?, &Vec::new(), "rows")
}

async fn any_byte_is_a_key(bench: Bench) -> Verdict {
    for odd in [0_u8, b'\'', b'"', b'\\', b'\n', 0x7f, 0x80, 0xff] {
        let mut id: [u8; 16] = std::array::from_fn(|i| bench.key.as_bytes()[i + 1]);
        id[..4].copy_from_slice(&[odd; 4]);
        id[15] = odd;
        let bench = bench.at(RowKey::new(bench.kind(), id));
        let row = bench.row(1, &odd.to_string());
        bench.put(&row, Absent, true).await?;
        bench.holds(Some(&row)).await?;
        bench.delete(true).await?;
    }
    Ok(())
}

async fn one_bit_apart(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "a"), Absent, true).await?;
    for bit in 0..RowKey::LENGTH * 8 {
        let mut bytes = *bench.key.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let key = RowKey::from_bytes(&bytes).ok_or("a key")?;
        let other = bench.at(key);
        other.holds(None).await.map_err(|found| format!("bit {bit}: {found}"))?;
    }
    Ok(())
}

async fn any_byte_is_kept(bench: Bench) -> Verdict {
    let row = StoredRow { bytes: (0..=u8::MAX).collect(), ..bench.row(1, "") };
    bench.put(&row, Absent, true).await?;
    bench.holds(Some(&row)).await
}

async fn empty_is_not_absent(bench: Bench) -> Verdict {
    let row = bench.row(1, "");
    bench.put(&row, Absent, true).await?;
    bench.holds(Some(&row)).await?;
    bench.put(&row, Absent, false).await
}

async fn large_rows(bench: Bench) -> Verdict {
    let row = StoredRow { bytes: vec![0xa5; 256 * 1024], ..bench.row(1, "") };
    bench.put(&row, Absent, true).await?;
    let found = bench.get_at(bench.now).await?;
    same(&found.is_some_and(|found| found == row), &true, "all 256 KiB are there")
}

/// What many writers at once are told: how often it was yes.
async fn by_many(bench: &Bench, expected: Expected) -> Result<usize, String> {
    let mut tasks = JoinSet::new();
    for number in 0..16 {
        let (bench, row) = (bench.clone(), bench.row(100 + number, &number.to_string()));
        tasks.spawn(async move { bench.put_at(&row, expected, bench.now).await });
    }
    let answers = tasks.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(answers.into_iter().filter(|won| *won).count())
}

async fn one_of_many_makes(bench: Bench) -> Verdict {
    same(&by_many(&bench, Absent).await?, &1, "winners")
}

async fn one_of_many_changes(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "a"), Absent, true).await?;
    same(&by_many(&bench, Version(1)).await?, &1, "winners")
}

/// Reads and writes until it wins.
async fn add_one(bench: Bench) -> Verdict {
    loop {
        let present = bench.get_at(bench.now).await?.ok_or("the row is gone")?;
        let count = String::from_utf8_lossy(&present.bytes).parse::<u32>().unwrap_or_default();
        let row = bench.row(present.version + 1, &(count + 1).to_string());
        if bench.put_at(&row, Version(present.version), bench.now).await? {
            return Ok(());
        }
    }
}

async fn retries_lose_nothing(bench: Bench) -> Verdict {
    bench.put(&bench.row(1, "0"), Absent, true).await?;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        tasks.spawn(add_one(bench.clone()));
    }
    tasks.join_all().await.into_iter().collect::<Verdict>()?;
    bench.holds(Some(&bench.row(9, "8"))).await
}

async fn rows_do_not_mix(bench: Bench) -> Verdict {
    let mut tasks = JoinSet::new();
    for number in 0..32 {
        let bench = bench.at(bench.another()?);
        tasks.spawn(async move {
            let row = bench.row(number + 1, &number.to_string());
            bench.put(&row, Absent, true).await?;
            bench.holds(Some(&row)).await
        });
    }
    tasks.join_all().await.into_iter().collect()
}

async fn scan_in_order(bench: Bench) -> Verdict {
    let mut rows = written(&bench, 6).await?;
    rows.sort_by_key(|(key, _)| *key);
    let mut found = bench.scan(None, 1_000).await?;
    same(&found.is_sorted_by_key(|(key, _)| *key), &true, "in order")?;
    same(&found.iter().all(|(key, _)| key.kind() == bench.kind()), &true, "of its kind")?;
    found.retain(|entry| rows.contains(entry));
    same(&found, &rows, "rows")
}

async fn scan_goes_on(bench: Bench) -> Verdict {
    let mut rows = written(&bench, 6).await?;
    rows.sort_by_key(|(key, _)| *key);
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = bench.scan(after, 2).await?;
        same(&(page.len() <= 2), &true, "no more than the limit")?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        found.extend(page);
    }
    found.retain(|entry| rows.contains(entry));
    same(&found, &rows, "rows")
}

async fn scan_leaves_out(bench: Bench) -> Verdict {
    bench.put(&row_until(1, "a", bench.now), Absent, true).await?;
    let found = bench.scan(None, 1_000).await?;
    same(&found.iter().any(|(key, _)| *key == bench.key), &false, "an ended row")
}

async fn sweeping(bench: Bench) -> Verdict {
    let (ended, alive) = (bench.another()?, bench.row(1, "alive"));
    bench.put(&alive, Absent, true).await?;
    let ended = bench.at(ended);
    ended.put(&row_until(1, "a", bench.now), Absent, true).await?;
    bench.sweep(bench.now).await?;
    bench.holds(Some(&alive)).await?;
    ended.holds(None).await
}

async fn swept_and_written(bench: Bench) -> Verdict {
    bench.put(&row_until(9, "a", bench.now), Absent, true).await?;
    bench.sweep(bench.now).await?;
    let row = bench.row(1, "b");
    bench.put(&row, Absent, true).await?;
    bench.holds(Some(&row)).await
}
