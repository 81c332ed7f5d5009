//! What the same bytes read, on servers that spell it and know functions in their own ways.

use crate::{
    cases::{Bed, changed_default, late_default},
    support::sandbox_lease::SandboxLease,
};

#[tokio::test]
#[ignore = "make test-versions"]
async fn defaults_are_compared_and_those_that_are_another_each_time_told_on_old_servers_too() {
    for engines in ["24.8", "source=24.8,cluster=26.9", "source=25.8,cluster=26.1"] {
        let name = format!("readings-{}", engines.replace(['=', ','], "-"));
        let bed = Bed::on(SandboxLease::with_engines(&name, engines.parse().expect("versions of the table")).await);
        changed_default::is_refused_until_it_is_as_it_was(&bed).await;
        changed_default::tells_nothing_of_what_reads_the_same(&bed).await;
        // A move stops where the source has other databases.
        for database in ["c_default", "c_same"] {
            bed.sandbox.must("source", &format!("DROP DATABASE IF EXISTS {database} SYNC")).await;
        }
        late_default::is_told_with_its_cure(&bed).await;
        (*bed.sandbox).clone().purge().await.expect("it can be removed");
    }
}
