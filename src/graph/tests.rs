//! Any graph at all, against what is plainly so.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Ancestry, Graph};

type Needs = Vec<Vec<usize>>;

fn graph(needs: &[Vec<usize>]) -> Graph {
    Graph::new(needs.iter().map(Vec::as_slice))
}

/// Needs without a cycle, of things that stand in any order.
fn acyclic() -> impl Strategy<Value = Needs> {
    (1..24_usize)
        .prop_flat_map(|count| {
            let pairs = prop::collection::vec((0..count, 0..count), 0..count * 2);
            (Just((0..count).collect::<Vec<_>>()).prop_shuffle(), pairs)
        })
        .prop_map(|(names, pairs)| {
            let mut needs = vec![Vec::new(); names.len()];
            for (one, other) in pairs.into_iter().filter(|(one, other)| one != other) {
                needs[names[one.max(other)]].push(names[one.min(other)]);
            }
            needs
        })
}

/// Needs of any kind.
fn any_needs() -> impl Strategy<Value = Needs> {
    (1..10_usize).prop_flat_map(|count| prop::collection::vec(prop::collection::vec(0..count, 0..3), count))
}

/// All that is needed, directly and through others.
fn all_needs(needs: &[Vec<usize>], of: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut waiting = needs[of].clone();
    while let Some(at) = waiting.pop() {
        if found.insert(at) {
            waiting.extend(&needs[at]);
        }
    }
    found
}

fn longest_from(needs: &[Vec<usize>], from: usize) -> u32 {
    let then = (0..needs.len()).filter(|then| needs[*then].contains(&from));
    1 + then.map(|then| longest_from(needs, then)).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_stands_before_what_it_needs(needs in acyclic()) {
        let order = graph(&needs).order(0..needs.len());
        prop_assert_eq!(order.iter().copied().collect::<BTreeSet<_>>(), (0..needs.len()).collect());
        prop_assert_eq!(order.len(), needs.len());
        for (place, at) in order.iter().enumerate() {
            prop_assert!(needs[*at].iter().all(|need| order[..place].contains(need)), "{} of {:?}", at, order);
        }
    }

    #[test]
    fn the_order_is_the_documents_where_needs_leave_it_open(needs in acyclic()) {
        // Each stands at its place, or right before the first that needs it: what stands lower and before it is of its own
        // needs, and what stands higher and before it is needed by something that stands lower than it.
        let order = graph(&needs).order(0..needs.len());
        for (place, at) in order.iter().enumerate() {
            for other in order[..place].iter().filter(|other| *other > at) {
                let asked_for = (0..=*at).any(|lower| all_needs(&needs, lower).contains(other));
                prop_assert!(asked_for, "{} before {} in {:?}", other, at, order);
            }
        }
        prop_assert_eq!(graph(&needs).order(order.iter().copied()), order, "an order that is good stays");
    }

    #[test]
    fn a_document_in_order_stays_as_it_is(needs in acyclic()) {
        let order = graph(&needs).order(0..needs.len());
        let place = |at: &usize| order.iter().position(|other| other == at).unwrap();
        let sorted: Needs = order.iter().map(|at| needs[*at].iter().map(place).collect()).collect();
        prop_assert_eq!(graph(&sorted).order(0..sorted.len()), (0..sorted.len()).collect::<Vec<_>>());
    }

    #[test]
    fn a_chain_is_as_long_as_the_longest_way(needs in acyclic()) {
        let longest: Vec<u32> = (0..needs.len()).map(|from| longest_from(&needs, from)).collect();
        prop_assert_eq!(graph(&needs).chains(), longest);
    }

    #[test]
    fn dependents_are_those_that_need_it(needs in any_needs()) {
        for at in 0..needs.len() {
            let naive: Vec<usize> = (0..needs.len()).filter(|then| needs[*then].contains(&at)).collect();
            prop_assert_eq!(graph(&needs).dependents(at).collect::<Vec<_>>(), naive);
        }
    }

    #[test]
    fn what_comes_before_is_what_is_needed(needs in acyclic()) {
        let ancestry = Ancestry::new(graph(&needs));
        for then in 0..needs.len() {
            let before = all_needs(&needs, then);
            prop_assert_eq!(&graph(&needs).before(then).into_iter().collect::<BTreeSet<_>>(), &before);
            for first in 0..needs.len() {
                prop_assert_eq!(ancestry.comes_before(first, then), before.contains(&first));
            }
        }
    }

    #[test]
    fn every_knot_is_told_as_one_whole_cycle(needs in any_needs()) {
        let cycles = graph(&needs).cycles();
        let mut knots = BTreeSet::new();
        for cycle in &cycles {
            prop_assert_eq!(cycle.first(), cycle.last());
            prop_assert!(cycle.windows(2).all(|pair| needs[pair[0]].contains(&pair[1])), "{:?}", cycle);
            let once: BTreeSet<usize> = cycle[1..].iter().copied().collect();
            prop_assert_eq!(once.len(), cycle.len() - 1, "{:?} goes through one twice", cycle);
            knots.extend((0..needs.len()).filter(|at| {
                *at == cycle[0] || all_needs(&needs, *at).contains(&cycle[0]) && all_needs(&needs, cycle[0]).contains(at)
            }));
        }
        let in_circles: BTreeSet<usize> = (0..needs.len()).filter(|at| all_needs(&needs, *at).contains(at)).collect();
        prop_assert_eq!(knots, in_circles);
    }
}

#[test]
fn what_is_needed_earlier_is_moved_and_nothing_else() {
    let needs = [vec![], vec![4], vec![], vec![], vec![3], vec![]];
    assert_eq!(graph(&needs).order(0..6), [0, 3, 4, 1, 2, 5]);
}

#[test]
fn long_chains_are_walked_without_recursion() {
    const LENGTH: usize = 200_000;
    let needs: Needs = (0..LENGTH).map(|at| if at + 1 < LENGTH { vec![at + 1] } else { vec![] }).collect();
    let graph = graph(&needs);
    assert_eq!(graph.order(0..LENGTH), (0..LENGTH).rev().collect::<Vec<_>>());
    assert_eq!(graph.chains()[LENGTH - 1], LENGTH as u32);
    assert!(graph.cycles().is_empty());
    assert!(Ancestry::new(graph).comes_before(LENGTH - 1, 0));
}
