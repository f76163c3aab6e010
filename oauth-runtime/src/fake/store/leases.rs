//! Leases: one holder at a time, and only for a time.

use tokio::task::JoinSet;

use super::bench::{Bench, Verdict, checks, same};
use crate::store::Expected;

checks! {
    "a free lease is given": a_free_lease_is_given,
    "a lease that is held is not given to another": a_held_lease_is_not_given,
    "its holder may have it again": the_holder_may_renew,
    "a renewal counts from its own time": a_renewal_lasts,
    "a lease that has ended is free": an_ended_lease_is_free,
    "who lost a lease by its end does not get it back": the_late_holder_waits,
    "a lease that was released is free": a_released_lease_is_free,
    "only its holder can release a lease": only_the_holder_releases,
    "releasing what nobody holds does nothing": releasing_nothing,
    "leases of two keys are apart": leases_are_apart,
    "a lease is no row, and a row no lease": a_lease_is_no_row,
    "holders of any number are told apart": any_number_is_a_holder,
    "of many who ask at once one gets the lease": one_of_many_gets_it,
    "of many who ask for an ended lease one gets it": one_of_many_takes_over,
    "sweeping leaves a lease that lives": sweeping_leaves_leases,
}

async fn a_free_lease_is_given(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await
}

async fn a_held_lease_is_not_given(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await?;
    bench.lease(2, bench.after(29), false).await
}

async fn the_holder_may_renew(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await?;
    bench.lease(1, bench.after(10), true).await
}

async fn a_renewal_lasts(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await?;
    bench.lease(1, bench.after(20), true).await?;
    bench.lease(2, bench.after(49), false).await?;
    bench.lease(2, bench.after(50), true).await
}

async fn an_ended_lease_is_free(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await?;
    bench.lease(2, bench.after(30), true).await
}

async fn the_late_holder_waits(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await?;
    bench.lease(2, bench.after(30), true).await?;
    bench.lease(1, bench.after(31), false).await
}

async fn a_released_lease_is_free(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await?;
    bench.release(1).await?;
    bench.lease(2, bench.now, true).await
}

async fn only_the_holder_releases(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await?;
    bench.release(2).await?;
    bench.lease(2, bench.now, false).await
}

async fn releasing_nothing(bench: Bench) -> Verdict {
    bench.release(1).await?;
    bench.lease(2, bench.now, true).await
}

async fn leases_are_apart(bench: Bench) -> Verdict {
    let other = bench.at(bench.another()?);
    bench.lease(1, bench.now, true).await?;
    other.lease(2, bench.now, true).await?;
    bench.release(1).await?;
    other.lease(1, bench.now, false).await
}

async fn a_lease_is_no_row(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await?;
    bench.holds(None).await?;
    let row = bench.row(1, "a row");
    bench.put(&row, Expected::Absent, true).await?;
    bench.release(1).await?;
    bench.holds(Some(&row)).await?;
    bench.delete(true).await?;
    bench.lease(2, bench.now, true).await
}

async fn any_number_is_a_holder(bench: Bench) -> Verdict {
    for holder in [0, 1, u64::MAX >> 1, (u64::MAX >> 1) + 1, u64::MAX] {
        bench.lease(holder, bench.now, true).await?;
        bench.lease(holder ^ 1, bench.now, false).await?;
        bench.release(holder).await?;
    }
    Ok(())
}

async fn asked_by_many(bench: &Bench, seconds: u64) -> Result<usize, String> {
    let mut tasks = JoinSet::new();
    for holder in 100..116 {
        let (bench, now) = (bench.clone(), bench.after(seconds));
        tasks.spawn(async move {
            let ends_at = bench.after(seconds + 30);
            bench.store.lease(bench.key, holder, ends_at, now).await
        });
    }
    let answers = tasks.join_all().await.into_iter().collect::<Result<Vec<_>, _>>();
    Ok(answers.map_err(|error| format!("{error:?}"))?.into_iter().filter(|got| *got).count())
}

async fn one_of_many_gets_it(bench: Bench) -> Verdict {
    same(&asked_by_many(&bench, 0).await?, &1, "holders")
}

async fn one_of_many_takes_over(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await?;
    same(&asked_by_many(&bench, 30).await?, &1, "holders")
}

async fn sweeping_leaves_leases(bench: Bench) -> Verdict {
    bench.lease(1, bench.now, true).await?;
    bench.sweep(bench.after(5)).await?;
    bench.lease(2, bench.after(6), false).await
}
