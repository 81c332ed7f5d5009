//! Databases that nobody thought of: odd names, sizes, types, defaults, engines and profiles, made up from a seed. Over each run the shipped
//! plans: backup, restore in every mode, verify and the move; what arrives is compared by queries of the tests' own.
//!
//! A bounded run is part of `make test`. `HOUSEPLAN_TEST_SEEDS='8 9 10' tests/run --test it generated::` plays others, and
//! `HOUSEPLAN_TEST_ENGINE` names another ClickHouse; a seed that fails makes the same database again.

mod play;
mod value;
mod world;

use futures::StreamExt as _;

use play::Play;
use world::World;

/// Chosen so that together they have every type, engine and default (`the_seeds_cover_all`).
const SEEDS: [u64; 2] = [0, 7];
/// Each has a sandbox of its own, whose user has the profile.
const AT_ONCE: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_plans_carry_databases_that_nobody_thought_of() {
    let chosen = std::env::var("HOUSEPLAN_TEST_SEEDS").unwrap_or_default();
    let mut seeds: Vec<u64> = chosen.split_whitespace().map(|seed| seed.parse().expect("a seed is a number")).collect();
    if seeds.is_empty() {
        seeds.extend(SEEDS);
    }
    let played = seeds.into_iter().map(|seed| async move { (seed, Play::all(seed, &World::made_from(seed)).await) });
    let played: Vec<(u64, Vec<String>)> = futures::stream::iter(played).buffered(AT_ONCE).collect().await;
    let wrong: Vec<String> = played
        .into_iter()
        .flat_map(|(seed, wrong)| wrong.into_iter().map(move |what| format!("seed {seed}, {what}")))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

#[test]
fn the_seeds_cover_all() {
    let worlds: Vec<World> = SEEDS.into_iter().map(World::made_from).collect();
    for kind in value::KINDS {
        let used = worlds.iter().any(|world| world.tables.iter().any(|table| table.holds(kind.name)));
        assert!(used, "no seed makes a column of {}", kind.name);
    }
    for engine in world::ENGINES {
        let used = worlds.iter().any(|world| world.tables.iter().any(|table| table.engine.name == engine.name));
        assert!(used, "no seed makes a table of {}", engine.name);
    }
}
