//! Random plans in a random world, with crashes at every place.

use proptest::prelude::*;

use super::world::World;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Needs, preconditions, effects at most once, no silent standstill, limits, replay: the world asserts them as it goes.
    #[test]
    fn every_run_keeps_its_promises(seed in any::<u64>()) {
        let mut world = World::new(seed);
        world.live();
        world.ended_well();
    }
}
