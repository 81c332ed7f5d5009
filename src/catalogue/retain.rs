//! Volumes and objects of Kubernetes that are kept.

use super::Entry;

entries! {
    NO_VOLUME = Entry::new("houseplan::retain::no_volume", "the claim {claim} leads to no volume: {how}")
        .help("look at the claims (`kubectl get pvc`) and at the volumes (`kubectl get pv`, whose CLAIM names it); a volume that has policy Retain keeps its data also without a claim")
        .explained("
houseplan finds a volume by the claim that is bound to it. Nothing was changed.

Where the policy is to be given back and the claim is gone already, the volume stays as it is, with its data: with policy
Delete it would be deleted at that moment. Delete it by hand when nobody needs it any more.");

    NO_CLAIM = Entry::new("houseplan::retain::no_claim", "the pods of {workload} use no claim")
        .help("check the name; volumes that are no PersistentVolumes (emptyDir, a path of the node) cannot be retained")
        .explained("
The step is to retain the volumes of a workload, and neither its pods nor the templates of a StatefulSet name a claim. So
there is nothing that could be retained, and the data that are meant are perhaps elsewhere. Nothing was changed.");

    CLAIM_LEAVING = Entry::new("houseplan::retain::claim_leaving", "a policy is not given back now: {volumes}")
        .help("wait until the claim is gone; the volume then stays with policy Retain, and is deleted by hand when nobody needs it")
        .explained("
The volume had the reclaim policy Delete before, and its claim is being deleted. To give the policy back now would delete the
volume with its data as soon as the claim is gone. Nothing was changed.");
}
